"""Which words of a segment speak of which mention; knows offsets and punctuation, no drug and no dose."""

from __future__ import annotations

import re
from collections.abc import Sequence

from medcheck.domain import Mention
from medcheck.parsing.segment import Segment
from medcheck.text import lazy_pattern

AMOUNT = lazy_pattern(r"\d\s*(?:mg|mcg|µg|ug|microgram|g\b|ml\b|tab|cap|unit|puff|drop|patch|%|iu\b|meq|mmol)", re.I)
_BREAK = lazy_pattern(r"[,;|\t\n]|\.\s|\band\b|\bor\b|\bplus\b|\bthen\b|\bbut\b", re.I)
_ANY_DIGIT = re.compile(r"\d")
_LEADING_AMOUNT = lazy_pattern(r"\s*\d+\s*(?:x|tabs?|tablets?|caps?|capsules?)\b[^,;]*\Z", re.I)
_OTHER_NAME = lazy_pattern(
    r"[^()\[\],;|\n\t]{0,40}[(\[]\s*(?:aka|brand|brand name|generic|generic name|commonly known as|i\.e\.?|=)?[:\s]*\Z"
    r"|[\s,(-]*(?:aka|a\.k\.a\.?|also known as|commonly known as|also called|brand name|brand|generic name|generic for|=)[:\s]*\Z",
    re.I,
)
_KNOWN_AS = lazy_pattern(
    r"\W*(?:commonly known as|also known as|known as|brand names?|generic names?|generic for|also called|aka)[:\s]*\Z", re.I
)


def regions(segment: Segment, mentions: Sequence[Mention]) -> list[tuple[int, int]]:
    """For each mention the character span of the words that speak of it; together they cover the segment from its body on."""
    text = segment.text
    first = segment.body
    if len(mentions) == 1:
        return [(first, len(text))]
    head = text[first : mentions[0].start]
    tail = text[mentions[-1].end :]
    dose_first = bool(AMOUNT.search(head)) and not _ANY_DIGIT.search(tail)
    found: list[tuple[int, int]] = []
    begin = first
    for k, mention in enumerate(mentions):
        if k + 1 == len(mentions):
            end = len(text)
        elif dose_first:
            end = mention.end
        else:
            end = mention.end + _split(text[mention.end : mentions[k + 1].start])
        found.append((begin, end))
        begin = end
    return found


def _split(between: str) -> int:
    """Where, in the words between two mentions, those of the second begin: at the last break after which no dose of the first follows."""
    cut = len(between)
    for m in _BREAK.finditer(between):
        rest = between[m.end() :]
        if not _ANY_DIGIT.search(rest) or _LEADING_AMOUNT.match(rest):
            if cut < len(between) and not between[cut : m.start()].strip(" ,;"):
                continue  # ", and": the comma already is the break
            cut = m.start()
    return cut


def without_other_names(text: str, mentions: Sequence[Mention]) -> tuple[list[Mention], list[tuple[int, int]]]:
    """The mentions without those that only name the one before again ("ondansetron ODT (ZOFRAN-ODT)"), and the spans of these."""
    kept: list[Mention] = []
    again: list[tuple[int, int]] = []
    end = 0
    for m in mentions:
        last = kept[-1] if kept else None
        if last is not None and is_same_drug(last, m) and _OTHER_NAME.match(text[end : m.start]):
            again.append((m.start, m.end))
            if m.match.score > last.match.score:
                kept[-1] = Mention(m.match, last.first, last.last, last.start, last.end)
        else:
            kept.append(m)
        end = m.end
    return kept, again


def is_same_drug(a: Mention, b: Mention) -> bool:
    """Whether two mentions name the same known ingredients."""
    return bool(a.match.ingredients) and set(a.match.ingredients) == set(b.match.ingredients)


def is_known_as(before: str) -> bool:
    """Whether words only lead over to another name of the drug above ("Commonly known as: ...")."""
    return bool(_KNOWN_AS.match(before))
