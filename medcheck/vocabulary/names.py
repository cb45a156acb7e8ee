"""What a name is worth: salts and spellings of ingredients, and the guard against junk names; knows no source and no file format."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from medcheck.domain import VocabularySource
from medcheck.text import normalise_name

MAX_TOKENS: Final = 5  # matching looks up at most this many words at once
MIN_CHARS: Final = 4
MAX_CHARS: Final = 60
LOCAL_USE: Final = "@local"  # first among the ingredients of a code: the product does not reach the whole body
CLAIM: Final = "?"  # before an ingredient that a source only claims: good for asking, never for telling


@dataclass(frozen=True, slots=True)
class Terms:
    """The tables of formulary/ that say how names are read. Names are normalised (text.normalise_name).

    `inn` maps a spelling (USAN, BAN, the salt of an acid) to the INN; `salts`, `cations` and `noise` are single words; `product_words`
    are ordinary words of products and dose forms, `words` ordinary words that are seldom met; `markers` make a name of ordinary words a
    product's name ("pain relief pm"); `excluded` are names to leave out, with the reason; `aliases` are facts by hand that no rule
    overrides.
    """

    inn: Mapping[str, str]
    salts: frozenset[str]
    cations: frozenset[str]
    noise: frozenset[str]
    product_words: frozenset[str]
    markers: frozenset[str]
    words: frozenset[str]
    excluded: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class NameTable:
    """Names from one source: ingredients by normalised name, () where it does not tell.

    `sure` names stay even where they are English words, because the source says they are medicines and not only a label's words. `words`
    are ordinary words that the source brings (dose forms). `codes` are ingredients by code system and code (as a number,
    codesystems.py); the first of them is LOCAL_USE for a product that is only put on skin, eyes and the like. `counts` says what was read,
    kept and left out; `strengths` those in mg of one tablet, capsule or patch, by ingredient; `problems` names the first
    bad rows as "file line n: what". `by_hand` marks a site's own names:
    no rule leaves one out.
    """

    source: VocabularySource
    names: Mapping[str, tuple[str, ...]]
    sure: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    codes: Mapping[str, Mapping[int, tuple[str, ...]]] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    by_hand: bool = False
    strengths: Mapping[str, frozenset[float]] = field(default_factory=dict)


def ingredient(substance: str, terms: Terms) -> str:
    """The INN of a substance as a label or a registry writes it: salts, esters and water stripped.

    A simple salt keeps its name ("potassium chloride"), unless the table of INN says otherwise ("lithium carbonate").
    """
    tokens = normalise_name(substance).split()
    while len(tokens) > 1 and tokens[-1] in terms.salts and " ".join(tokens) not in terms.inn:
        if len(tokens) == 2 and tokens[0] in terms.cations:
            break
        tokens.pop()
    name = " ".join(tokens)
    return terms.inn.get(name, name)


_SOUNDS: Final = (
    (re.compile(r"ph"), "f"),
    (re.compile(r"th"), "t"),
    (re.compile(r"rh"), "r"),
    (re.compile(r"sch|c(?=[eiy])|z"), "s"),
    (re.compile(r"ch|ck|qu|c|q"), "k"),
    (re.compile(r"x"), "ks"),
    (re.compile(r"ae|oe"), "e"),
    (re.compile(r"y"), "i"),
    (re.compile(r"w"), "v"),
    (re.compile(r"(.)\1+"), r"\1"),
    (re.compile(r"(?:um|us|[aeio])$"), ""),
)


def spelling_key(name: str) -> str:
    """A name without what differs between languages: letters of one sound, double letters, endings, word order.

    >>> spelling_key("chlorpromazina") == spelling_key("klorpromazinum") == spelling_key("chlorpromazine")
    True
    """
    out = []
    for token in name.split():
        for pattern, to in _SOUNDS:
            token = pattern.sub(to, token)
        out.append(token)
    return " ".join(sorted(out))


def inn_names(terms: Terms) -> NameTable:
    """The table of INN as names of its own: both spellings of each."""
    names = {n: (inn,) for n, inn in terms.inn.items()} | {normalise_name(inn): (inn,) for inn in terms.inn.values()}
    digest = sha256("\n".join(f"{n}={inn}" for n, inn in sorted(terms.inn.items())).encode()).hexdigest()
    return NameTable(VocabularySource("INN and other spellings", "", "", len(names), digest), names)


def is_form_of(name: str, generic: str, terms: Terms) -> bool:
    """Whether a normalised name is plainly the generic: itself, with a salt, or in the spelling of another language."""
    if name == generic:
        return True
    tokens = [t for t in name.split() if t not in terms.salts] or name.split()
    stripped = " ".join(tokens)
    key = spelling_key(generic)
    return stripped == generic or (len(key) >= 5 and spelling_key(stripped) == key)


def is_claim(ingredients: tuple[str, ...]) -> bool:
    """Whether ingredients are only claimed.

    >>> is_claim(("?sertraline",)), is_claim(("sertraline",)), is_claim(())
    (True, False, False)
    """
    return bool(ingredients) and ingredients[0].startswith(CLAIM)


def junk_reason(name: str, ingredients: tuple[str, ...], sure: bool, ordinary: Collection[str], terms: Terms) -> str:
    """Why a normalised name must not stand in the vocabulary, "" for a good one.

    `ordinary` holds the words that are no names of medicines, `sure` that a source vouches for the name as a medicine's.
    """
    tokens = name.split()
    if name in terms.excluded:
        return "excluded by hand"
    if len(name) < MIN_CHARS or len(name) > MAX_CHARS or len(tokens) > MAX_TOKENS:
        return "too short or too long"
    if tokens[0].isdigit():
        return "begins with a number"
    if sure or not all(t in ordinary or t in terms.product_words or len(t) < 3 or t.isdigit() for t in tokens):
        return ""
    return "" if ingredients and len(tokens) > 1 and not terms.markers.isdisjoint(tokens) else "ordinary words"
