"""Print how the names of every ingredient of the formulary are read: languages, salts, release forms, brands.

Run: python benchmarks/name_coverage.py [--misses]. Each row is a way of writing; "right" is the ingredient alone, "asked" a question that
names it, "wrong" another ingredient of the formulary. With --misses every name that is not right is listed.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator

import medcheck
from medcheck.domain import Formulary, Match, Outcome
from medcheck.reviewing import match_one, prepare

# Endings of an INN in other languages, English:other; a rule holds for most names, never for all.
ENDINGS = {
    "Latin": "ine:inum in:inum one:onum ole:olum ide:idum am:amum ane:anum ol:olum ene:enum",
    "German, Nordic": "ine:in one:on ole:ol ide:id ane:an ene:en ate:at",
    "Spanish, Portuguese": "ine:ina in:ina one:ona ole:ol ide:ida ate:ato ane:ano ene:eno",
    "Italian": "ine:ina in:ina ole:olo ate:ato ol:olo",
    "Polish": "ine:yna in:yna one:on ole:ol ide:yd ate:an",
    "Finnish": "ine:iini in:iini one:oni ole:oli ide:idi am:aami ol:oli",
}
LETTERS = {
    "Spanish, Portuguese": ((r"ph", "f"), (r"th", "t"), (r"y(?=[^aeiou])", "i")),
    "Italian": ((r"ph", "f"), (r"th", "t"), (r"y(?=[^aeiou])", "i"), (r"\bchlor", "clor")),
    "Polish": ((r"ph", "f"), (r"th", "t"), (r"x", "ks"), (r"c(?=[eiy])", "c"), (r"c(?=[aoukrl])", "k"), (r"v", "w")),
    "Finnish": (("ph", "f"), ("th", "t"), ("qu", "kv"), ("x", "ks"), ("z", "ts"), ("chlor", "kloor"), ("c(?=[eiy])", "s"), ("ch|c", "k")),
    "German, Nordic": (),
    "Latin": (),
}
SALTS = ("hydrochloride", "HCl", "hydrobromide", "maleate", "mesylate", "tartrate", "fumarate", "succinate", "sodium", "citrate")
FORMS = (
    "XL",
    "XR",
    "ER",
    "SR",
    "MR",
    "PR",
    "CR",
    "LA",
    "ODT",
    "Retard",
    "depot",
    "orodispersible tablet",
    "oral solution",
    "10 mg tablets",
)
MAKERS = ("Teva-{}", "apo-{}", "{} Sandoz", "{} (Mylan)", "{}-ratiopharm", "{} 1A Pharma", "ratio-{}", "{} Actavis 20 mg")


def foreign(name: str, language: str) -> str:
    """A name in the spelling that the rule of a language gives; the name itself where no rule fits."""
    endings = (pair.split(":") for pair in ENDINGS[language].split())
    ending = next(((old, new) for old, new in endings if name.endswith(old)), None)
    if ending is None or " " in name:
        return name
    word = name[: -len(ending[0])]
    for pattern, to in LETTERS[language]:
        word = re.sub(pattern, to, word)
    return word + ending[1]


def written(formulary: Formulary) -> Iterator[tuple[str, str, str]]:
    """(way of writing, text, ingredient) for every ingredient that is found by its name."""
    for name, entry in formulary.ingredients.items():
        if entry.class_key in ("opioid_withdrawal", "substance"):
            continue
        yield "INN", name, name
        for spelling in entry.spellings:
            yield "spellings", spelling, name
        for language in ENDINGS:
            text = foreign(name, language)
            if text != name:
                yield language, text, name
        for market, brands in entry.brands.items():
            for brand in brands:
                yield f"brands {market}", brand, name
        if entry.atc and " " not in name:
            yield from (("salts", f"{name} {s}", name) for s in SALTS)
            yield from (("forms", f"{name} {s}", name) for s in FORMS)
            yield from (("makers", m.format(name), name) for m in MAKERS)
            for brand in (*entry.brands["us"][:1], *entry.brands["uk"][:1]):
                yield from (("forms of brands", f"{brand} {s}", name) for s in FORMS)


def judge(match: Match, ingredient: str, formulary: Formulary) -> str:
    """Right, asked, none or wrong."""
    if set(match.ingredients) == {ingredient} and match.outcome is not Outcome.QUESTION:
        return "right"
    if match.outcome is Outcome.QUESTION and any(ingredient in r.ingredients for r in match.other_readings):
        return "asked"
    return "wrong" if any(i in formulary.ingredients for i in match.ingredients) else "none"


def main(show: bool) -> None:
    """Print the table."""
    formulary = medcheck.load_formulary()
    index = prepare(formulary, medcheck.load_vocabulary()).index
    counts: dict[str, Counter[str]] = {}
    for way, text, ingredient in written(formulary):
        match = match_one(text, index)
        came = judge(match, ingredient, formulary)
        counts.setdefault(way, Counter())[came] += 1
        if show and came != "right":
            print(f"{came:6} {way:20} {text:40} {ingredient:24} {'+'.join(match.ingredients) or match.name}")
    print(f"{'way of writing':22}{'names':>7}{'right':>9}{'asked':>9}{'none':>9}{'wrong':>9}")
    for way, c in counts.items():
        n = c.total()
        print(f"{way:22}{n:7}" + "".join(f"{c[k] / n:9.1%}" for k in ("right", "asked", "none", "wrong")))


if __name__ == "__main__":
    main("--misses" in sys.argv)
