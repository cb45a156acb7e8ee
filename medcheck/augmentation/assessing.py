"""The order of the augmentation part: exposures, facts and what the review knows -> one Assessment. No clock, no clinical number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from medcheck.assessment import (
    POSITIVE,
    Assessment,
    AugmentationData,
    Band,
    DoseMarks,
    Factor,
    Gap,
    Known,
    Override,
    Risk,
    State,
    WhatIf,
)
from medcheck.augmentation.advice import circumstances, discuss
from medcheck.augmentation.causes import causes
from medcheck.augmentation.changes import changes, is_daily
from medcheck.augmentation.detect import detect
from medcheck.augmentation.doses import ROUNDING, dose_marks, maximum, share_of_maximum
from medcheck.augmentation.figures import Figures
from medcheck.augmentation.hazard import Factors, Model, model, spread
from medcheck.augmentation.timeline import Course, Regimen, as_seen_from, begins_later, courses, is_taken_now
from medcheck.domain import Answers, Dosing, Exposure, PartialDate, PatientFacts
from medcheck.errors import InputError
from medcheck.text import daily_dose_words
from medcheck.value import Value

_BAND_GAP = 3  # an interval over so many bands is said to tell them apart badly
LEVODOPA = "levodopa"  # class of the model


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Change(Value):
    """A what-if: another total daily dose from today on (mg; of `ingredient`, or of the only one taken), or another fact."""

    fact: str  # dose, ferritin, prior_augmentation
    value: float
    ingredient: str = ""


def assess(
    exposures: Sequence[Exposure],
    facts: PatientFacts,
    dosing: Mapping[str, Dosing],
    data: AugmentationData,
    as_of: date,
    *,
    known: Known | None = None,
    what_if: Sequence[Change] = (),
) -> Assessment:
    """Assess one history.

    Raises:
        InputError: a what-if of a dose that does not name one of the medicines taken now.

    Args:
        exposures: every dose of every dopaminergic, past and present; may be empty: the answer is then the background.
        facts: the patient; None is not known, and is said.
        dosing: the dose marks of each ingredient among the exposures.
        data: formulary/augmentation.
        as_of: the day that "now" is.
        known: what the rest of a review found.
        what_if: changes to compare with; a dose change counts from today on.
    """
    known = known or Known()
    prepared = model(data)
    told = as_seen_from(exposures, as_of)
    too_many = len(told) > data.most_exposures
    exposures = () if too_many else tuple(e for e in told if not begins_later(e, as_of))
    now = [e for e in exposures if is_taken_now(e)]
    taken = bool(now)
    least, most, notes = courses(exposures, dosing, data.plausible, as_of)
    history = changes(exposures, data.history, as_of, _levodopa(data))
    doses = dose_marks(exposures, dosing)
    for_rls = facts.indication in (None, "rls", "both")
    detection = detect(data, facts.answers, history, doses, known, taken=for_rls and (taken or bool(history.cut)))
    withheld, parkinson = _withheld(data, facts, now, doses, known)
    if too_many:
        withheld = f"{len(told)} doses of dopaminergics are on the list, more than one patient's history holds ({data.most_exposures})"
    lifts = _lifts(data, now, dosing)
    figures = Figures(prepared, least, most, Factors(facts.ferritin_ug_per_l, facts.prior_augmentation))
    ahead = figures.ahead
    band_from, band = _bands(data, ahead[0], lifts) if taken else (data.bands[0], data.bands[0])
    positive = detection.state in POSITIVE
    holding = circumstances(
        data, facts, doses, detection.state, known, taken=taken, for_rls=for_rls, parkinson=parkinson, cut=bool(history.cut)
    )
    points = discuss(data, holding)
    found = causes(data, facts, history, known, facts.symptom_onset, as_of) if taken or history.cut else ()
    shown = not withheld and not positive
    significant = figures.clinically_significant()
    factors = _factors(prepared, least, most, facts) if taken and not withheld else ()
    conditional = "if taken for RLS" if facts.indication is None and taken else ""
    start = f"{conditional}: " if conditional else ""
    lifted_by = tuple(start + (o.text if sure else f"it may be that {o.text}") for o, sure in lifts) if shown else ()
    return Assessment(
        model_version=data.coefficients.version,
        model_sha256=data.coefficients.sha256,
        basis=data.basis,
        as_of=as_of,
        indication=facts.indication or "",
        conditional=conditional,
        withheld=withheld,
        # Nothing taken, but something unread: no band, it would be an all-clear.
        band=band.key if shown and (taken or not known.unread) else "",
        band_from=band_from.key if shown and (taken or not known.unread) else "",
        band_words=_shown_band(band_from, band, positive=positive, withheld=withheld, taken=taken),
        lifted_by=lifted_by,
        frequency=start + frequency(ahead[0], data) if not withheld else "",
        spread=start + apart if shown and taken and (apart := _spread(data, ahead[0])) else "",
        history=told,
        started=_started(least, most),
        doses=doses,
        to_date=figures.to_date() if most.first_day is not None and not withheld else None,
        ahead=tuple(ahead) if not withheld else (),
        clinically_significant=significant if not withheld else None,
        background=_background(prepared),
        factors=factors,
        named=data.named if taken else (),
        gaps=_gaps(prepared, figures, facts, detection.state, taken=taken and not withheld),
        detection=detection,
        causes=found,
        discuss=points,
        what_if=tuple(_what_if(figures, data, dosing, now, what_if, banded=shown and taken)) if not withheld else (),
        notes=(
            *notes,
            *(
                f"{e.ingredient} (line {e.line}) begins after {as_of.isoformat()}: it is not counted"
                for e in told
                if begins_later(e, as_of)
            ),
            *_far_above(data, facts, doses),
            *_beyond(data, most),
            *_notes(facts, known, detection.state, taken=taken, cut=bool(history.cut), left_out=bool(withheld and what_if)),
        ),
        references=_references(doses, factors, detection, found, points, lifts, data if taken else None),
        clinically_reviewed=data.clinically_reviewed,
    )


def _shown_band(band_from: Band, band: Band, *, positive: bool, withheld: str, taken: bool) -> str:
    if withheld:
        return ""
    if positive:
        return "augmentation suspected"
    return _band_words(band_from, band) if taken else "background: no dopaminergic is taken now"


def _far_above(data: AugmentationData, facts: PatientFacts, doses: Sequence[DoseMarks]) -> list[str]:
    """Doses that are usual in Parkinson's disease only, where restless legs are given as the reason: a slip of the pen is likelier."""
    if facts.indication != "rls":
        return []
    return [
        f"{d.ingredient} {d.words.partition(';')[0]} is usual in Parkinson's disease only: check the dose that was read"
        for d in _for_parkinson(data, doses)
    ]


def _for_parkinson(data: AugmentationData, doses: Sequence[DoseMarks]) -> list[DoseMarks]:
    """Those that are usual in Parkinson's disease only, by what is, or may be, taken a day."""
    marks = data.parkinson.from_mg_per_day
    return [d for d in doses if d.daily_dose_mg_max is not None and d.daily_dose_mg_max >= marks.get(d.ingredient, math.inf)]


def _beyond(data: AugmentationData, most: Course) -> list[str]:
    top = 2**data.fit.dose_log2_to
    return [f"the dose is counted as {top:g} times the ceiling: no study says more"] if most.current.total > top else []


def _notes(facts: PatientFacts, known: Known, state: State, *, taken: bool, cut: bool, left_out: bool) -> list[str]:
    out = list(known.date_doubts)
    if known.unread:
        other = "another" if taken else "a"
        out.append(f"this is no all-clear: {other} dopaminergic may be in what was not read or must be confirmed")
    if facts.answers != Answers() and not taken and not cut:
        out.append("the answers were not judged: no dopaminergic is taken now")
    if state in POSITIVE and facts.answers.other_cause:
        out.append("another cause was named: look at it first, the signs count for augmentation only where it does not explain them")
    if state in POSITIVE and facts.answers.treatment_worked is False:
        out.append("the treatment is said never to have worked: augmentation is a worsening after a time in which it did")
    if left_out:
        out.append("what-ifs are left out, since no figure is given")
    return out


# ---- beside the figures ------------------------------------------------------------------------------------------------
def _background(prepared: Model) -> Risk:
    """The first horizon without any dopaminergic, from a first day on."""
    months = prepared.data.horizons_months[0]
    none = prepared.background(months / 12)
    return Risk(months=months, median_least=none.median, median_most=none.median, low95=none.low95, high95=none.high95, extrapolated=False)


def _started(least: Course, most: Course) -> PartialDate | None:
    days = [c.first_day for c in (least, most) if c.first_day is not None]
    return PartialDate(min(days), max(days)) if days else None


# ---- bands -------------------------------------------------------------------------------------------------------------
Lifts = Sequence[tuple[Override, bool]]  # with whether it holds for certain


def _bands(data: AugmentationData, risk: Risk, lifts: Lifts) -> tuple[Band, Band]:
    """The lower and the upper band; overrides lift only, and one that only may hold lifts the upper."""
    keys = [b.key for b in data.bands]
    sure = max((keys.index(o.band) for o, certain in lifts if certain), default=0)
    perhaps = max((keys.index(o.band) for o, _ in lifts), default=0)
    low, high = max(sure, _band_at(data, risk.median_least)), max(perhaps, _band_at(data, risk.median_most))
    return data.bands[low], data.bands[high]


def _band_at(data: AugmentationData, percent: float) -> int:
    return max(k for k, b in enumerate(data.bands) if percent >= b.from_percent)


def _band_words(band_from: Band, band: Band) -> str:
    return f"{band_from.name} to {band.name}" if band_from != band else band.name


def _lifts(
    data: AugmentationData, now: Sequence[Exposure], dosing: Mapping[str, Dosing], changed: Mapping[str, float] | None = None
) -> list[tuple[Override, bool]]:
    """The overrides that hold, and whether for certain (a dose known as a range may only reach over the mark).

    `changed` are other daily doses (mg) of some medicines, for a what-if; a dose that is not known is never over a mark.
    """
    changed = changed or {}
    kept = [e for e in now if e.ingredient not in changed]
    low, high = share_of_maximum(kept, dosing) or (0.0, 0.0)
    for name, dose in changed.items():
        top = maximum(dosing[name])
        if top is not None:
            low, high = low + dose / top, high + dose / top
    levodopa = _levodopa(data)
    daily = [is_daily(e) for e in kept if e.ingredient in levodopa] + [dose > 0 for name, dose in changed.items() if name in levodopa]
    holds = {
        "above_maximum": (high > ROUNDING, low > ROUNDING),
        "twice_maximum": (high >= 2 / ROUNDING, low >= 2 / ROUNDING),
        "daily_levodopa": (any(d is not False for d in daily), any(d is True for d in daily)),
    }
    return [(o, holds[o.when][1]) for o in data.overrides if holds[o.when][0]]


def _levodopa(data: AugmentationData) -> frozenset[str]:
    return frozenset(i for c in data.classes if c.key == LEVODOPA for i in c.ingredients)


def _spread(data: AugmentationData, risk: Risk) -> str:
    low, high = _band_at(data, risk.low95), _band_at(data, risk.high95)
    if high - low + 1 < _BAND_GAP:
        return ""
    return f"The studies differ so much that they cannot separate {data.bands[low].name.lower()} from {data.bands[high].name.lower()}."


def frequency(risk: Risk, data: AugmentationData) -> str:
    """ "about 10 of 100 similar patients in the next year; studies ranged from 2 to 45"."""
    low, high = (_count(m, data) for m in (risk.median_least, risk.median_most))
    about = low if low == high else f"{low} to {high}"
    time = {None: "up to now", 12: "in the next year"}.get(risk.months) or f"in the next {(risk.months or 0) // 12} years"
    start = "" if about.startswith(("fewer", "more")) else "about "
    return f"{start}{about} of 100 similar patients {time}; studies ranged from {_count(risk.low95, data)} to {_count(risk.high95, data)}"


def _count(percent: float, data: AugmentationData) -> str:
    if percent < data.least_percent:
        return f"fewer than {data.least_percent:g}"
    if percent > data.most_percent:
        return f"more than {data.most_percent:g}"
    return f"{percent:.0f}"


# ---- the indication ----------------------------------------------------------------------------------------------------
def _withheld(
    data: AugmentationData, facts: PatientFacts, now: Sequence[Exposure], doses: Sequence[DoseMarks], known: Known
) -> tuple[str, bool]:
    """Why no band is given ("" when one is), and whether Parkinson's disease is the reason."""
    if facts.indication in ("parkinson", "both"):
        also = ", also" if facts.indication == "both" else ""
        return f"taken for Parkinson's disease{also}: the studies behind the figure left that out, and its doses are others", True
    if facts.indication == "other":
        return "not taken for restless legs: the studies behind the figure are of restless legs only", False
    if facts.indication == "rls" or not now:
        return "", False
    signs = data.parkinson
    reasons = [
        f"{d.ingredient} {daily_dose_words(d.daily_dose_mg_min, d.daily_dose_mg_max)}"
        for d in _for_parkinson(data, doses)
        if d.daily_dose_mg_max is not None
    ]
    reasons += sorted(known.taken.intersection(signs.with_ingredients) | {d.ingredient for d in doses}.intersection(signs.with_ingredients))
    if not reasons:
        return "", False
    text = f"usual in Parkinson's disease only: {', '.join(dict.fromkeys(reasons))}. Say what it is taken for"
    lifted = " If it is taken for restless legs, the dose alone makes the risk very high." if any(d.above_maximum for d in doses) else ""
    return f"{text}; no figure is given until then.{lifted}", True


# ---- parts and gaps ----------------------------------------------------------------------------------------------------
def _factors(prepared: Model, least: Course, most: Course, facts: PatientFacts) -> tuple[Factor, ...]:
    data = prepared.data
    keys = list(dict.fromkeys(prepared.class_of[i] for i in most.current.names))
    fitted = tuple(dict.fromkeys(a.reference for a in data.arms if a.use == "fit"))
    own = tuple(dict.fromkeys(a.reference for a in data.arms if a.use == "fit" and a.class_key in keys))
    out = []
    for key in keys:
        name = next(c.name for c in data.classes if c.key == key)
        arms = sum(1 for a in data.arms if a.use == "fit" and a.class_key == key)
        text = f"against no dopaminergic medicine, at the ceiling dose; {arms or 'no'} study arm{'s' if arms != 1 else ''}"
        kind = "trial" if arms else "derived"
        out.append(_factor("class", name, kind, text, prepared.against_none(key), own, "secondary"))
    low, high = least.current.total, most.current.total
    text = f"{low:.2g} times the ceiling dose" if abs(low - high) < 1e-9 else f"{low:.2g} to {high:.2g} times the ceiling dose"
    per = prepared.per_doubling
    text += f"; each doubling counts {per[0]:.2g} times ({per[1]:.2g} to {per[2]:.2g}), little informed by the studies"
    at_dose = prepared.dose(high) if high > 0 else None
    out.append(_factor("dose", "dose", "trial", text, at_dose, data.fit.dose_references, "secondary"))
    k = prepared.time_exponent
    text = f"exponent {k[0]:.2f} ({k[1]:.2f} to {k[2]:.2f}; 1 is a steady risk, below it an early one; studies disagree)"
    out.append(_factor("time", "time on it", "trial", text, None, fitted, "secondary"))
    ferritin = prepared.ferritin(facts.ferritin_ug_per_l)
    if facts.ferritin_ug_per_l is not None:
        f = data.ferritin
        words = (
            f"{facts.ferritin_ug_per_l:g} ug/L; {f.text}"
            if ferritin
            else f"{facts.ferritin_ug_per_l:g} ug/L: no change at or above {f.reference_ug_per_l:g}"
        )
        ratio = spread([math.exp(x) for x in ferritin]) if ferritin else None
        out.append(_factor("ferritin", "ferritin", f.kind, words, ratio, f.references, f.verified))
    if facts.prior_augmentation is not None:
        p = data.prior_augmentation
        earlier = prepared.earlier(facts.prior_augmentation)
        words = p.text if facts.prior_augmentation else "no earlier augmentation: no change"
        ratio = spread([math.exp(x) for x in earlier]) if earlier else None
        out.append(_factor("prior_augmentation", "augmentation before", p.kind, words, ratio, p.references, p.verified))
    return tuple(out)


def _factor(
    id_: str, label: str, kind: str, text: str, ratio: tuple[float, float, float] | None, references: tuple[str, ...], verified: str
) -> Factor:
    return Factor(id=id_, label=label, kind=kind, text=text, ratio=ratio, references=references, verified=verified)


def _gap(fact: str, text: str, least: float | None, most: float | None) -> Gap:
    return Gap(fact=fact, text=text, median_least=least, median_most=most)


def _gaps(prepared: Model, figures: Figures, facts: PatientFacts, state: State, *, taken: bool) -> tuple[Gap, ...]:
    """What is not known, with how far each could move the 12-month median."""
    if not taken:
        return ()
    risk = figures.ahead[0]
    out = []
    if facts.indication is None:
        out.append(_gap("indication", "what it is taken for is not given: every figure holds only if it is restless legs", None, None))
    if facts.ferritin_ug_per_l is None:
        least = prepared.data.ferritin.least_ug_per_l
        most = figures.highest(Factors(least, facts.prior_augmentation))
        text = f"ferritin is not given: no change was counted; at {least:g} ug/L it would be the higher figure"
        out.append(_gap("ferritin_ug_per_l", text, risk.median_least, most))
    if facts.prior_augmentation is None:
        most = figures.highest(Factors(facts.ferritin_ug_per_l, True))
        text = "whether there was augmentation on an earlier medicine is not given: no change was counted; with it, the higher figure"
        out.append(_gap("prior_augmentation", text, risk.median_least, most))
    if not figures.same:
        out.append(_gap("history", "dose or dates are only known as a range", risk.median_least, risk.median_most))
    if state is State.UNKNOWN:
        out.append(
            _gap(
                "answers",
                "the symptoms were not asked, or not in full: augmentation may be there already, and then no band applies",
                None,
                None,
            )
        )
    return tuple(out)


# ---- what if -----------------------------------------------------------------------------------------------------------
def _what_if(
    figures: Figures,
    data: AugmentationData,
    dosing: Mapping[str, Dosing],
    now: Sequence[Exposure],
    wanted: Sequence[Change],
    *,
    banded: bool,
) -> list[WhatIf]:
    """Each change alone, and all together where there are several that do not speak of the same. A band only where there is one."""
    groups = [[c] for c in wanted]
    if 1 < len(wanted) == len({(c.fact, c.ingredient) for c in wanted}):
        groups.append(list(wanted))
    out = []
    for group in groups:
        factors, least, most = figures.factors, figures.least.current, figures.most.current
        changed: dict[str, float] = {}
        for change in group:
            if change.fact == "ferritin":
                factors = replace(factors, ferritin_ug_per_l=change.value)
            elif change.fact == "prior_augmentation":
                factors = replace(factors, prior_augmentation=bool(change.value))
            else:
                name = _meant(change, dosing, now)
                changed[name] = change.value
                least, most = (_other_dose(r, name, change.value, dosing) for r in (least, most))
        risks = figures.changed(factors, least, most).ahead
        words = " and ".join(_change_words(c) for c in group)
        bands = _bands(data, risks[0], _lifts(data, now, dosing, changed))
        out.append(WhatIf(text=words, band=_band_words(*bands) if banded else "", risks=tuple(risks)))
    return out


def _meant(change: Change, dosing: Mapping[str, Dosing], now: Sequence[Exposure]) -> str:
    """The medicine whose dose a what-if changes.

    Raises:
        InputError: it is not taken now, or it is not told which of several is meant, or it has no ceiling to compare with.
    """
    taken = list(dict.fromkeys(e.ingredient for e in now))
    if change.ingredient not in taken and (change.ingredient or len(taken) != 1):
        raise InputError(f"what-if: the dose must be of one medicine taken now: {', '.join(taken) or 'none is'}")
    name = change.ingredient or taken[0]
    if not dosing[name].augmentation_ceiling_mg_per_day:
        raise InputError(f"what-if: no ceiling is on record for {name}, so its dose cannot be compared")
    return name


def _other_dose(current: Regimen, name: str, dose: float, dosing: Mapping[str, Dosing]) -> Regimen:
    """The regimen with another dose (mg) of one medicine, taken daily."""
    daily = {k: r for k, r in current.daily if k != name}
    ceiling = dosing[name].augmentation_ceiling_mg_per_day
    if dose > 0 and ceiling:
        daily[name] = dose / ceiling
    return Regimen(tuple(sorted(daily.items())), tuple((k, r) for k, r in current.occasional if k != name), current.share)


def _change_words(change: Change) -> str:
    if change.fact == "dose":
        return f"{change.ingredient + ' ' if change.ingredient else ''}{change.value:g} mg/day from today on"
    if change.fact == "ferritin":
        return f"ferritin {change.value:g} ug/L"
    return "augmentation before" if change.value else "no augmentation before"


def _references(
    doses: Sequence[DoseMarks],
    factors: Sequence[Factor],
    detection: object,
    found: Sequence[object],
    points: Sequence[object],
    lifts: Sequence[tuple[Override, bool]],
    data: AugmentationData | None,
) -> tuple[str, ...]:
    parts = [*doses, *factors, *getattr(detection, "signs", ()), *(r for r in getattr(detection, "rules", ()) if r.outcome)]
    parts += [o for o, _ in lifts]
    parts += [*found, *points, *(data.named if data else ())]
    return tuple(dict.fromkeys(k for p in parts for k in p.references))
