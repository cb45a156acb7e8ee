"""medcheck: which medicines on a list can worsen restless legs, and what there is to discuss.

The public names. This is the one place that fills in a cached formulary, the background vocabulary and today's date for a caller who
gives none; everything below receives them as values. Attributes load late, so that importing a part never pays for the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from medcheck.version import VERSION

if TYPE_CHECKING:
    from datetime import date

    from medcheck.domain import Formulary, MedicationStatement, PatientFacts, Review, Vocabulary
    from medcheck.errors import MedcheckError

__version__ = VERSION
__all__ = ["Formulary", "MedcheckError", "Review", "load_formulary", "load_vocabulary", "review", "review_text"]


def __getattr__(name: str) -> Any:
    if name in ("Formulary", "Review"):
        from medcheck import domain

        return getattr(domain, name)
    if name == "MedcheckError":
        from medcheck.errors import MedcheckError

        return MedcheckError
    raise AttributeError(f"module 'medcheck' has no attribute {name!r}")


@lru_cache(maxsize=1)
def load_formulary() -> Formulary:
    """The formulary of this installation, loaded once.

    Raises:
        FormularyError: it is missing or invalid.
    """
    import os

    from medcheck.formulary import load_formulary as load
    from medcheck.settings import read

    settings = read(os.environ)
    return load(settings.formulary_dir, settings.cache_dir)


@lru_cache(maxsize=1)
def load_vocabulary() -> Vocabulary:
    """The background vocabulary of this installation, loaded once.

    Raises:
        FormularyError: it is missing or damaged.
    """
    import os

    from medcheck.settings import read
    from medcheck.vocabulary import load_vocabulary as load

    return load(read(os.environ))


def review_text(text: str, facts: PatientFacts | None = None, *, formulary: Formulary | None = None, as_of: date | None = None) -> Review:
    """Review a medication list as people write it.

    Args:
        text: the list; lines, sentences, tables, with brands and misspellings.
        facts: what is known of the patient.
        formulary: the curated data; this installation's when not given.
        as_of: the day that "now" is; today when not given.

    Raises:
        InputError: the text is empty or over the limits.
        FormularyError: no valid formulary or vocabulary was found.

    >>> [flag.ingredient for flag in review_text("Zoloft 50 mg daily").flags]
    ['sertraline']
    """
    from datetime import date as today

    from medcheck.domain import PatientFacts as Facts
    from medcheck.reviewing import review_text as run

    day = as_of or today.today()  # noqa: DTZ011 - the list is dated in the reader's own calendar
    return run(text, facts or Facts(), formulary or load_formulary(), load_vocabulary(), day)


def review(
    statements: Sequence[MedicationStatement],
    facts: PatientFacts | None = None,
    *,
    formulary: Formulary | None = None,
    as_of: date | None = None,
) -> Review:
    """Review statements that are already apart; those without a match are matched by what was written.

    Raises:
        FormularyError: no valid formulary or vocabulary was found.
    """
    from datetime import date as today

    from medcheck.domain import PatientFacts as Facts
    from medcheck.reviewing import review as run

    day = as_of or today.today()  # noqa: DTZ011 - the list is dated in the reader's own calendar
    return run(statements, facts or Facts(), formulary or load_formulary(), load_vocabulary(), day)
