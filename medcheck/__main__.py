"""python -m medcheck."""

from medcheck.cli import run

if __name__ == "__main__":
    run()
