"""The words around drug mentions -> the status of each; knows cue phrases (as data), no drug and no dose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from medcheck.domain import Status, StatusCue
from medcheck.parsing.frames import ABOUT_IT, OPENING, RESUMED, exchanges, framed, is_exchange
from medcheck.parsing.resolve import CELL, LIST_JOIN, StatusReading, reach_back, resolve
from medcheck.text import Tokens, lazy_pattern, tokenise

__all__ = ["CELL", "StatusReader", "StatusReading"]

_BREAK = lazy_pattern(r"[,;|\t(]|\.\s|\s[-–>]+\s|\bbut\b|\bthen\b|\bhowever\b")
_ANSWERS = frozenset({"no", "n", "yes", "y"})
_DOSE_WORDS = frozenset("daily nightly tablet tablets capsule capsules bedtime needed twice times morning evening".split())
_STOP = lazy_pattern(r"[,;.]")
_ARROW = lazy_pattern(r"[\s\d][-=]*>\s*\Z")
_CHAIN = lazy_pattern(r"\A[^,;]{0,40}[-=]>\s*(?:now|then|and now)?\s*\Z")  # "a -> b -> now c"
_CELL_BEGINS = lazy_pattern(r"(?:\A|[\t|;,(\[\n:=]|\s{2}|\s[-=>]+\s)[\s\"*]*\Z")
_CELL_ENDS = lazy_pattern(r"[\s\"*]*(?:\Z|[\t|;,)\](\n.]|\s{2}|\s-)")
_IT_WAS = lazy_pattern(r"[(\[]\s*(?:was|were|ex)[\s-]\s*\Z")
_PASSIVE = frozenset({"was", "has", "had", "is"})
_LONGEST_OPENING = 8  # words before the cue that opens a sentence
_NO_WORDS = frozenset({"no", "n", "false", "nein", "non", "0"})
_YES_WORDS = frozenset({"yes", "y", "true", "x", "ja", "oui", "1", "ok", "sometimes", "occasionally", "rarely", "mostly", "regularly"})


PIECE_STATUSES = frozenset({Status.STOPPED, Status.NOT_TAKEN, Status.ON_HOLD, Status.COMPLETED, Status.INTENDED})


class StatusReader:
    """Finds status cues by their first word; prepared once from formulary/status_cues.csv."""

    def __init__(self, cues: Iterable[StatusCue]) -> None:
        table: dict[str, list[tuple[tuple[str, ...], tuple[StatusCue, ...]]]] = {}
        phrases: dict[tuple[str, ...], list[StatusCue]] = {}
        for cue in cues:
            phrases.setdefault(tuple(cue.phrase.split()), []).append(cue)  # compiled in normalised form
        for words, found in phrases.items():
            table.setdefault(words[0], []).append((words, tuple(found)))
        for candidates in table.values():
            candidates.sort(key=lambda item: -len(item[0]))
        self._table = table
        self._first_words = frozenset(table)

    def find(self, tokens: Tokens, taken: Sequence[tuple[int, int]]) -> list[tuple[int, int, tuple[StatusCue, ...]]]:
        """Cues of a text with their token spans, longest phrase first, none inside a drug mention (`taken` token spans)."""
        out: list[tuple[int, int, tuple[StatusCue, ...]]] = []
        words = tokens.words
        if self._first_words.isdisjoint(words):
            return out
        covered = {k for a, b in taken for k in range(a, b)} if taken else set()
        i = 0
        while i < len(words):
            hit = 0
            for phrase, cues in self._table.get(words[i], ()):
                n = len(phrase)
                if tuple(words[i : i + n]) == phrase and i not in covered:
                    out.append((i, i + n, cues))
                    hit = n
                    break
            i += hit or 1
        return out

    def read(
        self, tokens: Tokens, mentions: Sequence[tuple[int, int]], begin: int = 0, silent: Set[int] = frozenset()
    ) -> list[StatusReading | None]:
        """For each mention (token span) what its surroundings say; None when they say nothing.

        Cues before a mention hold on through commas, "and" and "or" until another cue, a break or a new subject; cues after a mention
        belong to the mention they follow. `begin` is the first token that counts (after a heading); `silent` are tokens that say nothing
        of status (what it is taken for, in a table).
        """
        found = [f for f in self.find(tokens, mentions) if f[0] >= begin and f[0] not in silent]
        swaps = self._swaps(tokens, mentions) if len(mentions) > 1 else {}
        swaps.update(_replaced(tokens, mentions))
        if not found and not swaps:
            return [None] * len(mentions)
        before: list[list[StatusReading | None]] = [[] for _ in mentions]
        after: list[list[StatusReading]] = [[] for _ in mentions]
        text = tokens.folded.text
        exchanging = False
        linked: list[tuple[int, StatusReading]] = []
        for first, last, cues in found:
            left = max((k for k, m in enumerate(mentions) if m[1] <= first), default=None)
            right = min((k for k, m in enumerate(mentions) if m[0] >= last), default=None)
            positions = {c.position for c in cues}
            if left is None and self._of_the_drug_before(tokens, first, cues):
                continue
            if "cell" in positions:
                cell = next(c for c in cues if c.position == "cell")
                # "Reglan 10 mg - no" speaks of it, "refills: no" does not.
                answers = cell.phrase not in _ANSWERS or (left is not None and _answers_for(tokens, mentions[left][1], first))
                if answers and _stands_alone(text, tokens.starts[first], tokens.ends[last - 1]):
                    said_by = StatusReading(Status(cell.status), cell.certain, CELL)
                    if left is not None:
                        after[left].append(said_by)
                    elif right is not None:
                        before[right].append(said_by)
                    continue
                positions.discard("cell")
                cues = tuple(c for c in cues if c.position != "cell")
                if not cues:
                    continue
            asked = "?" in text[tokens.ends[first - 1] if first else 0 : tokens.starts[first]]
            near = right is not None and mentions[right][0] - last <= 1
            if _is_replacement(cues):
                sides = {"after", "before"} if near else {"before"} if right is not None else set()
            else:
                sides = {self._side(tokens, text, mentions, first, last, left, right, positions)}
            rest = text[tokens.ends[last - 1] :]
            if "after" in sides and left is not None:
                cue = next(c for c in cues if c.position in ("after", "both"))
                if cue.status != "reset" and not _is_excepted(tokens.words, mentions[left], first):
                    said = framed(Status(cue.status), cue.certain and not asked, cue.phrase, tokens.words, first, last, rest)
                    if said is not None:
                        after[left].append(StatusReading(*said, cue.phrase))
                        if cue.reach == "list" and said[0] is not Status.ACTIVE:
                            linked += [(k, after[left][-1]) for k in reach_back(tokens, mentions, left, first, last)]
            if "before" in sides and right is not None:
                cue = next(c for c in cues if c.position in ("before", "both"))
                if cue.status == "reset" and (near or cue.reach == "list"):
                    before[right].append(None)
                elif near or cue.reach == "list":
                    said = framed(Status(cue.status), cue.certain and not asked, cue.phrase, tokens.words, first, last, rest)
                    if said is not None:
                        before[right].append(StatusReading(*said, cue.phrase))
                    exchanging = exchanging or exchanges(Status(cue.status), tokens.words, last)
        if exchanging:
            for k in range(len(mentions)):
                if mentions[k][0] and tokens.words[mentions[k][0] - 1] in ("to", "onto", "for", "with", "by"):
                    before[k] = [None, StatusReading(Status.INTENDED, True, "exchange")]
        for k, reading in linked:
            if not after[k]:
                after[k].append(reading)
        if swaps and not exchanging:
            for k, reading in swaps.items():
                before[k] = [None, reading]
        return resolve(tokens, mentions, before, after)

    def _swaps(self, tokens: Tokens, mentions: Sequence[tuple[int, int]]) -> dict[int, StatusReading]:
        """What an exchange says of both its drugs: "change a to b" ends a and begins b; a plan to do so leaves a in doubt."""
        said: dict[int, StatusReading] = {}
        for k in range(len(mentions) - 1):
            gap = tokens.folded.text[tokens.ends[mentions[k][1] - 1] : tokens.starts[mentions[k + 1][0]]]
            if len(gap) > 80 or not LIST_JOIN.match(gap):
                continue
            arrow = (len(mentions) == 2 and _ARROW.search(gap) is not None) or _CHAIN.search(gap) is not None
            done = True if arrow else is_exchange(tokens.words, mentions[k][0], mentions[k + 1][0])
            if done is not None:
                said[k] = StatusReading(Status.STOPPED, done, "exchange")
                said[k + 1] = StatusReading(Status.ACTIVE if done else Status.INTENDED, True, "exchange")
        return said

    def cell_spans(self, tokens: Tokens) -> list[tuple[int, int]]:
        """Where, in the text as written, words stand that fill a cell with a status."""
        text = tokens.folded.text
        return [
            tokens.folded.origin(tokens.starts[first], tokens.ends[last - 1])
            for first, last, cues in self.find(tokens, ())
            if any(c.position == "cell" for c in cues) and _stands_alone(text, tokens.starts[first], tokens.ends[last - 1])
        ]

    def read_alone(self, tokens: Tokens, begin: int = 0) -> StatusReading | None:
        """What the cues of a piece without a mention say: the last one counts."""
        said = None
        for first, _, cues in self.find(tokens, ()):
            if first >= begin:
                cue = cues[0]
                said = None if cue.status == "reset" else StatusReading(Status(cue.status), cue.certain, cue.phrase)
        return said

    def read_cell(self, text: str, *, yes_or_no: bool = False) -> StatusReading | None:
        """What a status column or field says; None when it says nothing known. `yes_or_no` for a column "still taking?"."""
        tokens = tokenise(text)
        if not tokens.words:
            return None
        if yes_or_no and tokens.words[0] in _NO_WORDS:
            return StatusReading(Status.NOT_TAKEN, True, CELL)
        if yes_or_no and tokens.words[0] in _YES_WORDS:
            return StatusReading(Status.ACTIVE, True, CELL)
        said: list[StatusReading] = []
        for first, last, cues in self.find(tokens, ()):
            cue = min(cues, key=lambda c: ("cell", "both", "after", "before").index(c.position))
            if cue.status == "reset":
                continue
            rest = tokens.folded.text[tokens.ends[last - 1] :]
            reading = framed(Status(cue.status), cue.certain, cue.phrase, tokens.words, first, last, rest)
            if reading is not None:
                said.append(StatusReading(*reading, CELL))
        inactive = [r for r in said if r.status is not Status.ACTIVE]
        if not said:
            return None
        chosen = inactive[0] if inactive else said[0]
        if inactive and said[-1].status is Status.ACTIVE:
            return StatusReading(Status.ACTIVE, False, CELL)  # "stopped, restarted"
        return chosen if "?" not in text else StatusReading(chosen.status, False, CELL)

    def _of_the_drug_before(self, tokens: Tokens, first: int, cues: Sequence[StatusCue]) -> bool:
        """Whether a cue speaks of a drug of the sentence before: "it was stopped and lithium begun"."""
        pronoun = tokens.words[first - 1 : first] if first else ()
        return bool({"it", "this"} & set(pronoun)) and tokens.words[first] in _PASSIVE and cues[0].status in PIECE_STATUSES

    def read_opening(self, tokens: Tokens, begin: int, end: int) -> StatusReading | None:
        """What the words before the first drug of a sentence (at token `end`) say of the drug of the sentence before; None when nothing."""
        found = next((f for f in self.find(tokens, ()) if begin < f[0] < end), None)
        if found is None or not self._of_the_drug_before(tokens, found[0], found[2]):
            return None
        return self.read_piece(tokens, begin)

    def read_piece(self, tokens: Tokens, begin: int = 0) -> StatusReading | None:
        """What a sentence or line without a drug says of the drug before it ("Stopped in 2020.", "Not taking"); None when nothing.

        Only a cue that opens the piece counts, and what follows it decides how sure that is: "stopped drinking" is about something else.
        """
        found = self.find(tokens, ())
        words = tokens.words
        for first, last, cues in found:
            if first < begin:
                continue
            if first > begin + _LONGEST_OPENING or not set(words[begin:first]) <= OPENING:
                return None
            alone = _stands_alone(tokens.folded.text, tokens.starts[first], tokens.ends[last - 1])
            usable = [
                c for c in cues if c.position in ("both", "after") or c.status == Status.COMPLETED or (alone and c.position == "cell")
            ]
            cue = usable[0] if usable else cues[0]
            if not usable or cue.status not in PIECE_STATUSES:
                if not set(words[first:last]) <= OPENING:
                    return None
                continue
            rest = tokens.folded.text[tokens.ends[last - 1] :]
            said = framed(Status(cue.status), cue.certain, cue.phrase, words, first, last, rest)
            if said is None:
                return None
            following = words[last] if last < len(words) else ""
            about_it = not following or following in ABOUT_IT or following[0] < "a" or not rest.startswith(" ")
            later = any(c.status == Status.ACTIVE and c.certain for f in found if f[0] >= last for c in f[2][:1] if c.phrase in RESUMED)
            return StatusReading(said[0], said[1] and about_it and not later, cue.phrase)
        return None

    def _side(
        self,
        tokens: Tokens,
        text: str,
        mentions: Sequence[tuple[int, int]],
        first: int,
        last: int,
        left: int | None,
        right: int | None,
        positions: set[str],
    ) -> str:
        """Which way a cue looks: to the mention it follows or to the one it precedes."""
        can_before = bool(positions & {"before", "both"}) and right is not None
        can_after = bool(positions & {"after", "both"}) and left is not None
        if can_before and tokens.words[last - 1] == "allergies" and right is not None and mentions[right][0] == last:
            return "before"  # "... pregabalin allergies codeine"
        if can_before and text[tokens.ends[last - 1] :].lstrip().startswith(":"):
            return "before"  # "all but a were stopped: b, c"
        if can_before and can_after and left is not None and right is not None:
            gap_left = text[tokens.ends[mentions[left][1] - 1] : tokens.starts[first]]
            gap_right = text[tokens.ends[last - 1] : tokens.starts[mentions[right][0]]]
            broken_left = bool(_BREAK.search(gap_left)) or " and " in f" {gap_left} "
            broken_right = bool(_BREAK.search(gap_right)) or " and " in f" {gap_right} "
            if broken_left and not broken_right:
                return "before"
            if broken_right and not broken_left:
                return "after"
            if _STOP.search(gap_right) and not _STOP.search(gap_left):
                return "after"  # "a was reduced and stopped, b begun"
            if (
                mentions[right][0] - last <= 1
                and tokens.words[last - 1] in ("take", "taking", "use", "using")
                and not _STOP.search(gap_right)
            ):
                return "before"  # "takes a, doesn't take the b"
            return "before" if mentions[right][0] - last <= 1 and first - mentions[left][1] > 1 else "after"
        if can_before:
            return "before"
        return "after" if can_after else "none"


def _replaced(tokens: Tokens, mentions: Sequence[tuple[int, int]]) -> dict[int, StatusReading]:
    """What stands in brackets as the drug before: "pramipexole (was ropinirole)"."""
    text = tokens.folded.text
    if "(" not in text and "[" not in text:
        return {}
    starts = ((k, tokens.starts[first]) for k, (first, _) in enumerate(mentions))
    return {k: StatusReading(Status.STOPPED, True, "was") for k, at in starts if _IT_WAS.search(text, max(0, at - 12), at)}


def _is_excepted(words: Sequence[str], mention: tuple[int, int], first: int) -> bool:
    """Whether what is said of all others stands behind an exception: "all but a were held", unlike "all but a, which was held"."""
    before = words[max(0, mention[0] - 5) : mention[0]]
    excepting = bool({"except", "excluding"} & set(before[-3:])) or ("but" in before[-2:] and bool({"all", "everything"} & set(before)))
    return excepting and not {"which", "this", "it", "that"} & set(words[mention[1] : first])


def _answers_for(tokens: Tokens, end: int, first: int) -> bool:
    """Whether "yes" or "no" stands right behind a drug and its dose, with one mark between ("Reglan 10 mg - no")."""
    between = tokens.folded.text[tokens.ends[end - 1] : tokens.starts[first]]
    marks = sum(between.count(c) for c in "-:,;|\t(")
    return marks == 1 and all(w[0] < "a" or len(w) < 5 or w in _DOSE_WORDS for w in tokens.words[end:first])


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether words fill a cell, a bracket or a column of their own: "... BY MOUTH     PENDING"."""
    return bool(_CELL_BEGINS.search(text[max(0, start - 8) : start]) if start else True) and bool(_CELL_ENDS.match(text, end))


def _is_replacement(cues: Sequence[StatusCue]) -> bool:
    """ "changed to": what stands before it was stopped, and only if a drug follows at once ("changed to 20 mg" is a dose)."""
    said = {(c.position, c.status) for c in cues}
    return said >= {("after", Status.STOPPED), ("before", Status.ACTIVE)}
