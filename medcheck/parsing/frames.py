"""The grammar around a status cue that turns or silences it: wishes, plans, conditions, indications; knows words, no drug.

"Recommend stopping X" leaves X taken, "X for rash" is no allergy, "hold X if drowsy" is not on hold. Wherever a cue would silence a drug
and its frame speaks against it, the drug stays active, doubtful if need be: a missed flag is worse than one too many.
"""

from __future__ import annotations

from collections.abc import Sequence

from medcheck.domain import Status
from medcheck.text import lazy_pattern

_CEASING = frozenset(
    """stop stopping taper tapering reduce reducing reduction wean weaning switch switching swap swapping change changing
    replace replacing discontinue discontinuing discontinuation deprescribe deprescribing continue continuing decrease
    decreasing lower lowering cut cutting hold holding withdraw withdrawing withdrawal review reviewing increase
    increasing dose""".split()
)
_EXCHANGING = frozenset(
    "switch switching swap swapping change changing replace replacing substitute substituting convert converting".split()
)
_EXCHANGE_VERBS = _EXCHANGING | frozenset("switched swapped changed replaced substituted converted rotate rotated crosstaper".split())
_ONTO = frozenset({"to", "with", "for", "by", "onto"})
_SMALL = frozenset("the her his their from over patient pt current a oral generic my your existing".split())
_WISHING = frozenset(
    """recommend recommends recommended suggest suggests suggested propose proposes proposed plan plans planned planning
    advise advises advised want wants wanted would like try tries tried trying fail fails failed failing unable cannot
    cant couldnt could refuse refuses refused afraid reluctant consider considering discuss discussed not never should may
    might must if when before dont didnt doesnt told asked instructed needs need going hopes hoping wishes wish agreed
    able unwilling encouraged urged due will""".split()
)
BASE_FORMS = frozenset(
    {"stop", "stop taking", "stop using", "discontinue", "cease", "hold", "withhold", "quit", "quit taking", "switch from", "change from"}
    | {"convert from", "swap from", "rotate from", "come off", "come off of", "replacing", "d c", "dc"}
)
_DOUBTING = frozenset(
    "thinks think thought believes believe possibly maybe probably perhaps apparently presumably suspects unsure ?".split()
)
_NOT_YET = lazy_pattern(
    r"\b(?:in (?:\w+ ){0,2}(?:days?|weeks?|months?|wks?)|in \d|next (?:week|month|visit|year)|tomorrow|after|once|when|before|if)\b"
)
_NEXT_CLAUSE = lazy_pattern(r"[,;.]|\band\b|\bthen\b")
_LATER = frozenset({"in", "next", "tomorrow", "after", "soon", "later", "once", "when", "if", "before"})
_INDICATED = frozenset({"for", "prn", "seasonal", "needed", "required", "treat", "treating", "against", "environmental", "pollen", "dust"})
_BARE_ALLERGY = frozenset({"allergy", "allergies", "allergic", "rash", "hives", "reaction", "allergic reaction", "itch", "anaphylaxis"})
_SPANS = frozenset("hour hours day days night nights week weeks month months year years".split())
_WILL = frozenset({"will", "shall", "plan", "planning", "plans", "intend", "intends"})
_OFTEN = frozenset({"a", "daily", "per", "every", "weekly", "nightly", "each"})
_POSSIBLY = frozenset({"may", "might", "can", "could", "risk", "possible"})
_CARE = frozenset({"missing", "skipping", "stopping", "abrupt", "abruptly", "running", "sudden", "suddenly", "alcohol"})
_MANNER = lazy_pattern(
    r"\b(?:with|together|within|on an empty|at the same|more than|after|before|at night|in the morning|until|unless|if|abruptly|suddenly)\b"
)
_A_DOSE = lazy_pattern(r"\W*(?:on |at |was )?\d+(?:\.\d+)?\s*(?:mg|mcg|g|ml|units?|tabs?|tablets?|caps?)\b")
_RAISED = lazy_pattern(r"\b(?:increase|increased|titrate|titrated|raise|raised)\b")
_REPORTING = frozenset(
    """reports reported says said states stated gives gave administers confirms confirmed thinks believes notes noted brings
    brought manages helps told tells handles fills reminds concerned worried called phoned""".split()
)
_BORROWING = frozenset("borrowed borrows borrowing took takes taking uses used using shares shared".split())
_LONG_AGO = lazy_pattern(
    r"\W*(?:[a-z]+\W+){0,3}?(?:"
    r"(?:(?:in|around|about|approx\w*|circa|since|before|early|late|mid)\W+)*(?:[a-z]{3,9}\.?\W+)?(?:\d{1,2}/)?(?:19|20)\d\d\b"
    r"|(?:(?:over|about|more than|at least|approx\w*)\W+)*(?:an?|\d+|one|two|three|four|five|six|several|many|some|a few|few)\W+"
    r"(?:years?|months?|yrs?|mths?)\W+ago"
    r"|(?:last year|years ago|months ago))"
)
_PLANNED_BASE = frozenset({"start", "add", "begin", "give", "commence", "initiate"})
LAST_TAKEN = frozenset({"last taken", "last used", "last took", "last had", "was last taken", "was last used"})
_RECENT = frozenset("night morning today yesterday tonight hour hours minutes evening".split())
_UNABLE = frozenset({"cannot", "cant", "couldnt", "unable", "doesnt", "dont", "wont", "struggles", "not"})
_TOLERATED = frozenset(
    """changes change side issues issue problems problem concerns concern need trouble relief benefit difficulty complaints adverse
    reaction reactions withdrawal augmentation""".split()
)
_PARTLY = frozenset({"regularly", "consistently", "reliably", "prescribed", "always", "everyday"})

# What may stand before a cue that opens a sentence about the drug before ("She has since been ..."), and behind it.
OPENING = frozenset(
    """she he they it this that these those was were is are has have had been patient pt both all now since then but which and also i we
    being recently later subsequently eventually currently however unfortunately drug medication medicine med status per self by the
    due to gp latter""".split()
)
ABOUT_IT = frozenset(
    """in on by due because for since after when at last this that these those it them both all taking using ago as secondary per reason
    given while during until before with without owing jan january feb february mar march apr april may jun june jul july aug august sep
    sept september oct october nov november dec december spring summer autumn fall winter today yesterday recently himself herself self
    medication drug medicine years year months month weeks week early late mid prior from and or but too again altogether completely
    abruptly suddenly now course therapy treatment gp md dr clinic hospital prescriber pharmacist pharmacy earlier""".split()
)
PAST_TREATMENT = frozenset({"treated with", "has been on", "has been taking", "given", "trial of", "prescribed"})
CONTINUING = frozenset({"refill", "refill of", "please refill", "refilled", "renew", "renewed", "continue", "increase", "reduce", "taper"})
RESUMED = frozenset("restarted resumed restart resume reinstated".split())


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
    if status is Status.INTENDED and _CEASING & (set(behind) - ({"dose"} if {"low", "small", "lowest"} & set(behind) else set())):
        return Status.ACTIVE, True
    if status is Status.STOPPED:
        return _stopped(certain, phrase, words, last, before, previous, behind, rest)
    if status is Status.ON_HOLD:
        if phrase in ("hold", "hold for", "withhold", "holding") and ("if" in words[last : last + 8] or "<" in rest or ">" in rest):
            return Status.ACTIVE, True
        if phrase in BASE_FORMS and (previous == "to" or _WISHING & set(before)):
            return Status.ACTIVE, False
    if (
        status is Status.ALLERGY
        and phrase in _BARE_ALLERGY
        and (_INDICATED & set(before[-2:]) or _POSSIBLY & set(before) or (previous == "to" and phrase in ("rash", "hives")))
    ):
        return None
    with_them = status is Status.FAMILY and "with" in before[-2:]
    if with_them and (rest.startswith(",") or not {"who", "takes", "taking", "on", "uses"} & set(behind)):
        return None  # "seen with his wife"
    if status is Status.ALLERGY and phrase == "reaction" and behind[:1] in (["time"], ["times"]):
        return None
    if status is Status.FAMILY and (_REPORTING & set(behind[:2]) or (phrase.endswith("s") and _BORROWING & set(before[-2:]))):
        return None
    if (
        status is Status.ACTIVE
        and certain
        and phrase in _PLANNED_BASE
        and (_is_conditional(words, first) or _WILL & set(words[max(0, first - 7) : first]))
    ):
        return Status.INTENDED, True  # "if ferritin is low start iron"
    if status is Status.NOT_TAKEN:
        return _not_taken(certain, phrase, words, last, rest)
    return status, certain


def _is_conditional(words: Sequence[str], first: int) -> bool:
    """Whether "if", "when" or "once" (not "once daily") stands in the words before."""
    return any(words[k] in ("if", "when") or (words[k] == "once" and words[k + 1] not in _OFTEN) for k in range(max(0, first - 9), first))


def _stopped(
    certain: bool, phrase: str, words: Sequence[str], last: int, before: Sequence[str], previous: str, behind: Sequence[str], rest: str
) -> tuple[Status, bool] | None:
    following = behind[0] if behind else ""
    if phrase == "past" and _SPANS & set(behind):
        return None  # "past 24 hours"
    if phrase in ("previously", "formerly", "prior", "past") and _A_DOSE.match(rest):
        return None  # "1 mg, previously 0.5 mg"
    if phrase == "no longer" and following and following >= "a" and following not in ABOUT_IT:
        return Status.ACTIVE, False  # "no longer causes nausea"
    if "effective" in phrase and _RAISED.search(rest[:40]):
        return Status.ACTIVE, False
    if phrase in BASE_FORMS and following == "if":
        return Status.ACTIVE, True  # "stop if it makes you drowsy"
    if phrase == "off":
        if following in ("label", "licence", "license", "formulary"):
            return None
        if previous in ("tapering", "weaning", "coming", "getting", "going", "come", "get", "to"):
            return Status.ACTIVE, False
    if phrase in LAST_TAKEN and not _LONG_AGO.match(rest[:120]):
        return None  # "last taken this morning"
    if phrase == "used" and previous in ("is", "are", "be", "being", "not"):
        return None
    if phrase in ("took", "used") and _RECENT & set(words[last : last + 8]):
        return Status.ACTIVE, True
    if phrase in ("tried", "has tried", "had tried", "failed", "has failed") and _CEASING & set(behind[:2]):
        return Status.ACTIVE, True
    if phrase in BASE_FORMS:
        ahead = _NEXT_CLAUSE.split(rest[:120], maxsplit=1)[0]
        if previous == "to" or _WISHING & set(before) or following in _LATER or _NOT_YET.search(ahead):
            return Status.ACTIVE, False
    elif previous == "be" or previous in ("if", "when", "before", "until", "never", "not", "nor") or following in ("next", "tomorrow"):
        return Status.ACTIVE, False
    return Status.STOPPED, certain and not _DOUBTING & set(before)


def _not_taken(certain: bool, phrase: str, words: Sequence[str], last: int, ahead: str) -> tuple[Status, bool] | None:
    following = words[last] if last < len(words) else ""
    rest = words[last : last + 8]
    if phrase in ("avoid", "avoids", "avoiding", "please avoid") and following in _CARE:
        return None
    forbids = phrase.startswith(("do not ", "dont ", "does not ", "doesnt ", "should not ", "must not "))
    if forbids and _MANNER.search(_NEXT_CLAUSE.split(ahead[:120], maxsplit=1)[0]):
        return Status.ACTIVE, False  # "do not take it with food"
    if following in _TOLERATED or (following == "any" and set(words[last + 1 : last + 2]) & _TOLERATED):
        return None  # "never had problems with", "no changes"
    if phrase == "never" and following in ("misses", "missed", "missing", "forgets", "forgot", "without", "stopped", "late"):
        return Status.ACTIVE, True
    if phrase == "without" and _UNABLE & set(words):
        return Status.ACTIVE, False  # "without Benadryl she cannot sleep"
    if "tak" in phrase and (_PARTLY & set(rest) or ("every" in rest and "day" in rest)):
        return Status.ACTIVE, False
    return Status.NOT_TAKEN, certain


def is_exchange(words: Sequence[str], first: int, joined: int) -> bool | None:
    """Whether words before a drug, at `first`, and those before the next, at `joined`, exchange one for the other.

    "switch a to b", "a was replaced by b" aside. None when they do not; False for a wish or plan ("wants to switch a to b").
    """
    if not joined or (words[joined - 1] not in _ONTO and not (joined > 1 and words[joined - 2] in _ONTO and words[joined - 1] in _SMALL)):
        return None
    for k in range(first - 1, max(-1, first - 4), -1):
        if words[k] in _EXCHANGE_VERBS:
            before = words[max(0, k - 4) : k]
            return not (_WISHING & set(before) or (before and before[-1] == "to"))
        if words[k] not in _SMALL:
            return None
    return None


def exchanges(status: Status, words: Sequence[str], last: int) -> bool:
    """Whether an intention is to exchange one drug for another ("consider switching a to b"): then b is intended."""
    return status is Status.INTENDED and bool(_EXCHANGING & set(words[last : last + 3]))
