"""What several commands share: settings and data, patient facts from options, files as text, output on a terminal."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from medcheck.domain import ANSWER_BOUNDS, FACT_BOUNDS, INDICATIONS
from medcheck.errors import InputError

if TYPE_CHECKING:
    from medcheck.domain import Formulary, PartialDate, PatientFacts, Vocabulary
    from medcheck.settings import Settings

    _PartialDateParam = click.ParamType[PartialDate]
    _DayParam = click.ParamType[date]
else:  # older versions of click have no type parameter here
    _PartialDateParam = _DayParam = click.ParamType


def settings_now() -> Settings:
    """The settings of the environment."""
    from medcheck.settings import read

    return read(os.environ)


def the_formulary(settings: Settings) -> Formulary:
    """The formulary of this installation."""
    from medcheck.formulary import load_formulary

    return load_formulary(settings.formulary_dir, settings.cache_dir)


def the_vocabulary(settings: Settings) -> Vocabulary:
    """The background vocabulary of this installation."""
    from medcheck.vocabulary import load_vocabulary

    return load_vocabulary(settings)


def today() -> date:
    """Today in the reader's own calendar."""
    return date.today()  # noqa: DTZ011 - the list is dated in the reader's own calendar


def echo_json(value: Any, *, indent: int | None = 2) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=indent))


class PartialDateType(_PartialDateParam):
    """A date given as a year, a month or a day."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The PartialDate of the text; a usage error otherwise."""
        from medcheck.domain import PartialDate
        from medcheck.parsing import read_partial_date

        if isinstance(value, PartialDate):
            return value
        try:
            return read_partial_date(value)
        except InputError as error:
            self.fail(str(error), param, ctx)


class Finite(click.FloatRange):
    """A number within bounds; "nan" is none, though it passes every comparison."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number; a usage error otherwise."""
        number = super().convert(value, param, ctx)
        if number is not None and not math.isfinite(number):
            self.fail(f"{value!r} is no number", param, ctx)
        return number


class DayType(_DayParam):
    """A whole date, yyyy-mm-dd."""

    name = "yyyy-mm-dd"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The date; a usage error otherwise."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date of the form yyyy-mm-dd", param, ctx)


def fact_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options for patient facts; `facts_from` reads them."""
    options = [
        click.option("--age", type=click.IntRange(0, int(FACT_BOUNDS["age"][1])), help="Age in years."),
        click.option("--sex", type=click.Choice(["female", "male"]), help="Sex; used only to ask about pregnancy, never for scoring."),
        click.option("--pregnant/--not-pregnant", default=None, help="Whether the patient is pregnant."),
        click.option("--ferritin", type=Finite(*FACT_BOUNDS["ferritin_ug_per_l"]), help="Serum ferritin in ug/L (= ng/mL)."),
        click.option("--ferritin-date", type=DayType(), help="When ferritin was measured."),
        click.option("--tsat", type=Finite(*FACT_BOUNDS["tsat_percent"]), help="Transferrin saturation in percent."),
        click.option("--egfr", type=Finite(*FACT_BOUNDS["egfr"]), help="eGFR in mL/min/1.73 m2."),
        click.option("--dialysis/--no-dialysis", default=None, help="Whether the patient is on dialysis."),
        click.option("--rls/--no-rls", default=None, help="Whether restless legs syndrome is diagnosed."),
        click.option("--symptom-onset", type=PartialDateType(), help="When symptoms began or worsened: 2025, 2025-06 or 2025-06-14."),
        click.option(
            "--condition", "conditions", multiple=True, help="A condition, for example seizures, long-qt, glaucoma; may be repeated."
        ),
    ]
    for option in reversed((*options, *_augmentation_options())):
        command = option(command)
    return command


def _augmentation_options() -> list[Callable[..., Any]]:
    """What the augmentation part asks; an answer that is not given stays unknown."""
    answers = [
        (
            "--earlier-hours",
            Finite(*ANSWER_BOUNDS["earlier_hours"]),
            "By how many hours the symptoms begin earlier than when treatment went well; 0: not.",
        ),
        ("--quicker-at-rest/--not-quicker-at-rest", None, "Whether they come sooner at rest."),
        ("--stronger/--not-stronger", None, "Whether they are stronger than before treatment."),
        ("--spread/--not-spread", None, "Whether they spread to arms, trunk or elsewhere."),
        ("--shorter-relief/--not-shorter-relief", None, "Whether each dose helps for a shorter time."),
        ("--needs-more/--not-needs-more", None, "Whether more or earlier medicine is needed than first worked."),
        ("--paradoxical/--not-paradoxical", None, "Whether it got worse after a dose was raised or better after it was lowered."),
        ("--days-per-week", Finite(*ANSWER_BOUNDS["days_per_week"]), "On how many of the last seven days it was worse."),
        ("--other-cause/--no-other-cause", None, "Whether something else explains it."),
        ("--treatment-worked/--treatment-never-worked", None, "Whether the treatment worked well at first."),
        ("--asrs-total", Finite(*ANSWER_BOUNDS["asrs_total"]), "Total of the Augmentation Severity Rating Scale, if it was used."),
    ]
    options = [
        click.option("--indication", type=click.Choice(INDICATIONS), help="What the dopaminergic is taken for; asked, never assumed."),
        click.option("--prior-augmentation/--no-prior-augmentation", default=None, help="Augmentation on an earlier dopaminergic."),
    ]
    for name, kind, words in answers:
        options.append(click.option(name, default=None, help=words) if kind is None else click.option(name, type=kind, help=words))
    return options


def facts_from(formulary: Formulary, as_of: date, given: dict[str, Any]) -> PatientFacts:
    """Patient facts from the options; conditions are taken by key or by the words users name them with.

    Raises:
        InputError: an unknown condition, or a date after `as_of`.
    """
    from medcheck.domain import Answers, PatientFacts

    known = formulary.modifiers.conditions
    words = {w: key for key, c in known.items() for w in (*c.words, c.name.lower())}
    conditions = []
    for text in given["conditions"]:
        plain = " ".join(text.lower().replace("-", " ").replace("_", " ").split())
        key = plain.replace(" ", "_")
        found = key if key in known else words.get(plain) or words.get(text.lower())
        if found is None:
            raise InputError(f"--condition: not a condition that changes advice here; known are: {', '.join(sorted(known))}")
        conditions.append(found)
    onset = given["symptom_onset"]
    for name, day in (("--ferritin-date", given["ferritin_date"]), ("--symptom-onset", onset.earliest if onset else None)):
        if day is not None and day > as_of:
            raise InputError(f"{name} lies after {as_of.isoformat()}, the day the review is made for")
    return PatientFacts(
        age=given["age"],
        sex=given["sex"],
        pregnant=given["pregnant"],
        ferritin_ug_per_l=given["ferritin"],
        ferritin_date=given["ferritin_date"],
        tsat_percent=given["tsat"],
        egfr=given["egfr"],
        dialysis=given["dialysis"],
        rls_diagnosed=given["rls"],
        symptom_onset=onset,
        conditions=tuple(dict.fromkeys(conditions)),
        indication=given["indication"],
        prior_augmentation=given["prior_augmentation"],
        answers=Answers(**{name: given[name] for name in Answers.__match_args__}),
    )


def decoded(file: BinaryIO, limit: int) -> tuple[str, str]:
    """The text of a file and a note on its encoding.

    Raises:
        InputError: too large, binary, or in no encoding that can be told.
    """
    raw = file.read(limit + 1)
    if len(raw) > limit:
        raise InputError(f"the list is larger than {limit} bytes, the most that is read at once; split it, or set MEDCHECK_MAX_LIST_BYTES")
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            try:
                return raw.decode(encoding), ""
            except UnicodeDecodeError as error:
                raise InputError(f"the file says it is {encoding} but is not, at byte {error.start}; save it as UTF-8") from error
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if b"\0" in raw:
            raise InputError("the file is binary, not text; export the list as plain text or CSV") from error
        try:
            return raw.decode("cp1252"), "the text is not UTF-8; it was read as Windows-1252: check accented letters"
        except UnicodeDecodeError:
            raise InputError(f"the text is neither UTF-8 nor Windows-1252 (byte {error.start}); save it as UTF-8") from error
    if text.count("\0") > max(2, len(text) // 100):
        raise InputError("the file is binary, not text; export the list as plain text or CSV")
    return text, ""


def width() -> int:
    """Columns to wrap at: those of the terminal within bounds, 110 in a pipe."""
    if not sys.stdout.isatty():
        return 110
    import shutil

    return max(60, min(140, shutil.get_terminal_size((110, 24)).columns))


def print_rich(text: str) -> None:
    """Headings and tiers stand out on a terminal; without rich (an extra) the text is printed as it is."""
    try:
        from rich.console import Console
        from rich.text import Text
    except ImportError:
        click.echo(text, nl=False)
        return
    console = Console(highlight=False, soft_wrap=True)
    for line in text.splitlines():
        styled = Text(line)
        if line and not line.startswith(" ") and line.split("   ")[0].isupper():
            styled.stylize("bold")
        styled.highlight_words(["A avoid if possible", "NOT RECOGNISED", "This is not an all-clear", "UNCONFIRMED"], style="bold red")
        styled.highlight_words(["B review if symptoms fit"], style="bold yellow")
        console.print(styled)


def print_text(text: str) -> None:
    """Print a page: styled on a terminal, as it is in a pipe."""
    if sys.stdout.isatty():
        print_rich(text)
    else:
        click.echo(text, nl=False)
