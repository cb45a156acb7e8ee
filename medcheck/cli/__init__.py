"""The command line: one click group; a command is options, one call, one echo. Heavy imports happen inside commands."""

from medcheck.cli.commands import main, run

__all__ = ["main", "run"]
