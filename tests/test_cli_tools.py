"""The commands beside review: one answer per line in order, JSON as promised, exit codes, and never a traceback."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medcheck.domain import Formulary, Outcome
from medcheck.settings import default_formulary_dir
from medcheck.version import VERSION

Run = Callable[..., Result]
REAL = default_formulary_dir()

MATCH_KEYS = ["ingredients", "method", "name", "note", "other_readings", "outcome", "question", "score"]
SIG_KEYS = [
    *("as_needed", "daily_dose_mg_max", "daily_dose_mg_min", "dose_max", "dose_min", "doses_per_day", "doses_per_day_min"),
    *("reason", "route", "strengths_mg", "timing", "unit"),
]


def _json_lines(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


# ---- match -------------------------------------------------------------------------------------------------------------
LINES = [
    "Zoloft 50 mg",
    "",
    "metformin 500 bd",
    "   ",
    "xqzvbn",
    "Unisom",
    "\t",
    "quetiepine 25",
    "carbidopa/levodopa 25-100",
    "½ ½",
    "Zoloft 50 mg",
]


def test_match_answers_every_line_in_order(run: Run) -> None:
    found = _json_lines(run("match", "--json", input="\n".join(LINES) + "\n"))
    assert [(f["outcome"], f["ingredients"]) for f in found] == [
        ("ingredient", ["sertraline"]),
        ("unrecognised", []),
        ("known_drug", ["metformin"]),
        ("unrecognised", []),
        ("unrecognised", []),
        ("question", []),
        ("unrecognised", []),
        ("ingredient", ["quetiapine"]),
        ("ingredient", ["carbidopa", "levodopa"]),
        ("unrecognised", []),
        ("ingredient", ["sertraline"]),
    ]
    assert {tuple(sorted(f)) for f in found} == {tuple(MATCH_KEYS)}
    assert found[0] == {
        "outcome": "ingredient",
        "ingredients": ["sertraline"],
        "method": "exact",
        "score": 1.0,
        "name": "zoloft",
        "other_readings": [],
        "question": "",
        "note": "",
    }


def test_match_as_text_has_one_line_of_five_columns_each(run: Run) -> None:
    result = run("match", input="\n".join(LINES) + "\n")
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert len(rows) == len(LINES)
    assert {len(r) for r in rows} == {5}
    assert rows[0][:4] == ["sertraline", "ingredient", "exact", "1.00"]
    assert rows[1][:4] == ["-", "unrecognised", "none", "0.00"]
    assert rows[5][0] == "Unisom"
    assert rows[5][4].endswith("?") or "Unisom" in rows[5][4]


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize("command", ["match", "sig"])
@pytest.mark.parametrize(
    ("data", "answers"),
    [
        pytest.param(b"", 0, id="nothing"),
        pytest.param(b"\n", 1, id="one-empty-line"),
        pytest.param(b"\n\n\n", 3, id="empty-lines"),
        pytest.param(b"Zoloft 50 mg daily", 1, id="no-newline-at-the-end"),
        pytest.param(b"Zoloft\r\n\r\nReglan\r\n", 3, id="windows-line-ends"),
        pytest.param(b"\xff\xfe\xfa\nZoloft\n", 2, id="no-utf-8"),
        pytest.param(b"Zo\x00loft\n\x1b[31mred\n\x0c\n", 3, id="control-characters"),
        pytest.param("sertraline\u2028prozac\u2029x\x85y\n".encode(), 1, id="other-line-separators"),
        pytest.param(b"\xed\xa0\x80 Zoloft\n", 1, id="lone-surrogate"),
        pytest.param("\u202eZoloft\u202c \u200b\n".encode(), 1, id="direction-marks"),
        pytest.param(b"a" * 200_000 + b"\nZoloft\n", 2, id="very-long-line"),
        pytest.param(b"(((((\n)))))\n/\n-\n%s%n\n{}\n", 6, id="signs"),
    ],
)
def test_no_line_is_lost(run: Run, command: str, options: list[str], data: bytes, answers: int) -> None:
    result = run(command, *options, input=data)
    assert result.exit_code == 0
    assert result.stdout.count("\n") == answers
    if options:
        assert all(isinstance(json.loads(line), dict) for line in result.stdout.split("\n") if line)


def test_match_says_when_a_line_was_cut(run: Run) -> None:
    data = "x " * 20 + "Zoloft\nZoloft\n"
    long, short = _json_lines(run("match", "--json", input=data, env={"MEDCHECK_MAX_LINE_CHARS": "30"}))
    assert (long["outcome"], long["note"]) == ("unrecognised", "only the first 30 characters were read")
    assert (short["outcome"], short["note"]) == ("ingredient", "")


def test_match_shows_other_readings_as_text(run: Run) -> None:
    line = run("match", input="clozidine\n").stdout
    assert "clonidine or clozapine" in line
    near = _json_lines(run("match", "--json", input="chlorproazine\n"))[0]
    shown = run("match", input="chlorproazine\n").stdout.rstrip("\n").split("\t")[4]
    readings = near["other_readings"]
    assert isinstance(readings, list)
    assert shown == "; ".join(f"{r['name']} {r['score']:.2f}" for r in readings[:3])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_characters="\n\r", exclude_categories=("Cs",)), max_size=30), max_size=8))
def test_any_lines_have_as_many_answers(run: Run, lines: list[str]) -> None:
    data = "".join(f"{line}\n" for line in lines)
    for command in ("match", "sig"):
        assert len(_json_lines(run(command, "--json", input=data.encode()))) == len(lines)


# ---- sig ---------------------------------------------------------------------------------------------------------------
def test_sig_answers_every_line_in_order(run: Run) -> None:
    lines = ["Zoloft 50 mg PO bid", "", "xqzvbn", "10 mg q4-6h prn", "carbidopa/levodopa 25/100 1 tab tid"]
    found = _json_lines(run("sig", "--json", input="\n".join(lines) + "\n"))
    assert {tuple(sorted(f)) for f in found} == {tuple(SIG_KEYS)}
    assert [
        (f["daily_dose_mg_min"], f["daily_dose_mg_max"], f["doses_per_day_min"], f["doses_per_day"], f["as_needed"]) for f in found
    ] == [
        (100, 100, 2, 2, False),
        (None, None, None, None, False),
        (None, None, None, None, False),
        (40, 60, 4, 6, True),
        (300, 300, 3, 3, False),  # of a pair with levodopa the larger figure is levodopa
    ]
    assert [f["route"] for f in found] == ["PO", None, None, None, None]
    assert [f["reason"] == "" for f in found] == [True, False, False, True, True]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("50 mg po bd", ["100 mg/day", "2/day", "PO", "regular"]),
        ("10 mg q4-6h prn", ["40-60 mg/day", "6/day", "-", "as needed"]),
        ("one at night", ["-", "1/day", "-", "regular"]),
        ("", ["-", "-", "-", "regular"]),
    ],
)
def test_sig_as_text(run: Run, text: str, row: list[str]) -> None:
    found = run("sig", input=f"{text}\n").stdout.rstrip("\n").split("\t")
    assert found[:4] == row
    assert len(found) == 5


def test_region_decides_what_differs(run: Run) -> None:
    line = "1 drop od\n"
    uk = _json_lines(run("sig", "--json", "--region", "uk", input=line))
    us = _json_lines(run("sig", "--json", "--region", "us", input=line))
    assert uk != us
    assert (uk[0]["doses_per_day"], uk[0]["route"]) == (1, None)
    assert (us[0]["doses_per_day"], us[0]["route"]) == (None, "OPH")
    assert _json_lines(run("sig", "--json", input=line, env={"MEDCHECK_REGION": "uk"})) == uk
    assert _json_lines(run("sig", "--json", "--region", "us", input=line, env={"MEDCHECK_REGION": "uk"})) == us


# ---- formulary ---------------------------------------------------------------------------------------------------------
def test_formulary_check_tells_what_is_there(run: Run, formulary: Formulary) -> None:
    result = run("formulary", "check")
    assert result.exit_code == 0
    assert f"formulary {formulary.version} ({formulary.sha256[:12]}) is valid" in result.stdout
    assert f"{len(formulary.ingredients)} ingredients in {len(formulary.classes)} classes" in result.stdout
    assert "not yet clinically reviewed" in result.stdout


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real data with three mistakes."""
    directory = tmp_path_factory.mktemp("broken") / "formulary"
    shutil.copytree(REAL, directory)
    (directory / "mimics.toml").write_text("not = [toml", encoding="utf-8")
    for name, old, new in (
        ("classes/ssri.toml", 'strength = "weak"', 'strength = "huge"'),
        ("headings.csv", "source\n", "source\nshort\n"),
    ):
        file = directory / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return directory


def test_formulary_check_lists_every_problem(run: Run, broken: Path) -> None:
    result = run("formulary", "check", str(broken))
    assert (result.exit_code, result.stdout) == (3, "")
    assert "the formulary is invalid" in result.stderr
    for problem in (
        "mimics.toml: : not valid TOML",
        "classes/ssri.toml: ingredient.",
        "Must be one of",
        "headings.csv: line 2: the number of columns",
    ):
        assert problem in result.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["match"],
        ["sig"],
        ["formulary", "check"],
        ["formulary", "show", "zoloft"],
        ["formulary", "search", "zoloft"],
        ["formulary", "due"],
        ["review"],
    ],
    ids=" ".join,
)
def test_an_invalid_formulary_stops_every_command(run: Run, args: list[str], tmp_path: Path) -> None:
    (tmp_path / "formulary.toml").write_text("version = 9\n", encoding="utf-8")
    env = {"MEDCHECK_FORMULARY_DIR": str(tmp_path), "MEDCHECK_CACHE_DIR": str(tmp_path / "cache")}
    result = run(*args, input="Zoloft\n", env=env)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("medcheck: the formulary is invalid, ")
    assert "formulary.toml: version: Not a valid string" in result.stderr
    assert not (tmp_path / "cache").exists()


def test_a_formulary_that_is_not_there(run: Run, tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    as_setting = run("formulary", "show", "zoloft", env={"MEDCHECK_FORMULARY_DIR": nowhere})
    assert (as_setting.exit_code, as_setting.stdout) == (3, "")
    as_argument = run("formulary", "check", nowhere)
    assert as_argument.exit_code in (2, 3)
    assert as_argument.stdout == ""
    assert all(nowhere in r.stderr for r in (as_setting, as_argument))


@pytest.mark.parametrize("name", ["sertraline", "Zoloft", "LUSTRAL", "sertralina"])
def test_formulary_show_by_any_name(run: Run, name: str) -> None:
    result = run("formulary", "show", name)
    assert result.exit_code == 0
    assert result.stdout.startswith("sertraline   ")
    for part in ("B review if symptoms fit", "RxCUI 36437", "ATC N06AB06", "Zoloft", "not yet clinically reviewed", "\nReferences\n  [1] "):
        assert part in result.stdout
    assert max(len(line) for line in result.stdout.splitlines()) <= 110


def test_formulary_show_of_a_combination_shows_each(run: Run) -> None:
    result = run("formulary", "show", "Symbyax")
    assert "olanzapine   " in result.stdout
    assert "fluoxetine   " in result.stdout


def test_formulary_show_as_json(run: Run, formulary: Formulary) -> None:
    told = json.loads(run("formulary", "show", "Requip", "--json").stdout)
    assert (told["ingredient"], told["class"], told["tier"]) == ("ropinirole", "dopaminergic", "augmentation")
    assert told["clinically_reviewed"] is False
    cited = {k for part in ("evidence", "class_evidence") for e in told[part] for k in e["references"]}
    assert cited == set(told["references"])
    assert cited <= set(formulary.references)


def test_formulary_show_as_json_of_a_combination_is_one_list(run: Run) -> None:
    told = json.loads(run("formulary", "show", "Symbyax", "--json").stdout)
    assert sorted(x["ingredient"] for x in told) == ["fluoxetine", "olanzapine"]


def test_every_entry_can_be_shown(run: Run, formulary: Formulary) -> None:
    for name in list(formulary.ingredients)[::20]:
        assert run("formulary", "show", name).exit_code == 0, name


@pytest.mark.parametrize("name", ["metformin", "xqzvbn", "", "--", "Tylenol"])
def test_formulary_show_of_what_is_not_there(run: Run, name: str) -> None:
    result = run("formulary", "show", "--", name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "nothing of that name is in the formulary" in result.stderr


def test_formulary_search_lists_names_with_tier(run: Run) -> None:
    rows = [line.split("\t") for line in run("formulary", "search", "Tylenol P").stdout.splitlines()]
    assert ["tylenol pm", "paracetamol, diphenhydramine", "product", "A"] in rows
    assert all("tylenol p" in r[0] for r in rows)
    rows = [line.split("\t") for line in run("formulary", "search", "zoloft").stdout.splitlines()]
    assert ["zoloft", "sertraline", "brand", "B"] in rows
    assert all("zoloft" in r[0] for r in rows)


@pytest.mark.parametrize("text", ["xqzvbn", "", "--"])
def test_formulary_search_without_a_hit(run: Run, text: str) -> None:
    result = run("formulary", "search", "--", text)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no name contains that text" in result.stderr


def test_formulary_search_names_what_it_does_not_hold(run: Run) -> None:
    out = run("formulary", "search", "advil cold and sinus").stdout
    assert "advil cold and sinus\tibuprofen, pseudoephedrine\tproduct\tnot in the formulary" in out.splitlines()


@pytest.mark.parametrize(("as_of", "mark"), [("2026-11-22", "later"), ("2027-05-22", "DUE"), ("2030-01-01", "DUE")])
def test_formulary_due(run: Run, as_of: str, mark: str, formulary: Formulary) -> None:
    rows = [line.split("\t") for line in run("formulary", "due", "--as-of", as_of).stdout.splitlines()]
    assert len(rows) == len(formulary.reviews_due)
    assert rows == sorted(rows, key=lambda r: (r[0], r[2]))
    assert {r[1] for r in rows if r[0] == "2027-05-22"} == {mark}


def test_formulary_due_today(run: Run) -> None:
    assert run("formulary", "due").exit_code == 0


def test_formulary_schema_is_printed_or_written(run: Run, tmp_path: Path) -> None:
    printed = run("formulary", "schema")
    assert printed.exit_code == 0
    assert printed.stdout == (REAL / "schema.json").read_text(encoding="utf-8")
    file = tmp_path / "schema.json"
    assert run("formulary", "schema", "--write", str(file)).stdout == ""
    assert file.read_text(encoding="utf-8") == printed.stdout


def test_formulary_schema_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    result = run("formulary", "schema", "--write", str(tmp_path / "no" / "such" / "folder.json"))
    assert result.exit_code in (2, 4)
    assert "folder.json" in result.stderr


# ---- vocabulary --------------------------------------------------------------------------------------------------------
def test_vocabulary_info(run: Run) -> None:
    told = json.loads(run("vocabulary", "info", "--json").stdout)
    assert sorted(told) == [
        "codes",
        "ingredient_sets",
        "names",
        "names_with_ingredients",
        "overruled_aliases",
        "sha256",
        "sources",
        "words",
    ]
    assert told["names"] > 20_000
    assert told["sources"]
    assert told["codes"]["ndc"] > 90_000
    text = run("vocabulary", "info").stdout.splitlines()
    assert f"names: {told['names']}" in text
    assert sum(line.startswith("source: ") for line in text) == len(told["sources"])


NDC_COLUMNS = [
    *("PRODUCTTYPENAME", "PROPRIETARYNAME", "PROPRIETARYNAMESUFFIX", "NONPROPRIETARYNAME", "DOSAGEFORMNAME", "ROUTENAME"),
    *("STARTMARKETINGDATE", "MARKETINGCATEGORYNAME", "LABELERNAME", "SUBSTANCENAME", "NDC_EXCLUDE_FLAG"),
]


def _ndc(path: Path, *products: tuple[str, str]) -> Path:
    rows = [
        ["HUMAN PRESCRIPTION DRUG", brand, "", "", "TABLET", "ORAL", "20260102", "NDA", "Maker Inc", what, "N"] for brand, what in products
    ]
    path.write_text("\r\n".join("\t".join(r) for r in (NDC_COLUMNS, *rows)) + "\r\n", encoding="cp1252")
    return path


def test_an_imported_release_is_known_from_then_on(run: Run, tmp_path: Path) -> None:
    env = {"MEDCHECK_DATA_DIR": str(tmp_path / "data"), "MEDCHECK_CACHE_DIR": str(tmp_path / "cache")}
    before = _json_lines(run("match", "--json", input="Qwertavix\n", env=env))
    assert before[0]["outcome"] == Outcome.UNRECOGNISED.value
    file = _ndc(tmp_path / "product.txt", ("Qwertavix", "METFORMIN HYDROCHLORIDE"), ("Qwertazol", "SERTRALINE HYDROCHLORIDE"))
    result = run("vocabulary", "import", "ndc", str(file), env=env)
    assert result.exit_code == 0
    assert result.stdout.startswith("imported FDA NDC directory ")
    assert "dated 2026-01-02" in result.stdout
    after = _json_lines(run("match", "--json", input="Qwertavix\nQwertazol\n", env=env))
    assert [(a["outcome"], a["ingredients"]) for a in after] == [("known_drug", ["metformin"]), ("ingredient", ["sertraline"])]
    sources = json.loads(run("vocabulary", "info", "--json", env=env).stdout)["sources"]
    assert "FDA NDC directory" in [s["name"] for s in sources]


@pytest.mark.parametrize("kind", ["rxnorm", "ndc"])
@pytest.mark.parametrize(
    "make",
    [lambda d: d / "nowhere.zip", lambda d: d, lambda d: _bytes(d / "x.zip", b"PK\x03\x04junk"), lambda d: _bytes(d / "product.txt", b"")],
    ids=["missing", "empty-folder", "damaged-zip", "empty-file"],
)
def test_a_release_that_cannot_be_read(run: Run, kind: str, make: Callable[[Path], Path], tmp_path: Path) -> None:
    data = tmp_path / "data"
    (tmp_path / "in").mkdir()
    result = run("vocabulary", "import", kind, str(make(tmp_path / "in")), env={"MEDCHECK_DATA_DIR": str(data)})
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("medcheck: ")
    assert not data.exists()


def _bytes(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_release_that_cannot_be_kept(run: Run, tmp_path: Path) -> None:
    file = _ndc(tmp_path / "product.txt", ("Qwertavix", "METFORMIN HYDROCHLORIDE"))
    blocked = _bytes(tmp_path / "data", b"in the way")
    result = run("vocabulary", "import", "ndc", str(file), env={"MEDCHECK_DATA_DIR": str(blocked)})
    assert (result.exit_code, result.stdout) == (4, "")
    assert "MEDCHECK_DATA_DIR" in result.stderr


@pytest.mark.parametrize("command", [["match"], ["vocabulary", "info"]], ids=" ".join)
def test_a_damaged_vocabulary_is_an_error(run: Run, command: list[str], tmp_path: Path) -> None:
    result = run(*command, input="Zoloft\n", env={"MEDCHECK_VOCABULARY": str(_bytes(tmp_path / "v.idx", b"junk"))})
    assert (result.exit_code, result.stdout) == (3, "")
    assert "v.idx" in result.stderr


# ---- usage and settings ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "args",
    [
        ["nonsense"],
        ["match", "--nonsense"],
        ["match", "a file"],
        ["sig", "--region", "fr"],
        ["formulary", "show"],
        ["formulary", "due", "--as-of", "tomorrow"],
        ["formulary", "due", "--as-of", "2026-13-01"],
        ["vocabulary", "import", "atc", "x"],
        ["vocabulary", "import", "ndc"],
        ["formulary", "nonsense"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_2(run: Run, args: list[str]) -> None:
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage: " in result.stderr


@pytest.mark.parametrize("args", [["match"], ["sig"], ["formulary", "check"], ["formulary", "due"], ["vocabulary", "info"]], ids=" ".join)
@pytest.mark.parametrize(
    ("name", "value"),
    [("MEDCHECK_MAX_LINE_CHARS", "many"), ("MEDCHECK_MAX_LINE_CHARS", "0"), ("MEDCHECK_REGION", "fr"), ("MEDCHECK_COLOUR", "red")],
)
def test_wrong_settings_are_exit_2_and_named(run: Run, args: list[str], name: str, value: str) -> None:
    result = run(*args, input="Zoloft\n", env={name: value})
    assert (result.exit_code, result.stdout) == (2, "")
    assert name in result.stderr


@pytest.mark.parametrize(
    ("args", "commands"),
    [
        ([], ["review", "match", "sig", "formulary", "vocabulary"]),
        (["formulary"], ["check", "show", "search", "due", "schema"]),
        (["vocabulary"], ["info", "import"]),
    ],
    ids=["medcheck", "formulary", "vocabulary"],
)
def test_help_lists_the_commands(run: Run, args: list[str], commands: list[str]) -> None:
    listed = run(*args, "-h")
    assert listed.exit_code == 0
    for command in commands:
        assert f"\n  {command} " in listed.stdout


def test_version(run: Run) -> None:
    assert run("--version").stdout == f"medcheck, version {VERSION}\n"


def test_from_a_shell_it_is_the_same(tmp_path: Path) -> None:
    """A real process in a pipe: no colour codes, no traceback, the exit code of the error."""
    command = [sys.executable, "-m", "medcheck"]
    good = subprocess.run([*command, "match", "--json"], input=b"Zoloft\n\nReglan", capture_output=True, check=False)
    assert (good.returncode, good.stdout.count(b"\n"), good.stderr) == (0, 3, b"")
    assert b"\x1b" not in good.stdout
    bad = subprocess.run([*command, "formulary", "check", str(tmp_path)], input=b"", capture_output=True, check=False)
    assert (bad.returncode, bad.stdout) == (3, b"")
    assert b"the file is missing" in bad.stderr
    assert b"Traceback" not in bad.stderr
