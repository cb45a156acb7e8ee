"""`medcheck review` as it is typed: formats, facts, exit codes, input that cannot be used, and what a start loads."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from medcheck.rendering.table import as_table
from medcheck.schemas import ReviewSchema

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").iterdir())
DAY = ("--as-of", "2026-11-22")
Run = Callable[..., Result]


def _json(result: Result) -> dict[str, object]:
    assert result.exit_code == 0, result.output
    loaded = json.loads(result.stdout)
    assert ReviewSchema().load(loaded) == loaded
    return loaded  # type: ignore[no-any-return]


def _flags(told: dict[str, object]) -> list[str]:
    return [f["ingredient"] for f in told["flags"]]  # type: ignore[attr-defined]


# ---- input and formats -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_a_file_and_standard_input_have_the_same_answer(path: Path, run: Run) -> None:
    from_file = run("review", str(path), *DAY)
    assert from_file.exit_code == 0
    assert run("review", "-", *DAY, input=path.read_bytes()).stdout == from_file.stdout
    assert run("review", *DAY, input=path.read_bytes()).stdout == from_file.stdout


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_every_format_of_every_example(path: Path, form: str, run: Run) -> None:
    result = run("review", str(path), "--format", form, *DAY)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "\x1b" not in result.stdout
    assert result.stdout.endswith("\n")
    assert not result.stdout.endswith("\n\n")
    if form == "json":
        _json(result)
    elif form == "csv":
        assert list(csv.DictReader(io.StringIO(result.stdout)))


def test_table_is_the_default_and_full_and_references_show_more(run: Run) -> None:
    plain, full, cited = (run("review", *DAY, *more, input="sertraline 50 mg").stdout for more in ((), ("--full",), ("--references",)))
    assert plain == run("review", *DAY, "--format", "table", input="sertraline 50 mg").stdout
    assert len(full) > len(plain)
    assert "\nREFERENCES\n" in cited
    assert "--references prints them" in plain


def test_the_day_is_today_when_not_given(run: Run) -> None:
    told = _json(run("review", "--format", "json", input="Mirapex 0.25 mg 2015-2017"))
    assert str(told["as_of"]) >= "2026"


def test_all_facts_are_echoed(run: Run) -> None:
    given = (
        "--age 44 --sex female --pregnant --ferritin 38.5 --ferritin-date 2026-09-01 --tsat 18 --egfr 70 --no-dialysis --rls"
        " --symptom-onset 2026-06 --condition epilepsy --condition long-qt --condition Seizures"
        " --indication rls --no-prior-augmentation --earlier-hours 2.5 --quicker-at-rest --not-stronger --spread --not-shorter-relief"
        " --needs-more --not-paradoxical --days-per-week 6 --no-other-cause --treatment-worked --asrs-total 7"
    )
    result = run("review", "--format", "json", *DAY, *given.split(), input="sertraline 50 mg")
    assert _json(result)["facts"] == {
        "age": 44,
        "sex": "female",
        "pregnant": True,
        "ferritin_ug_per_l": 38.5,
        "ferritin_date": "2026-09-01",
        "tsat_percent": 18.0,
        "egfr": 70.0,
        "dialysis": False,
        "rls_diagnosed": True,
        "symptom_onset": {"earliest": "2026-06-01", "latest": "2026-06-30", "text": "2026-06"},
        "conditions": ["seizures", "long_qt"],
        "indication": "rls",
        "prior_augmentation": False,
        "answers": {
            "earlier_hours": 2.5,
            "quicker_at_rest": True,
            "stronger": False,
            "spread": True,
            "shorter_relief": False,
            "needs_more": True,
            "paradoxical": False,
            "days_per_week": 6,
            "other_cause": False,
            "treatment_worked": True,
            "asrs_total": 7,
        },
    }


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("long qt", "long_qt"),
        ("LONG_QT", "long_qt"),
        ("parkinson's disease", "parkinsons_disease"),
        ("binge eating disorder", "eating_disorder"),
    ],
)
def test_a_condition_is_known_by_key_or_words(words: str, key: str, run: Run) -> None:
    told = _json(run("review", "--format", "json", "--condition", words, input="sertraline"))
    assert told["facts"]["conditions"] == [key]  # type: ignore[index]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--condition", "moon sickness"), "known are: adhd,"),
        (("--symptom-onset", "2027"), "--symptom-onset lies after 2026-11-22"),
        (("--ferritin-date", "2026-11-23"), "--ferritin-date lies after 2026-11-22"),
        (("--ferritin", "-1"), "--ferritin"),
        (("--tsat", "101"), "--tsat"),
        (("--age", "131"), "--age"),
        (("--age", "x"), "--age"),
        (("--symptom-onset", "last summer"), "--symptom-onset"),
        (("--ferritin-date", "1/2/2026"), "yyyy-mm-dd"),
        (("--sex", "x"), "--sex"),
        (("--format", "pdf"), "--format"),
        (("--fail-on", "N"), "--fail-on"),
        (("no-such-file.txt",), "no-such-file.txt"),
    ],
)
def test_wrong_options_are_exit_2_with_a_reason(arguments: tuple[str, ...], words: str, run: Run) -> None:
    result = run("review", *DAY, *arguments, input="sertraline 50 mg")
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


def test_a_region_settles_an_abbreviation(run: Run) -> None:
    told = _json(run("review", "--region", "uk", "--format", "json", input="amitriptyline 10mg 1 on"))
    assert told["statements"][0]["dosage"]["daily_dose_mg_max"] == 10  # type: ignore[index]


# ---- exit codes --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "tier", "code"),
    [
        ("quetiapine 25 mg", None, 0),
        ("quetiapine 25 mg", "A", 1),
        ("quetiapine 25 mg", "C", 1),
        ("quetiapine 25 mg", "a", 1),
        ("sertraline 50 mg", "A", 0),
        ("sertraline 50 mg", "B", 1),
        ("sertraline 50 mg", "c", 1),
        ("nortriptyline 10 mg", "B", 0),
        ("nortriptyline 10 mg", "C", 1),
        ("gabapentin 300 mg", "C", 0),
        ("gabapentin 300 mg\nqqzzvv", "A", 1),
        ("gabapentin 300 mg\nqqzzvv", None, 0),
        ("gabapentin 300 mg\nUnisom", "A", 1),
        ("trial of gabapentin", "A", 1),
        ("BP 120/70", "A", 1),
        ("BP 120/70", None, 0),
        ("stopped quetiapine in 2020", "C", 0),
    ],
)
def test_fail_on(text: str, tier: str | None, code: int, run: Run) -> None:
    result = run("review", *DAY, *(("--fail-on", tier) if tier else ()), input=text)
    assert result.exit_code == code
    assert result.stdout, "the review is printed whatever the code"


# ---- input that cannot be used -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b" \n\t\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff", "binary, not text"),
        (b"abc\0def\0ghi\0jkl", "binary, not text"),
        (b"\x7fELF" + b"\0" * 60, "binary, not text"),
        (b"\xff\xfe\x00\xd8\x41\x00", "says it is utf-16 but is not"),
        (b"\xef\xbb\xbfsertraline \xff", "says it is utf-8-sig but is not"),
        (b"sertraline \x81\x8d caf\xe9", "neither UTF-8 nor Windows-1252"),
        (b"sertraline\n" * 10_001, "more than the 10000"),
        (b"x" * 1_048_577, "larger than 1048576 bytes"),
    ],
    ids=[
        "nothing",
        "blank",
        "BOM only",
        "PNG",
        "NULs",
        "ELF",
        "bad UTF-16",
        "bad UTF-8",
        "no encoding",
        "10,001 lines",
        "1 MiB and a byte",
    ],
)
def test_input_that_cannot_be_used_is_exit_2(raw: bytes, words: str, run: Run) -> None:
    result = run("review", input=raw)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert result.stderr.startswith("medcheck: ")
    assert result.stderr.count("\n") == 1
    assert "sertraline" not in result.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_that_say_what_they_are(encoding: str, run: Run) -> None:
    result = run("review", "--format", "json", *DAY, input="Séroquel 25 mg\nZoloft 50 mg".encode(encoding))
    assert _flags(_json(result)) == ["quetiapine", "sertraline"]
    assert result.stderr == ""


def test_windows_1252_is_read_with_a_note(run: Run) -> None:
    result = run("review", "--format", "json", *DAY, input="Séroquel 25 mg – nocte".encode("cp1252"))
    assert _flags(_json(result)) == ["quetiapine"]
    assert "read as Windows-1252: check accented letters" in result.stderr


def test_a_stray_nul_hides_nothing(run: Run) -> None:
    told = _json(run("review", "--format", "json", *DAY, input=b"sertraline\0 50 mg\nquetiapine 25 mg"))
    assert _flags(told) == ["quetiapine", "sertraline"]


def test_ten_thousand_lines_are_read(run: Run) -> None:
    result = run("review", "--format", "json", *DAY, input="gabapentin 300 mg tds\n" * 9_998 + "sertraline 50 mg\nqqzzvv")
    told = _json(result)
    assert told["summary"]["statements"] == 9_999  # type: ignore[index]
    assert _flags(told) == ["sertraline"]
    assert [r["line"] for r in told["unrecognised"]] == [10_000]  # type: ignore[attr-defined]


@pytest.mark.parametrize("filler", ["x", "sertraline ", "a b ", "1 ", "((((", "mg 5 "])
def test_a_line_of_a_megabyte_is_cut_and_told(filler: str, run: Run) -> None:
    text = "quetiapine 25 mg " + filler * (1_000_000 // len(filler))
    told = _json(run("review", "--format", "json", *DAY, input=text))
    assert "quetiapine" in _flags(told)
    assert any("longer than 5000 characters" in r["reason"] for r in told["unrecognised"])  # type: ignore[attr-defined]
    assert told["summary"]["all_clear"] is False  # type: ignore[index]


def test_limits_are_settings(run: Run) -> None:
    assert run("review", input="sertraline\n" * 3, env={"MEDCHECK_MAX_LIST_LINES": "2"}).exit_code == 2
    assert run("review", input="sertraline", env={"MEDCHECK_MAX_LIST_BYTES": "9"}).exit_code == 2
    told = _json(run("review", "--format", "json", input="sertraline " * 30, env={"MEDCHECK_MAX_LINE_CHARS": "100"}))
    assert "longer than 100 characters" in told["unrecognised"][0]["reason"]  # type: ignore[index]
    assert run("review", input="sertraline", env={"MEDCHECK_MAX_LIST_LINES": "many"}).exit_code == 2


# ---- a process ---------------------------------------------------------------------------------------------------------
def _process(*arguments: str, text: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        input=text,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
        env={**os.environ, **env},
    )


HEAVY = {"flask", "sqlmodel", "sqlalchemy", "alembic", "pydantic", "marshmallow", "numpy", "matplotlib", "scipy", "rich"}


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
def test_a_review_loads_nothing_heavy(form: str) -> None:
    code = (
        "import sys; from medcheck.cli import main\n"
        f"try: main(['review', '--format', '{form}', '--ferritin', '40', '--condition', 'seizures'])\n"
        "finally: print(*sorted({m.split('.')[0] for m in sys.modules}), file=sys.stderr)\n"
    )
    done = _process("-c", code, text="sertraline 50 mg\nquetiepine 25 mg\nqqzzvv")
    assert done.returncode == 0, done.stderr
    assert "quetiapine" in done.stdout
    loaded = set(done.stderr.split())
    assert {"click", "medcheck", "rapidfuzz"} <= loaded
    assert not loaded & HEAVY


def test_a_pipe_has_no_colour_codes_even_when_asked_to() -> None:
    done = _process("-m", "medcheck", "review", *DAY, str(EXAMPLES[0]), FORCE_COLOR="1", CLICOLOR_FORCE="1", TERM="xterm-256color")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "WHAT MAY WORSEN" in done.stdout


def test_an_ascii_terminal_is_no_crash() -> None:
    done = _process("-m", "medcheck", "review", *DAY, "-", text="Séroquel 25 mg", PYTHONIOENCODING="utf-8", LC_ALL="C")
    assert done.returncode == 0, done.stderr
    assert "quetiapine" in done.stdout


def test_a_terminal_shows_the_same_words_with_colour(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What rich prints on a terminal is the table, styled; without rich it is the table."""
    import medcheck
    from medcheck.cli.common import print_rich

    text = as_table(medcheck.review_text("sertraline 50 mg\nqqzzvv"))
    print_rich(text)
    assert capsys.readouterr().out == text
    monkeypatch.setitem(sys.modules, "rich.console", None)
    print_rich(text)
    assert capsys.readouterr().out == text
