"""python -m medcheck."""

from medcheck.cli import main

if __name__ == "__main__":
    main()
