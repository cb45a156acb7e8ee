"""Statements and patient facts -> flags, alternatives, points to discuss, look-alikes and exposures; pure, all numbers from the data."""

from medcheck.rules.exposures import exposures
from medcheck.rules.flags import flag
from medcheck.rules.points import linked_mimics, missing_facts, points

__all__ = ["exposures", "flag", "linked_mimics", "missing_facts", "points"]
