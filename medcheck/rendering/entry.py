"""One formulary entry as JSON types or as a page of text, for curators and pharmacists."""

from __future__ import annotations

import textwrap
from typing import Any

from medcheck.domain import FLAG_TIERS, Formulary
from medcheck.rendering.plain import evidence_as_dict
from medcheck.rendering.words import EFFECT_WORDS, MARK_WORDS, STATE_WORDS, TIER_WORDS, Citations, marked, reference_text


def entry_as_dict(name: str, formulary: Formulary) -> dict[str, Any]:
    """An ingredient of the formulary with its class, evidence, names and references as JSON types."""
    entry = formulary.ingredients[name]
    drug_class = formulary.classes[entry.class_key]

    keys = dict.fromkeys(k for e in (*entry.evidence, *drug_class.evidence) for k in e.references)
    return {
        "ingredient": name,
        "class": drug_class.key,
        "class_name": drug_class.name,
        "subclass": entry.subclass,
        "tier": entry.tier.value,
        "strength": entry.strength,
        "basis": entry.basis,
        "effect": list(entry.effect),
        "verified": entry.verified,
        "clinically_reviewed": drug_class.clinically_reviewed,
        "summary": entry.summary,
        "onset": entry.onset,
        "withdrawn": entry.withdrawn,
        "rxcui": entry.rxcui,
        "atc": list(entry.atc),
        "brands": {k: list(v) for k, v in entry.brands.items()},
        "spellings": list(entry.spellings),
        "evidence": [evidence_as_dict(e) for e in entry.evidence],
        "class_evidence": [evidence_as_dict(e) for e in drug_class.evidence],
        "needs": [
            {"key": k, "name": formulary.needs[k].name, "options": [o.text for o in formulary.needs[k].options]} for k in drug_class.needs
        ],
        "no_abrupt_stop": entry.no_abrupt_stop or drug_class.no_abrupt_stop,
        "references": {k: reference_text(formulary.references[k]) for k in keys},
    }


def entry_as_text(name: str, formulary: Formulary) -> str:
    """An ingredient of the formulary as a page of plain text with its references in full."""
    told = entry_as_dict(name, formulary)
    entry = formulary.ingredients[name]
    cited = Citations([formulary.references[k] for k in told["references"]])
    tier = f"{entry.tier.value} {TIER_WORDS[entry.tier]}" if entry.tier in FLAG_TIERS else STATE_WORDS[entry.tier.value]
    basis = "drug-specific" if entry.basis == "drug_specific" else "class-inherited"
    out = [f"{name}   {told['class_name']}", f"  {tier}   evidence: {entry.strength}, {basis}{MARK_WORDS[entry.verified]}"]
    out.append(f"  {'; '.join(EFFECT_WORDS[e] for e in entry.effect)}")
    out += textwrap.wrap(entry.summary, 106, initial_indent="  ", subsequent_indent="  ")
    signs = {"for": "+", "against": "-", "context": "="}
    for label, items in (("", entry.evidence), ("(class) ", formulary.classes[entry.class_key].evidence)):
        for e in items:
            mine = "(class) " if e.of == "class" and not label else label
            figure = f" ({e.figure})" if e.figure else ""
            text = f"{signs[e.direction]} {mine}{marked(e.statement + figure, e.verified)}{cited.cite(e.references)}"
            out += textwrap.wrap(text, 106, initial_indent="  ", subsequent_indent="    ")
    codes = [
        f"RxCUI {entry.rxcui}" if entry.rxcui else "no RxCUI known",
        f"ATC {', '.join(entry.atc)}" if entry.atc else "no ATC code known",
    ]
    out.append(f"  {'; '.join(codes)}")
    for market, label in (("us", "US"), ("uk", "UK"), ("other", "elsewhere")):
        if entry.brands.get(market):
            out += textwrap.wrap(f"{label}: {', '.join(entry.brands[market])}", 106, initial_indent="  ", subsequent_indent="    ")
    if entry.spellings:
        out += textwrap.wrap(f"also written: {', '.join(entry.spellings)}", 106, initial_indent="  ", subsequent_indent="    ")
    if told["no_abrupt_stop"]:
        out += textwrap.wrap(told["no_abrupt_stop"], 106, initial_indent="  ", subsequent_indent="  ")
    out.append("  clinically reviewed" if told["clinically_reviewed"] else "  not yet clinically reviewed")
    out.append("References")
    for number, reference in cited.listed():
        out += textwrap.wrap(f"[{number}] {reference_text(reference)}", 106, initial_indent="  ", subsequent_indent="      ")
    return "\n".join(out) + "\n"
