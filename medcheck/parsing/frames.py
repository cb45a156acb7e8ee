"""The grammar around a status cue that turns or silences it: wishes, plans, conditions, indications; knows words, no drug.

"Recommend stopping X" leaves X taken, "X for rash" is no allergy, "hold X if drowsy" is not on hold. Wherever a cue would silence a drug
and its frame speaks against it, the drug stays active, doubtful if need be: a missed flag is worse than one too many.
"""

from __future__ import annotations

from collections.abc import Sequence

from medcheck.domain import Status

_CEASING = frozenset(
    """stop stopping taper tapering reduce reducing reduction wean weaning switch switching swap swapping change changing
    replace replacing discontinue discontinuing discontinuation deprescribe deprescribing continue continuing decrease
    decreasing lower lowering cut cutting hold holding withdraw withdrawing withdrawal review reviewing increase
    increasing dose""".split()
)
_EXCHANGING = frozenset(
    "switch switching swap swapping change changing replace replacing substitute substituting convert converting".split()
)
_WISHING = frozenset(
    """recommend recommends recommended suggest suggests suggested propose proposes proposed plan plans planned planning
    advise advises advised want wants wanted would like try tries tried trying fail fails failed failing unable cannot
    cant couldnt could refuse refuses refused afraid reluctant consider considering discuss discussed not never should may
    might must if when before dont didnt doesnt told asked instructed needs need going hopes hoping wishes wish agreed
    able unwilling encouraged urged due will""".split()
)
_BASE_FORMS = frozenset({"stop", "stop taking", "discontinue", "cease", "hold", "withhold", "quit", "quit taking"})
_LATER = frozenset({"in", "next", "tomorrow", "after", "soon", "later", "once", "when", "if", "before"})
_INDICATED = frozenset({"for", "prn", "seasonal", "needed", "required", "treat", "treating", "against", "environmental", "pollen", "dust"})
_BARE_ALLERGY = frozenset({"allergy", "allergies", "allergic", "rash", "hives", "reaction", "allergic reaction", "itch"})
_REPORTING = frozenset(
    """reports reported says said states stated gives gave administers confirms confirmed thinks believes notes noted brings
    brought manages helps told tells handles fills reminds concerned worried called phoned""".split()
)
_RECENT = frozenset("night morning today yesterday tonight hour hours minutes evening".split())
_UNABLE = frozenset({"cannot", "cant", "couldnt", "unable", "doesnt", "dont", "wont", "struggles", "not"})
_PARTLY = frozenset({"regularly", "consistently", "reliably", "prescribed", "always", "everyday"})


def framed(
    status: Status, certain: bool, phrase: str, words: Sequence[str], first: int, last: int, rest: str
) -> tuple[Status, bool] | None:
    """What a cue says once the words around it are heard: a status and whether it is certain, or None for nothing.

    Args:
        status: what the cue says by itself.
        certain: whether that is certain.
        phrase: the cue as in the table.
        words: the folded words of the segment; the cue is words[first:last].
        first: see `words`.
        last: see `words`.
        rest: the folded text behind the cue.
    """
    before = words[max(0, first - 4) : first]
    previous = words[first - 1] if first else ""
    behind = words[last : last + 3]
    following = behind[0] if behind else ""
    if status is Status.INTENDED and _CEASING & set(behind):
        return Status.ACTIVE, True
    if status is Status.STOPPED:
        return _stopped(certain, phrase, words, last, before, previous, behind, following)
    if status is Status.ON_HOLD:
        if phrase in ("hold", "hold for", "withhold", "holding") and ("if" in words[last : last + 8] or "<" in rest or ">" in rest):
            return Status.ACTIVE, True
        if phrase in _BASE_FORMS and (previous == "to" or _WISHING & set(before)):
            return Status.ACTIVE, False
    if (
        status is Status.ALLERGY
        and phrase in _BARE_ALLERGY
        and (_INDICATED & set(before[-2:]) or (previous == "to" and phrase in ("rash", "hives")))
    ):
        return None
    if status is Status.FAMILY and _REPORTING & set(behind[:2]):
        return None
    if status is Status.NOT_TAKEN:
        return _not_taken(certain, phrase, words, last, following)
    return status, certain


def _stopped(
    certain: bool, phrase: str, words: Sequence[str], last: int, before: Sequence[str], previous: str, behind: Sequence[str], following: str
) -> tuple[Status, bool] | None:
    if phrase == "off":
        if following in ("label", "licence", "license", "formulary"):
            return None
        if previous in ("tapering", "weaning", "coming", "getting", "going", "come", "get", "to"):
            return Status.ACTIVE, False
    if phrase == "took" and _RECENT & set(words[last : last + 8]):
        return Status.ACTIVE, True
    if phrase in ("tried", "has tried", "had tried", "failed", "has failed") and _CEASING & set(behind[:2]):
        return Status.ACTIVE, True
    if phrase in _BASE_FORMS:
        if previous == "to" or _WISHING & set(before) or following in _LATER:
            return Status.ACTIVE, False
    elif previous == "be" or previous in ("if", "when", "before", "until", "never", "not", "nor") or following in ("next", "tomorrow"):
        return Status.ACTIVE, False
    return Status.STOPPED, certain


def _not_taken(certain: bool, phrase: str, words: Sequence[str], last: int, following: str) -> tuple[Status, bool] | None:
    rest = words[last : last + 8]
    if phrase == "no" and following in ("changes", "change", "side", "issues", "problems", "concerns", "need"):
        return None
    if phrase == "never" and following in ("misses", "missed", "missing", "forgets", "forgot", "without", "stopped", "late"):
        return Status.ACTIVE, True
    if phrase == "without" and _UNABLE & set(words):
        return Status.ACTIVE, False  # "without Benadryl she cannot sleep"
    if "tak" in phrase and (_PARTLY & set(rest) or ("every" in rest and "day" in rest)):
        return Status.ACTIVE, False
    return Status.NOT_TAKEN, certain


def exchanges(status: Status, words: Sequence[str], last: int) -> bool:
    """Whether an intention is to exchange one drug for another ("consider switching a to b"): then b is intended."""
    return status is Status.INTENDED and bool(_EXCHANGING & set(words[last : last + 3]))
