"""Statements and patient facts -> flags, alternatives, points to discuss, look-alikes and exposures; pure, all numbers from the data."""

from medcheck.rules.exposures import exposures, is_continued
from medcheck.rules.flags import flag
from medcheck.rules.patient import check_facts, describe, doubt_of
from medcheck.rules.points import linked_mimics, missing_facts, points

__all__ = ["check_facts", "describe", "doubt_of", "exposures", "flag", "is_continued", "linked_mimics", "missing_facts", "points"]
