"""The command line: options, one call, one echo per command; exit codes as in docs/exit-codes.md. Heavy imports happen inside commands."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from medcheck.cli.common import (
    DayType,
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
from medcheck.errors import InputError, MedcheckError
from medcheck.version import VERSION

if TYPE_CHECKING:
    from medcheck.domain import Review
    from medcheck.matching import NameIndex
    from medcheck.settings import Settings


class _Group(click.Group):
    """Turns medcheck's own errors into a message and the exit code of their class; loads the augmentation commands when asked for them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), "augmentation"})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "augmentation":
            from medcheck.cli.augmentation import augmentation

            return augmentation
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MedcheckError as error:
            click.echo(f"medcheck: {error}", err=True)
            ctx.exit(error.exit_code)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(VERSION, prog_name="medcheck")
def main() -> None:
    """Find medicines that can worsen restless legs in a medication list, with evidence. It informs, it does not order."""


def run() -> None:
    """The installed command: `main`, but it leaves without taking down what it loaded, which the end of the process does anyway."""
    code: object = 0
    try:
        main()
    except SystemExit as leaving:
        code = leaving.code
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # the reader of the pipe has gone
        code = code or 1
    os._exit(code if isinstance(code, int) else 1 if code else 0)


# ---- review ------------------------------------------------------------------------------------------------------------
@main.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv", "markdown"]), default="table", show_default=True)
@click.option("--as-of", type=DayType(), help="The day the review is made for; today when not given.")
@click.option(
    "--fail-on",
    type=click.Choice(["A", "B", "C"], case_sensitive=False),
    help="Exit 1 for a flag of this tier or above, or anything unread.",
)
@click.option(
    "--region", type=click.Choice(["us", "uk"]), help="Whose abbreviations are meant where they differ; MEDCHECK_REGION otherwise."
)
@click.option("--references", is_flag=True, help="Print the references in full (table).")
@click.option("--full", is_flag=True, help="Print all evidence and options of every flag (table).")
@fact_options
@click.pass_context
def review(
    ctx: click.Context,
    /,
    file: BinaryIO,
    form: str,
    as_of: date | None,
    fail_on: str | None,
    region: str | None,
    references: bool,
    full: bool,
    **given: Any,
) -> None:
    """Review the medication list in FILE, or on standard input."""
    gc.disable()  # one short process: collecting the values that are loaded once only costs time
    from medcheck.reviewing import Limits, review_text

    settings = settings_now()
    limits = Limits(settings.max_line_chars, settings.max_mention_chars, settings.max_list_lines, settings.max_list_bytes)
    text, note = decoded(file, limits.max_list_bytes)
    formulary = the_formulary(settings)
    day = as_of or today()
    facts = facts_from(formulary, day, given)
    result = review_text(text, facts, formulary, the_vocabulary(settings), day, limits=limits, region=region or settings.region)
    if note:
        click.echo(f"medcheck: {note}", err=True)
    _show(result, form, references=references, full=full)
    if fail_on is not None and _fails(result, fail_on.upper()):
        ctx.exit(1)


def _show(result: Review, form: str, *, references: bool, full: bool) -> None:
    if form == "json":
        from medcheck.rendering.plain import as_dict

        # A line for each part: the encoder that indents is a slow one.
        parts = (f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in as_dict(result).items())
        click.echo("{\n" + ",\n".join(parts) + "\n}")
    elif form == "csv":
        from medcheck.rendering.comma import as_csv

        click.echo(as_csv(result), nl=False)
    elif form == "markdown":
        from medcheck.rendering.markdown import as_markdown

        click.echo(as_markdown(result), nl=False)
    else:
        from medcheck.rendering.table import as_table

        print_text(as_table(result, width=width(), references=references, full=full))


def _fails(result: Review, tier: str) -> bool:
    worst = any(f.tier.value <= tier for f in result.flags)
    return worst or bool(result.summary.unread) or bool(result.summary.to_confirm) or not result.statements


# ---- match and sig -----------------------------------------------------------------------------------------------------
def _input_lines() -> Iterator[str]:
    """Lines of standard input, without their ends; undecodable bytes become replacement characters, so no line is lost."""
    for raw in sys.stdin.buffer:
        yield raw.decode("utf-8", errors="replace").rstrip("\r\n")


def _cut(settings: Settings) -> str:
    return f"only the first {settings.max_line_chars} characters were read"


@main.command()
@click.option("--json", "--jsonl", "as_json", is_flag=True, help="One JSON object per line.")
@click.option("--explain", "explained", is_flag=True, help="Say why each piece was read so: candidates, scores, what decided or vetoed.")
@click.option(
    "--unread", "unread", is_flag=True, help="Instead: the words that were not understood, the commonest first, with what is near."
)
@click.option("--top", type=click.IntRange(1), default=50, show_default=True, help="How many words --unread prints.")
def match(as_json: bool, explained: bool, unread: bool, top: int) -> None:
    """Read one drug text per line of standard input; print one answer per line, in the same order."""
    from medcheck.rendering.plain import match_as_dict
    from medcheck.reviewing import match_text, prepare

    settings = settings_now()
    tools = prepare(the_formulary(settings), the_vocabulary(settings), settings.region)
    index = tools.index
    if unread:
        _report_unread((line[: settings.max_line_chars] for line in _input_lines()), index, top, as_json)
        return
    for line in _input_lines():
        text = line[: settings.max_line_chars]
        found = match_text(text, tools)
        shown = match_as_dict(found)
        if len(line) > settings.max_line_chars:
            shown["note"] = _cut(settings)
        if as_json:
            if explained:
                from medcheck.rendering.explained import explained_as_dicts

                shown["explanation"] = explained_as_dicts(text, index)
            echo_json(shown, indent=None)
            continue
        names = ", ".join(found.ingredients) or found.name or "-"
        others = "; ".join(f"{r.name} {r.score:.2f}" for r in found.other_readings[:3])
        click.echo(
            "\t".join((names, found.outcome.value, found.method.value, f"{found.score:.2f}", found.question or shown["note"] or others))
        )
        if explained:
            from medcheck.rendering.explained import explained_lines

            for told in explained_lines(text, index):
                click.echo(f"    {told}")


def _report_unread(lines: Iterator[str], index: NameIndex, top: int, as_json: bool) -> None:
    from medcheck.matching.explaining import unread_words
    from medcheck.rendering.explained import candidates_as_dicts, candidates_in_words

    for u in unread_words(lines, index)[:top]:
        if as_json:
            near = candidates_as_dicts(u.candidates)
            echo_json({"count": u.count, "text": u.word, "how": u.how, "reason": u.reason, "candidates": near}, indent=None)
        else:
            click.echo("\t".join((str(u.count), u.word, u.how, candidates_in_words(u.candidates) or u.reason)))


@main.command()
@click.option("--json", "--jsonl", "as_json", is_flag=True, help="One JSON object per line.")
@click.option("--region", type=click.Choice(["us", "uk"]), help="Whose abbreviations are meant where they differ.")
def sig(as_json: bool, region: str | None) -> None:
    """Read one dose instruction per line of standard input; print one answer per line, in the same order."""
    from medcheck.rendering.plain import dosage_as_dict
    from medcheck.reviewing import prepare, read_sig

    settings = settings_now()
    tools = prepare(the_formulary(settings), the_vocabulary(settings), region or settings.region)
    for line in _input_lines():
        dosage = read_sig(line[: settings.max_line_chars], tools)
        shown = dosage_as_dict(dosage)
        if len(line) > settings.max_line_chars:
            shown["reason"] = "; ".join(x for x in (shown["reason"], _cut(settings)) if x)
        if as_json:
            echo_json(shown, indent=None)
        else:
            low, high = shown["daily_dose_mg_min"], shown["daily_dose_mg_max"]
            daily = "-" if high is None else f"{high} mg/day" if low in (None, high) else f"{low}-{high} mg/day"
            times = "-" if shown["doses_per_day"] is None else f"{shown['doses_per_day']}/day"
            click.echo("\t".join((daily, times, shown["route"] or "-", "as needed" if shown["as_needed"] else "regular", shown["reason"])))


# ---- formulary ---------------------------------------------------------------------------------------------------------
@main.group()
def formulary() -> None:
    """Look at and check the curated data."""


@formulary.command("check")
@click.argument("directory", type=click.Path(path_type=Path), required=False)
def formulary_check(directory: Path | None) -> None:
    """Validate every data file; exit 3 and list every problem when something is wrong."""
    from medcheck.formulary import compile_directory, formulary_directory
    from medcheck.formulary.load import parse

    if directory is not None and not directory.is_dir():
        raise InputError(f"{directory} is no directory")
    source = formulary_directory(directory or settings_now().formulary_dir)
    loaded = parse(compile_directory(source))
    tiers: dict[str, int] = {}
    for entry in loaded.ingredients.values():
        tiers[entry.tier.value] = tiers.get(entry.tier.value, 0) + 1
    click.echo(
        f"formulary {loaded.version} ({loaded.sha256[:12]}) is valid: "
        f"{len(loaded.ingredients)} ingredients in {len(loaded.classes)} classes,"
    )
    click.echo(
        f"{len(loaded.names)} names, {len(loaded.references)} references; "
        f"by tier: {', '.join(f'{t} {n}' for t, n in sorted(tiers.items()))}"
    )
    click.echo("clinically reviewed" if loaded.clinically_reviewed else "not yet clinically reviewed (checked_by is empty)")


@formulary.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True)
def formulary_show(name: str, as_json: bool) -> None:
    """Show one ingredient by any of its names: tier, evidence, brands, alternatives, sources."""
    from medcheck.rendering.entry import entry_as_dict, entry_as_text
    from medcheck.text import normalise_name

    loaded = the_formulary(settings_now())
    found = loaded.names.get(normalise_name(name))
    names = [i for i in (found.ingredients if found else (name,)) if i in loaded.ingredients]
    if not names:
        raise InputError(f"nothing of that name is in the formulary; try: medcheck formulary search {name[:20]!r}")
    if as_json:
        entries = [entry_as_dict(ingredient, loaded) for ingredient in names]
        echo_json(entries[0] if len(entries) == 1 else entries)
        return
    for ingredient in names:
        click.echo(entry_as_text(ingredient, loaded), nl=False)


@formulary.command("search")
@click.argument("text")
def formulary_search(text: str) -> None:
    """List names that contain TEXT, each with its ingredients and tier."""
    from medcheck.text import normalise_name

    loaded = the_formulary(settings_now())
    wanted = normalise_name(text)
    hits = [(k, n) for k, n in loaded.names.items() if wanted and wanted in k]
    for key, name in hits:
        tiers = [loaded.ingredients[i].tier.value for i in name.ingredients if i in loaded.ingredients]
        click.echo(f"{key}\t{', '.join(name.ingredients)}\t{name.kind}\t{', '.join(tiers) or 'not in the formulary'}")
    if not hits:
        raise InputError("no name contains that text")


@formulary.command("due")
@click.option("--as-of", type=DayType(), help="Today when not given.")
def formulary_due(as_of: date | None) -> None:
    """List the data files by the date of their next review; those that are due are marked."""
    loaded = the_formulary(settings_now())
    day = as_of or today()
    for file, due in sorted(loaded.reviews_due, key=lambda x: (x[1], x[0])):
        click.echo(f"{due.isoformat()}\t{'DUE' if due <= day else 'later'}\t{file}")


@formulary.command("schema")
@click.option("--write", type=click.Path(path_type=Path), help="Write it to this file instead of printing it.")
def formulary_schema(write: Path | None) -> None:
    """Print the JSON Schema of the data files, generated from the one schema that checks them."""
    from medcheck.formulary.schema import json_schema

    text = json.dumps(json_schema(), indent=1, sort_keys=True) + "\n"
    if write is not None:
        try:
            write.write_text(text, encoding="utf-8")
        except OSError as error:
            raise InputError(f"{write}: cannot be written ({error.strerror})") from error
    else:
        click.echo(text, nl=False)


# ---- vocabulary --------------------------------------------------------------------------------------------------------
@main.group()
def vocabulary() -> None:
    """Look at and extend the background list of drug names."""


@vocabulary.command("info")
@click.option("--json", "as_json", is_flag=True)
def vocabulary_info(as_json: bool) -> None:
    """Tell the sources, dates, counts and codes of the background vocabulary."""
    from medcheck.vocabulary import info, overruled_aliases

    settings = settings_now()
    told = info(the_vocabulary(settings), overruled_aliases(settings, the_formulary(settings)))
    if as_json:
        echo_json(told)
        return
    for key, value in told.items():
        if key == "sources":
            for source in value:
                what = f"{source['names']} names, {source['codes']} codes" if source["codes"] else f"{source['names']} names"
                kind = f", imported as {source['kind']}" if source["kind"] else ""
                dated = f"{source['name']} {source['version']} ({source['date'] or 'no date'})"
                click.echo(f"source: {dated}, {what}, sha256 {source['sha256'][:12] or 'not told'}{kind}")
        elif key == "overruled_aliases":
            if value:
                click.echo(f"aliases that the formulary reads otherwise by now (its reading counts): {', '.join(value)}")
        elif key == "codes":
            click.echo(f"codes: {', '.join(f'{system} {count}' for system, count in sorted(value.items())) or 'none'}")
        else:
            click.echo(f"{key}: {value}")


_KINDS = click.Choice(["rxnorm", "ndc", "dmd", "aliases"])


@vocabulary.command("import")
@click.argument("kind", type=_KINDS)
@click.argument("path", type=click.Path(path_type=Path))
def vocabulary_import(kind: str, path: Path) -> None:
    """Add a release that was downloaded, or names of your own, to this site's vocabulary.

    KIND is rxnorm (RRF zip or folder), ndc (the FDA's zip or its product.txt), dmd (NHS dm+d XML, zip or folder) or aliases (a CSV file of
    this site's own names and codes). An earlier import of the same kind is replaced.
    """
    from medcheck.vocabulary import keep_release, read_release

    settings = settings_now()
    try:
        release = read_release(kind, path, settings, the_formulary(settings) if kind == "aliases" else None)
    except InputError as error:
        for where, messages in error.messages.items():
            for message in messages:
                click.echo(f"medcheck: {where}: {message}" if where.startswith("line ") else f"medcheck: {message}", err=True)
        raise
    source = keep_release(kind, release, settings)
    click.echo(f"imported {source.name} {source.version}: {source.names} names, {source.codes} codes, dated {source.date or 'not told'}")
    click.echo(f"  sha256: {source.sha256}")
    for what, count in sorted(release.counts.items()):
        click.echo(f"  {what}: {count}")
    for problem in release.problems:
        click.echo(f"medcheck: {problem}", err=True)


@vocabulary.command("remove")
@click.argument("kind", type=_KINDS)
def vocabulary_remove(kind: str) -> None:
    """Take an import back: rxnorm, ndc, dmd or aliases."""
    from medcheck.vocabulary import remove_release

    source = remove_release(kind, settings_now())
    click.echo(f"removed {source.name} {source.version}: {source.names} names, {source.codes} codes")
