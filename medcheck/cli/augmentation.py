"""`medcheck augmentation`: one history, a study arm held against the model, and the fit. Loaded only when it is called."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from medcheck.cli.common import (
    DayType,
    Finite,
    decoded,
    echo_json,
    fact_options,
    facts_from,
    print_text,
    settings_now,
    the_formulary,
    the_vocabulary,
    today,
    width,
)
from medcheck.errors import InputError

if TYPE_CHECKING:
    from medcheck.assessment import AugmentationData
    from medcheck.augmentation import Change
    from medcheck.domain import Formulary, Review

_ARM_CLASSES = {"mixed": "oral_agonist", "placebo": "placebo"}
_NO = frozenset({"no", "0", "false"})
_YES = frozenset({"yes", "1", "true"})


class _HistoryOrCommand(click.Group):
    """`medcheck augmentation list.txt` assesses a history; `arm`, `fit` and `history` are commands of their own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["history", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_HistoryOrCommand)
def augmentation() -> None:
    """Estimate the risk of augmentation from a dose history, recognise it, and say what there is to discuss.

    Without a command name the history in FILE (or on standard input) is assessed: the same as `medcheck augmentation history`.
    """


# ---- a history ---------------------------------------------------------------------------------------------------------
@augmentation.command()
@click.argument("file", type=click.File("rb"), required=False)
@click.option(
    "--episode", "-e", "episodes", multiple=True, help='A line of history instead of FILE: "pramipexole 0.5 mg nocte since 2022".'
)
@click.option("--what-if", "what_if", multiple=True, help="Compare with dose=0.25 (mg a day from today on), ferritin=100, prior=no.")
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), help="Draw the cumulative risk to FILE.svg or FILE.png.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--as-of", type=DayType(), help="The day that now is; today when not given.")
@click.option("--region", type=click.Choice(["us", "uk"]), help="Whose abbreviations are meant where they differ.")
@click.option("--full", is_flag=True, help="Print every part, rule and look-alike (table).")
@click.option("--references", is_flag=True, help="Print the references in full (table).")
@fact_options
def history(
    file: BinaryIO | None,
    episodes: tuple[str, ...],
    what_if: tuple[str, ...],
    plot: Path | None,
    form: str,
    as_json: bool,
    as_of: date | None,
    region: str | None,
    full: bool,
    references: bool,
    **given: Any,
) -> None:
    """Assess one history of dopaminergic treatment: a list, sentences or a CSV in FILE, on standard input, or as --episode."""
    gc.disable()
    from medcheck.reviewing import Limits, review_text

    settings = settings_now()
    limits = Limits(settings.max_line_chars, settings.max_mention_chars, settings.max_list_lines, settings.max_list_bytes)
    if episodes and file is not None:
        raise InputError("give either FILE or --episode, not both")
    if episodes:
        file = BytesIO("\n".join(episodes).encode())
    elif file is None:
        file = sys.stdin.buffer
    text, note = decoded(file, limits.max_list_bytes)
    formulary = the_formulary(settings)
    day = as_of or today()
    facts = facts_from(formulary, day, given)
    changes = [_change(x, formulary) for x in what_if]
    result = review_text(
        text, facts, formulary, the_vocabulary(settings), day, limits=limits, region=region or settings.region, what_if=changes, always=True
    )
    if note:
        click.echo(f"medcheck: {note}", err=True)
    points = _curve(result, formulary) if plot is not None or as_json or form == "json" else ()
    if plot is not None:
        _draw(result, points, plot)
    if as_json or form == "json":
        from medcheck.rendering.history import history_as_dict

        echo_json(history_as_dict(result, points))
        return
    from medcheck.rendering.history import history_as_text

    print_text(history_as_text(result, points if plot is not None else (), width=width(), full=full, references=references))


def _ingredient(name: str, formulary: Formulary) -> str:
    """The ingredient of a name or brand; the name itself where it stands for none or several."""
    from medcheck.text import normalise_name

    found = formulary.names.get(normalise_name(name))
    dosed = [i for i in found.ingredients if formulary.ingredients[i].dosing] if found is not None else []
    return dosed[0] if len(dosed) == 1 else name


def _change(text: str, formulary: Formulary) -> Change:
    """A what-if from its words.

    Raises:
        InputError: it is none.
    """
    from medcheck.augmentation import Change

    left, sign, right = (x.strip().lower() for x in text.partition("="))
    fact, _, ingredient = left.partition(".")
    if sign and fact == "prior" and not ingredient and right in _YES | _NO:
        return Change("prior_augmentation", float(right in _YES))
    try:
        value = float(right) if sign else -1.0
    except ValueError:
        value = -1.0
    if fact in ("dose", "ferritin") and 0 <= value < 100_000 and not (ingredient and fact == "ferritin"):
        return Change(fact, value, _ingredient(ingredient, formulary) if ingredient else "")
    raise InputError(f"--what-if {text!r}: give dose=MG, dose.INGREDIENT=MG, ferritin=UG_PER_L or prior=yes|no")


def _curve(result: Review, formulary: Formulary) -> Sequence[Any]:
    from medcheck.augmentation import Factors, curve

    a = result.augmentation
    if a is None or a.withheld:
        return ()
    facts = result.facts
    dosing = {e.ingredient: d for e in a.history if (d := formulary.ingredients[e.ingredient].dosing) is not None}
    return curve(a.history, Factors(facts.ferritin_ug_per_l, facts.prior_augmentation), dosing, formulary.augmentation(), result.as_of)


def _draw(result: Review, points: Sequence[Any], path: Path) -> None:
    """Draw the curve.

    Raises:
        InputError: nothing to draw, another ending than .svg or .png, matplotlib missing, or the file cannot be written.
    """
    from medcheck.assessment import POSITIVE
    from medcheck.charts import risk_chart

    a = result.augmentation
    form = path.suffix.lower().removeprefix(".")
    if form not in ("svg", "png"):
        raise InputError(f"--plot {path.name}: the name must end in .svg or .png")
    if a is None or not points:
        raise InputError(f"--plot: there is nothing to draw: {(a.withheld if a else '') or 'no dopaminergic with a known time was read'}")
    names = ", ".join(dict.fromkeys(e.ingredient for e in a.history))
    title = f"Augmentation risk: {names}"
    if a.detection.state in POSITIVE:
        title += ". Augmentation suspected: context, for those without it"
    content = risk_chart(points, title=title, conditional=a.conditional, as_of=a.as_of, form=form, not_reviewed=not a.clinically_reviewed)
    try:
        path.write_bytes(content)
    except OSError as error:
        raise InputError(f"--plot {path}: cannot be written ({error.strerror})") from error


# ---- a study arm -------------------------------------------------------------------------------------------------------
@augmentation.command()
@click.option("--drug", required=True, help="Ingredient or brand; placebo; or mixed for dopaminergics as a group.")
@click.option("--dose", type=Finite(0, min_open=True), help="Mean daily dose in mg (salt for pramipexole, mg/24 h for a patch).")
@click.option("--months", type=Finite(0, 600, min_open=True), required=True, help="Mean time under observation.")
@click.option(
    "--definition",
    type=click.Choice(["any", "clinically_significant", "discontinued"]),
    required=True,
    help="What was counted: any that meets criteria, the clinically significant, or those who stopped because of it.",
)
@click.option("--n", "patients", type=click.IntRange(1, 100_000), help="Patients: their play of chance goes into the intervals.")
@click.option(
    "--ascertainment",
    type=click.Choice(["unknown", "looked_for", "noted_only"]),
    default="unknown",
    show_default=True,
    help="Whether the study looked for augmentation, or only noted it as an adverse event.",
)
@click.option("--json", "as_json", is_flag=True)
def arm(drug: str, dose: float | None, months: float, definition: str, patients: int | None, ascertainment: str, as_json: bool) -> None:
    """Say what a new study arm would find: the predictive distribution, to hold the model against a paper."""
    from medcheck.augmentation import predict_arm

    formulary = the_formulary(settings_now())
    data = formulary.augmentation()
    key, ingredient, ratio, note = _arm_class(drug, dose, formulary)
    notes = [note, *_beyond(ratio, months, data)]
    note = "; ".join(n for n in notes if n)
    found = predict_arm(data, key, ratio, months, definition, patients, ascertainment=ascertainment)
    low80, high80 = (round(x, 2) for x in found.interval80)
    low95, high95 = (round(x, 2) for x in found.interval95)
    if as_json:
        echo_json(
            {
                "format": 1,
                "drug": ingredient,
                "class": key,
                "dose_mg_per_day": dose,
                "dose_over_ceiling": None if ratio is None else round(ratio, 4),
                "months": months,
                "definition": definition,
                "n": patients,
                "ascertainment": ascertainment,
                "median": round(found.median, 2),
                "interval80": [low80, high80],
                "interval95": [low95, high95],
                "unit": "percent",
                "note": note,
                "model": {"version": data.coefficients.version, "sha256": data.coefficients.sha256},
            }
        )
        return
    click.echo(f"{ingredient} ({key}), {months:g} months, {definition}{f', {patients} patients' if patients else ''}:")
    click.echo(
        f"  median {found.median:.1f} %, 80 % of studies {low80:.1f} to {high80:.1f} %, 95 % of studies {low95:.1f} to {high95:.1f} %"
    )
    if note:
        click.echo(f"  {note}")


def _beyond(ratio: float | None, months: float, data: AugmentationData) -> list[str]:
    """What lies outside of what the studies cover, in words."""
    least, most = 2**data.fit.dose_log2_from, 2**data.fit.dose_log2_to
    out = []
    if ratio is not None and not least <= ratio <= most:
        out.append(f"the dose is counted as {most if ratio > most else least:g} times the ceiling: no study says more")
    if months >= data.extrapolated_from_months:
        out.append(f"from {data.extrapolated_from_months} months on it is an extrapolation")
    return out


def _arm_class(drug: str, dose: float | None, formulary: Formulary) -> tuple[str, str, float | None, str]:
    """Class, ingredient, dose over ceiling and a note for the drug of an arm.

    Raises:
        InputError: it is no drug of the model.
    """
    from medcheck.text import normalise_name

    word = drug.strip().lower()
    if word in _ARM_CLASSES:
        note = "counted as oral agonists at the ceiling dose" if word == "mixed" else ""
        return _ARM_CLASSES[word], word, None, "; ".join(x for x in (note, "the dose is not used" if dose else "") if x)
    found = formulary.names.get(normalise_name(drug))
    names = [] if found is None else list(found.ingredients)
    known = {i: c.key for c in formulary.augmentation().classes for i in c.ingredients}
    ours = [n for n in names if n in known]
    if len(ours) != 1:
        raise InputError(f"--drug: not a medicine of the model; it knows placebo, mixed, {', '.join(sorted(known))}")
    ingredient = ours[0]
    entry = formulary.ingredients[ingredient]
    ceiling = entry.dosing.augmentation_ceiling_mg_per_day if entry.dosing else None
    if ceiling and dose is None:
        return known[ingredient], ingredient, None, "no dose given: counted at the ceiling dose"
    return (
        known[ingredient],
        ingredient,
        dose / ceiling if ceiling and dose else None,
        "" if ceiling else "the model has no dose effect for it",
    )


# ---- the fit -----------------------------------------------------------------------------------------------------------
@augmentation.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option("--write", is_flag=True, help="Write the new coefficients into the formulary directory.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write the calibration report (Markdown) to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print the calibration as JSON.")
def fit(directory: Path | None, write: bool, report: Path | None, as_json: bool) -> None:
    """Fit the model to DIRECTORY/augmentation/incidence.csv and predict every study from the others.

    Needs numpy and scipy (pip install 'medcheck[fit]'). Exit 1 when the committed coefficients are not those of this fit and --write is
    not given.
    """
    try:
        from medcheck.fitting.run import run
    except ImportError as error:
        raise InputError(f"the fit needs {error.name}: pip install 'medcheck[fit]'") from error
    from medcheck.formulary import fit_inputs, formulary_directory

    source = formulary_directory(directory or settings_now().formulary_dir)
    done = run(fit_inputs(source), with_report=report is not None)
    path = source / "augmentation" / "coefficients.json"
    committed = path.read_text(encoding="utf-8") if path.is_file() else ""
    if report is not None:
        _write(report, done.report)
    if write:
        _write(path, done.text)
    if as_json:
        echo_json(done.as_dict())
    else:
        click.echo(done.summary, nl=False)
    if not write and committed != done.text:
        click.echo("medcheck: the committed coefficients are not those of this fit; --write writes them", err=True)
        click.get_current_context().exit(1)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from error
