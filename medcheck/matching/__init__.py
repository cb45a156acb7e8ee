"""A text -> the drug mentions in it, each with its Match and why; the only importer of rapidfuzz; knows no dose and no status."""

from medcheck.matching.deciding import Candidate, Decision
from medcheck.matching.index import Allowance, NameIndex
from medcheck.matching.sounds import similarity, sound

__all__ = ["Allowance", "Candidate", "Decision", "NameIndex", "similarity", "sound"]
