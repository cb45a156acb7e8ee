"""Answers about symptoms and the dose history -> the state of detection, each rule with its outcome, and red flags.

Logic has three values: an answer that was not given is neither yes nor no, and a rule that hangs on it has no outcome.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from medcheck.assessment import AugmentationData, Detection, DoseMarks, Feature, Known, RuleOutcome, Sign, State, StateRule
from medcheck.augmentation.changes import Changes
from medcheck.augmentation.doses import may_be_above
from medcheck.domain import Answers

_ORDER = list(State)
Terms = Mapping[str, bool | None]


def detect(
    data: AugmentationData,
    answers: Answers,
    changes: Changes,
    doses: Sequence[DoseMarks],
    known: Known,
    *,
    taken: bool,
) -> Detection:
    """The state by the strongest rule that is true; unknown while no rule is true and an answer that could make one so is missing.

    `taken` is False where no dopaminergic is taken for restless legs, now or until lately: then there is nothing to judge.
    """
    terms = {f.id: _term(f, answers, changes) for f in data.features}
    rules = tuple(_outcome(rule, terms, data.features) for rule in data.rules)
    signs = _signs(data, changes, doses, known)
    met = [r.state for r in rules if r.outcome]
    if not taken:
        state = State.UNKNOWN
    elif met:
        state = max(met, key=_ORDER.index)
    elif any(r.outcome is None for r in rules if not _only_history(r, data)) or all(v is None for v in _answered(answers)):
        state = State.UNKNOWN
    else:
        state = State.NOT_SUGGESTED
    open_answers = {a for r in rules if r.outcome is None and _ORDER.index(r.state) > _ORDER.index(state) for a in r.missing}
    ask = tuple(q for q in data.questions if q.id in open_answers and q.kind != "total") if taken else ()
    return Detection(state=state, rules=rules, signs=signs, ask=ask)


def _answered(answers: Answers) -> list[object]:
    return [getattr(answers, name) for name in Answers.__match_args__]


def _only_history(rule: RuleOutcome, data: AugmentationData) -> bool:
    """Whether only the dose history could still decide a rule, or only a scale that few use: neither holds an answer open."""
    optional = {q.id for q in data.questions if q.kind == "total"}
    return all(m.startswith("history.") or m in optional for m in rule.missing)


def _term(feature: Feature, answers: Answers, changes: Changes) -> bool | None:
    value: object
    if feature.answer.startswith("history."):
        value = getattr(changes, feature.answer.removeprefix("history."))
    else:
        value = getattr(answers, feature.answer)
    if value is None:
        return None
    if feature.least is not None:
        return float(value) >= feature.least  # type: ignore[arg-type]
    return bool(value) == feature.wanted


def _outcome(rule: StateRule, terms: Terms, features: Sequence[Feature]) -> RuleOutcome:
    needed = [terms[t] for t in rule.all]
    several = [terms[t] for t in rule.of]
    one = [terms[t] for t in rule.needs_one] or [True]
    yes, maybe = several.count(True), several.count(None)
    if any(v is False for v in needed) or yes + maybe < rule.at_least or all(v is False for v in one):
        outcome: bool | None = False
    elif all(v is True for v in needed) and yes >= rule.at_least and any(v is True for v in one):
        outcome = True
    else:
        outcome = None
    by_id = {f.id: f for f in features}
    missing = [by_id[t].answer for t in (*rule.all, *rule.of, *rule.needs_one) if terms[t] is None] if outcome is None else []
    return RuleOutcome(
        id=rule.id,
        state=State(rule.state),
        text=rule.text,
        outcome=outcome,
        missing=tuple(dict.fromkeys(missing)),
        references=rule.references,
        verified=rule.verified,
    )


def _signs(data: AugmentationData, changes: Changes, doses: Sequence[DoseMarks], known: Known) -> tuple[Sign, ...]:
    seen: dict[str, tuple[str, tuple[int, ...]]] = {}
    over = [d for d in doses if may_be_above(d)]
    if over:
        what = "; ".join(f"{d.ingredient}{'' if d.above_maximum else ', perhaps'}: {d.words.partition(';')[0]}" for d in over)
        seen["above_maximum"] = (what, tuple(line for d in over for line in d.lines))
    seen.update(changes.signs)
    if known.iron_low:
        seen["iron_low"] = ("", ())
    out = []
    for flag in data.red_flags:
        if flag.id in seen:
            more, lines = seen[flag.id]
            text = f"{flag.text} {more[0].upper()}{more[1:]}." if more else flag.text
            at = tuple(sorted(set(lines)))
            out.append(Sign(id=flag.id, text=text, lines=at, references=flag.references, verified=flag.verified))
    return tuple(out)
