"""How a drug name sounds, and how alike two spellings are; knows letters only, no drug."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import OSA

from medcheck.text import lazy_pattern

_SOUNDS = (
    ("kw", "k"),
    ("ph", "f"),
    ("th", "t"),
    ("rh", "r"),
    ("ck", "k"),
    ("sch", "s"),
    ("ch", "k"),
    ("qu", "k"),
    ("q", "k"),
    ("x", "ks"),
    ("y", "i"),
    ("z", "s"),
    ("v", "f"),
)
_SOFT_C = lazy_pattern(r"c(?=[eiy])")
_TWICE = lazy_pattern(r"(.)\1+")
_TAIL = lazy_pattern(r"(?:inum|ina|ine|in|en|ene|een|an|on|e)\Z")
_VOWELS = lazy_pattern(r"[aeiou]+")
LETTERS_WEIGH = 0.62  # how much the letters count against the sound
WRONG_START = 0.05  # another first letter that also sounds otherwise
SOFT_START = 0.01  # another first letter of the same sound
WRONG_ENDING = 0.02


@lru_cache(maxsize=100_000)
def sound(word: str) -> str:
    """A rough key of how a drug name sounds: spellings of one sound, doubled letters, vowels and the INN ending fall together.

    >>> sound("amitriptyline") == sound("amitryptilin")
    True
    """
    key = _SOFT_C.sub("s", word)
    if key[0] in "xp":  # "Xyzal" begins like a z, "pseudo" like an s
        key = "s" + key[1:] if key[0] == "x" else key[1:] if key[1:2] in ("s", "n") else key
    for a, b in _SOUNDS:
        if a in key:
            key = key.replace(a, b)
    key = _TWICE.sub(r"\1", key.replace("c", "k"))
    if len(key) > 6:
        key = _TAIL.sub("n", key)
    return key[:1] + _VOWELS.sub("a", key[1:])


def similarity(word: str, name: str, edits: int | None = None) -> float:
    """How alike a written word and a name are, about 0 to 1: letters weigh 0.62, sound 0.38, a wrong start or ending costs.

    `edits` is their edit distance where the caller knows it already.

    >>> similarity("sertralin", "sertraline") > 0.9
    True
    """
    heard, said = sound(word), sound(name)
    if edits is None:
        edits = OSA.distance(word, name)
    score = LETTERS_WEIGH * (1 - edits / max(len(word), len(name)))
    score += (1 - LETTERS_WEIGH) * (1.0 if heard == said else OSA.normalized_similarity(heard, said))
    if word[0] != name[0]:
        score -= WRONG_START if heard[0] != said[0] else SOFT_START
    if len(word) > 6 and word[-3:] != name[-3:] and heard[-2:] != said[-2:]:
        score -= WRONG_ENDING
    return score
