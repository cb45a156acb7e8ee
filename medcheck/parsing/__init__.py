"""Text -> statements: lists and sections, status, dose instructions, dates. Knows no drug: names come as mentions."""

from medcheck.parsing.attach import NO_DRUG_HERE, attach
from medcheck.parsing.dates import read_partial_date, read_period
from medcheck.parsing.headings import HeadingReader
from medcheck.parsing.products import product_figures
from medcheck.parsing.segment import Segment, segment
from medcheck.parsing.sig import SigReader
from medcheck.parsing.statements import Readers, Spotted
from medcheck.parsing.status import StatusReader

__all__ = [
    "NO_DRUG_HERE",
    "HeadingReader",
    "Readers",
    "Segment",
    "SigReader",
    "Spotted",
    "StatusReader",
    "attach",
    "product_figures",
    "read_partial_date",
    "read_period",
    "segment",
]
