"""Why each word of a text was read as it was: candidates, scores, what decided, what vetoed; looks, and decides nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from medcheck.domain import Match, Mention, Method, Outcome
from medcheck.matching.deciding import Candidate, Decision
from medcheck.matching.index import NameIndex
from medcheck.matching.words import SALTS, SKIP
from medcheck.text import Tokens, tokenise
from medcheck.value import Value


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Explained(Value):
    """One piece of a text and why it was read so.

    `start`, `end`: offsets in the text. `how`: exact, misspelt, question, product, or for a piece that is no mention: number, structure,
    ordinary, short, not_a_drug, unread. `candidates` are the names that were weighed, best first.
    """

    text: str
    start: int
    end: int
    how: str
    reason: str
    match: Match | None = None
    candidates: tuple[Candidate, ...] = ()


def explain(text: str, index: NameIndex) -> tuple[Explained, ...]:
    """Every piece of a text in order: each mention, and each word between.

    >>> import medcheck
    >>> index = NameIndex(medcheck.load_formulary(), medcheck.load_vocabulary())
    >>> [(e.text, e.how) for e in explain("Zoloft 50 mg", index)]
    [('Zoloft', 'exact'), ('50', 'number'), ('mg', 'structure')]
    """
    tokens = tokenise(text)
    out: list[Explained] = []
    at = 0
    for mention in index.spot(tokens):
        out += (_word(text, tokens, k, index) for k in range(at, mention.first))
        out.append(_mention(text, tokens, mention, index))
        at = mention.last
    out += (_word(text, tokens, k, index) for k in range(at, len(tokens.words)))
    return tuple(out)


def _mention(text: str, tokens: Tokens, mention: Mention, index: NameIndex) -> Explained:
    match = mention.match
    words = tokens.words[mention.first : mention.last]
    piece = text[mention.start : mention.end]
    decision = _decision(words, index) if match.method in (Method.MISSPELLING, Method.FUZZY) else None
    how = "question" if match.outcome is Outcome.QUESTION else "exact" if match.method is Method.EXACT else "misspelt"
    if match.method is Method.NONE:
        how = "product"
    if decision is not None:
        stood_against = decision.reason if decision.match is not None or match.method is Method.EXACT else f"against it: {decision.reason}"
        reason = "; ".join(r for r in (match.note, stood_against) if r)
        return Explained(piece, mention.start, mention.end, how, reason, match, decision.candidates)
    reason = match.note or match.question or _sources(match, words, index)
    return Explained(piece, mention.start, mention.end, how, reason, match)


def _sources(match: Match, words: list[str], index: NameIndex) -> str:
    """Where an exact name comes from; for a combination, each of its names."""
    whole = index.source_of(match.name)
    if whole:
        return f"an exact name: {whole}"
    parts = [(name, index.source_of(name)) for name in (match.name.split("/") if "/" in match.name else words)]
    return "exact names: " + "; ".join(f"{name}, {source}" for name, source in parts if source)


def _decision(words: list[str], index: NameIndex) -> Decision | None:
    """The decision that a misspelt mention rests on; None where it was read otherwise (a letter that looked like another)."""
    for word in ("".join(words), *words):
        if not index.is_name(word) and index.may_be_misspelt(word):
            decision = index.decision(word)
            if decision.candidates:
                return decision
    return None


def _word(text: str, tokens: Tokens, k: int, index: NameIndex) -> Explained:
    word = tokens.words[k]
    start, end = tokens.folded.origin(tokens.starts[k], tokens.ends[k])
    how, reason = "unread", ""
    candidates: tuple[Candidate, ...] = ()
    if word[0] < "a":
        how, reason = "number", "a figure"
    elif word in SKIP:
        how, reason = "structure", "a word of instructions and sentences"
    elif index.is_name(word):
        how, reason = "not_a_drug", "a name, but the words beside it make it no medicine here"
    elif word in SALTS or index.is_ordinary(word):
        how, reason = "ordinary", "an ordinary word"
    elif not index.may_be_misspelt(word):
        how, reason = "short", "too short to be compared by likeness"
    else:
        decision = index.decision(word)
        reason, candidates = decision.reason, decision.candidates
    return Explained(text[start:end], start, end, how, reason, None, candidates)


_COUNTED = 4  # letters from which a review reports an unread word; shorter ones are mostly words of the language


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Unread(Value):
    """A word that was not understood, how often it stood there, and what lies nearest to it."""

    word: str
    count: int
    how: str
    reason: str
    candidates: tuple[Candidate, ...]


def unread_words(lines: Iterable[str], index: NameIndex) -> tuple[Unread, ...]:
    """The words of many lines that were not read, asked about, or are names without ingredients; the commonest first, then by alphabet."""
    counts: Counter[str] = Counter()
    seen: dict[str, Explained] = {}
    for line in lines:
        for piece in explain(line, index):
            known = piece.match is not None and piece.how != "question" and bool(piece.match.ingredients)
            short = piece.how == "short" and len(piece.text) < _COUNTED
            if known or short or piece.how in ("number", "structure", "ordinary", "not_a_drug"):
                continue
            word = " ".join(tokenise(piece.text).words)
            counts[word] += 1
            seen.setdefault(word, piece)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Unread(w, n, seen[w].how, seen[w].reason, seen[w].candidates) for w, n in ordered)
