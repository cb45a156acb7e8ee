"""All that was said around the mentions of a segment -> one status reading each; knows grammar, no cue and no drug."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from medcheck.domain import Status
from medcheck.parsing.frames import BASE_FORMS, CONTINUING, GIVEN, PAST_TREATMENT
from medcheck.text import Tokens, lazy_pattern
from medcheck.value import Value

CELL = "cell"  # the cue of what a table column, a field or a word on its own says
LIST_JOIN = lazy_pattern(r"[^.;|\t]*\Z")
_AND_OR = lazy_pattern(r"\b(?:and|or)\b")
_ONLY_JOINED = lazy_pattern(r"\s*(?:,|/|&|\+|,?\s*\b(?:and|or|nor)\b)\s*(?:(?:the|her|his|also)\s+)?\Z")
_JOINED_WITH_DOSE = lazy_pattern(r"[^.;|\t\n(:]{0,60}(?:,|/|&|\+|\b(?:and|or|nor)\b)\s*(?:(?:the|her|his|also)\s+)?\Z")
_LAST_JOIN = lazy_pattern(r".*(?:&|\+|\b(?:and|or|nor)\b)\s*(?:(?:the|her|his|also)\s+)?\Z", re.S)
_PLURAL = frozenset({"were", "both", "all", "have", "neither", "them", "these", "each", "none"})
_LATTER = frozenset({"latter", "second", "last", "only"})
_SINGULAR = frozenset({"was", "is", "has", "it", "which", "this"})
_RAN_OUT = frozenset(
    {"over the past", "for the past", "for past", "ran out", "has run out", "out of", "ran out of", "has run out of", "running out of"}
)
_INSTEAD = frozenset({"in place of", "instead of", "rather than", "in lieu of", "to replace", "replacing"})
_REFUSALS = frozenset({"refused", "declined", "refused it"})
_STRONG = (Status.FAMILY, Status.ALLERGY)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StatusReading(Value):
    """A status, whether it is certain, and the cue phrase that said it ("" when nothing did)."""

    status: Status
    certain: bool
    cue: str = ""


def reach_back(tokens: Tokens, mentions: Sequence[tuple[int, int]], k: int, first: int, last: int) -> list[int]:
    """Mentions before mention k that share what is said behind it: "a, b and c were stopped", "a and b stopped", not "a, b stopped".

    `first` and `last` are the token span of the cue.
    """
    words, text = tokens.words, tokens.folded.text
    between = set(words[mentions[k][1] : last])
    opening = words[max(0, mentions[0][0] - 2) : mentions[0][0]]
    plural = bool(_PLURAL & between) or "both" in opening or "neither" in opening or "combination" in words[: mentions[0][0]]
    if not k or _LATTER & between or (not plural and _SINGULAR & between):
        return []
    out: list[int] = []
    while k:
        gap = text[tokens.ends[mentions[k - 1][1] - 1] : tokens.starts[mentions[k][0]]]
        if not (_JOINED_WITH_DOSE if plural else _ONLY_JOINED).match(gap):
            break
        if not out and not plural and not _LAST_JOIN.match(gap):
            break  # "a, b stopped": of b only
        if plural and _SINGULAR & set(words[mentions[k - 1][1] : mentions[k][0]]):
            break  # "a was increased and b, c were stopped"
        k -= 1
        out.append(k)
    return out


def resolve(
    tokens: Tokens,
    mentions: Sequence[tuple[int, int]],
    before: list[list[StatusReading | None]],
    after: list[list[StatusReading]],
) -> list[StatusReading | None]:
    """One reading for each mention from what stands before and behind it; what was said before holds on along a list."""
    text = tokens.folded.text
    out: list[StatusReading | None] = []
    carried: StatusReading | None = None
    for k in range(len(mentions)):
        inherited = carried
        gap = ""
        if k:
            gap = text[tokens.ends[mentions[k - 1][1] - 1] : tokens.starts[mentions[k][0]]]
        if k and carried is not None and not before[k]:
            if not LIST_JOIN.match(gap) or gap.count(")") > gap.count("("):
                carried = None  # what was said in brackets ends with them
            elif (
                carried.status is not Status.ACTIVE
                and carried.cue not in GIVEN
                and "," in gap
                and any(c.isdigit() for c in gap)
                and not _AND_OR.search(gap)
            ):
                # "stopped sertraline 50 mg, citalopram 20 mg": whether the second was stopped too is not said.
                carried = StatusReading(carried.status, False, carried.cue)
        for reading in before[k]:
            if reading is None:
                carried = None
            elif carried is not None and carried is not inherited and carried.status is Status.FAMILY and reading.status is Status.ALLERGY:
                continue  # "mother had a bad reaction to"
            elif carried is not None and carried.status in _STRONG and reading.status not in _STRONG:
                if (
                    carried is inherited
                    and reading.status is Status.ACTIVE
                    and (carried.status is Status.ALLERGY or (carried.cue.endswith("s") and "," in gap))
                ):
                    carried = reading  # "allergic to codeine, takes tramadol", "has her husband's a, uses b"
                # else "his wife takes": the subject still holds
            elif (
                carried is not None
                and carried is not inherited
                and reading.status is Status.ACTIVE
                and (not carried.certain or carried.status is Status.INTENDED)
                and reading.cue not in CONTINUING
                and reading.cue not in BASE_FORMS
            ):
                continue  # "plan to start on", "unsure if still taking"
            elif carried is not None and carried is inherited and carried.status is Status.INTENDED and reading.cue in _INSTEAD:
                carried = StatusReading(Status.ACTIVE, True, reading.cue)  # "suggest a in place of b"
            else:
                carried = reading
        own = carried
        if after[k]:
            inactive = [r for r in after[k] if r.status is not Status.ACTIVE]
            if any(r.certain for r in inactive):  # "not taking (ran out 3 weeks ago)": why, not that it is taken
                after[k] = [r for r in after[k] if r.status is not Status.ACTIVE or r.cue not in _RAN_OUT]
            chosen = next((r for r in inactive if r.certain), inactive[0]) if inactive else after[k][-1]
            resumed = any(r.status is Status.ACTIVE and ("restart" in r.cue or "resum" in r.cue) for r in after[k])
            if inactive and (resumed or after[k][-1].status is Status.ACTIVE):
                chosen = StatusReading(Status.ACTIVE, False, after[k][-1].cue)  # "stopped in 2020 and restarted"
            if own is not None and own.cue in BASE_FORMS and chosen.cue in _REFUSALS:
                chosen = StatusReading(Status.ACTIVE, False, own.cue)  # "advised to stop it, refused"
            if own is not None and own.status is Status.ACTIVE and not (own.certain or chosen.certain):
                chosen = own  # "trying to get her off it without success"
            if own is None or own.status is Status.ACTIVE or chosen.status in _STRONG:
                past = own is not None and own.cue in PAST_TREATMENT and chosen.status is Status.STOPPED
                own = StatusReading(chosen.status, True, chosen.cue) if past else chosen
            elif own.status is Status.INTENDED and chosen.status is Status.NOT_TAKEN:
                own = chosen  # "was offered it but declined"
            elif chosen.status is Status.ACTIVE and own.status not in _STRONG:
                own = StatusReading(Status.ACTIVE, False, own.cue)
        out.append(own)
    return out
