"""`medcheck augmentation` as it is typed: a history, a what-if, a picture, a study arm, a fit; its errors, and what a start loads."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from medcheck.augmentation import predict_arm
from medcheck.domain import Formulary
from medcheck.formulary import formulary_directory
from medcheck.schemas import HistorySchema

DAY = ("--as-of", "2026-11-22")
LINE = "pramipexole 0.5 mg nocte since March 2022"
Run = Callable[..., Result]
ANSWERS = (
    "--earlier-hours 2 --quicker-at-rest --not-stronger --spread --shorter-relief --not-needs-more --paradoxical --days-per-week 6"
    " --no-other-cause --treatment-worked --asrs-total 7"
)


def _json(result: Result) -> dict[str, Any]:
    """The JSON of a history, loaded with its schema and the same again."""
    assert result.exit_code == 0, result.output
    loaded = json.loads(result.stdout)
    assert HistorySchema().load(loaded) == loaded
    return loaded  # type: ignore[no-any-return]


def _is_error(result: Result, *words: str, code: int = 2) -> None:
    assert (result.exit_code, result.stdout) == (code, "")
    for word in words:
        assert word in result.stderr


# ---- a history ---------------------------------------------------------------------------------------------------------
def test_a_file_standard_input_and_an_episode_have_the_same_answer(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text(LINE + "\n", encoding="utf-8")
    from_file = run("augmentation", str(path), *DAY)
    assert (from_file.exit_code, from_file.stderr) == (0, "")
    assert run("augmentation", *DAY, input=LINE + "\n").stdout == from_file.stdout
    assert run("augmentation", "-", *DAY, input=LINE + "\n").stdout == from_file.stdout
    assert run("augmentation", "--episode", LINE, *DAY).stdout == from_file.stdout
    assert run("augmentation", "-e", LINE, *DAY).stdout == from_file.stdout
    assert run("augmentation", "history", "-e", LINE, *DAY).stdout == from_file.stdout


def test_several_episodes_are_lines_of_one_history(run: Run) -> None:
    lines = ["ropinirole 2 mg nightly 2015-2018", "pramipexole 0.25 mg nightly since 2018"]
    told = run("augmentation", *DAY, *(x for line in lines for x in ("-e", line)))
    assert told.stdout == run("augmentation", *DAY, input="\n".join(lines)).stdout
    history = next(line for line in told.stdout.splitlines() if "History" in line)
    assert history.index("ropinirole 2 mg/day") < history.index("pramipexole 0.25 mg/day")


def test_a_file_and_an_episode_together_are_an_error(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text(LINE, encoding="utf-8")
    _is_error(run("augmentation", str(path), "-e", LINE), "give either FILE or --episode, not both")


@pytest.mark.parametrize("form", [("--json",), ("--format", "json")])
@pytest.mark.parametrize(
    "text",
    [
        LINE,
        "gabapentin 300 mg nightly",
        "Sinemet 25/100 1 tab prn\npramipexole 0.25 mg 2014-2018\nqqzzvv",
        "bromocriptine 2.5 mg daily",
        "apomorphine pump since 2020",
        "pramipexole 3 mg daily",
    ],
)
def test_json_is_what_the_schema_says(text: str, form: tuple[str, ...], run: Run) -> None:
    told = _json(run("augmentation", *form, *DAY, input=text))
    assert set(told) == {
        "format",
        "as_of",
        "program",
        "formulary",
        "notice",
        "facts",
        "statements",
        "unrecognised",
        "augmentation",
        "curve",
        "references",
    }
    assert told["as_of"] == "2026-11-22"
    assert {r["key"] for r in told["references"]} == set(told["augmentation"]["references"])


def test_json_and_the_table_say_the_same(run: Run) -> None:
    told = _json(run("augmentation", "-e", LINE, "--indication", "rls", "--json", *DAY))["augmentation"]
    text = " ".join(run("augmentation", "-e", LINE, "--indication", "rls", *DAY).stdout.split())
    assert f"{told['band_words']}. {told['frequency'][0].upper()}{told['frequency'][1:]}." in text
    assert told["doses"][0]["words"] in text
    for point in told["discuss"]:
        assert point["guideline"] in text


def test_facts_and_answers_are_echoed_and_used(run: Run) -> None:
    more = "--indication rls --prior-augmentation --ferritin 30 --age 70".split()
    told = _json(run("augmentation", "-e", LINE, "--json", *DAY, *more, *ANSWERS.split()))
    facts = told["facts"]
    assert (facts["indication"], facts["prior_augmentation"], facts["ferritin_ug_per_l"]) == ("rls", True, 30)
    assert facts["answers"] == {
        "earlier_hours": 2,
        "quicker_at_rest": True,
        "stronger": False,
        "spread": True,
        "shorter_relief": True,
        "needs_more": False,
        "paradoxical": True,
        "days_per_week": 6,
        "other_cause": False,
        "treatment_worked": True,
        "asrs_total": 7,
    }
    found = told["augmentation"]
    assert found["detection"]["state"] == "meets_mpi_type_criteria"
    assert (found["band"], found["band_words"]) == ("", "augmentation suspected")
    assert {f["id"] for f in found["factors"]} >= {"ferritin", "prior_augmentation"}


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--indication", "legs"), "--indication"),
        (("--earlier-hours", "25"), "--earlier-hours"),
        (("--days-per-week", "8"), "--days-per-week"),
        (("--asrs-total", "-1"), "--asrs-total"),
        (("--ferritin", "-1"), "--ferritin"),
        (("--as-of", "yesterday"), "yyyy-mm-dd"),
        (("--format", "csv"), "--format"),
        (("no-such-file.txt",), "no-such-file.txt"),
    ],
)
def test_wrong_options_are_exit_2_with_a_reason(arguments: tuple[str, ...], word: str, run: Run) -> None:
    _is_error(run("augmentation", *arguments, input=LINE), word)


def test_lines_that_were_not_read_are_shown(run: Run) -> None:
    result = run("augmentation", *DAY, input=f"{LINE}\nqqzzvv 5 mg\n")
    assert result.exit_code == 0
    assert "qqzzvv" in result.stdout
    assert [r["text"] for r in _json(run("augmentation", "--json", *DAY, input=f"{LINE}\nqqzzvv 5 mg\n"))["unrecognised"]] == [
        "qqzzvv 5 mg"
    ]


def test_a_name_to_confirm_is_shown(run: Run) -> None:
    assert "ramipexol" in run("augmentation", *DAY, input="ramipexol 0.5 mg nocte since 2022").stdout


@pytest.mark.parametrize("text", ["", " \n\t\n", "...\n"])
def test_an_empty_list_is_an_error(text: str, run: Run) -> None:
    _is_error(run("augmentation", input=text), "the list is empty")
    _is_error(run("augmentation", "-e", text), "the list is empty")


@pytest.mark.parametrize(
    "text", ["gabapentin 300 mg nightly", "sertraline 50 mg", "allergic to pramipexole", "plan: start pramipexole 0.125 mg"]
)
def test_without_a_dopaminergic_the_background_is_given_and_said_so(text: str, run: Run) -> None:
    result = run("augmentation", *DAY, input=text)
    assert result.exit_code == 0
    assert "No dopaminergic medicine is on record: the figure is the background." in result.stdout
    told = _json(run("augmentation", "--json", *DAY, input=text))
    found = told["augmentation"]
    assert (found["history"], found["to_date"], found["band"], told["curve"]) == ([], None, "low", [])
    assert [found["ahead"][0][k] for k in ("median_most", "low95", "high95")] == [
        found["background"][k] for k in ("median_most", "low95", "high95")
    ]


def test_full_and_references_show_more(run: Run) -> None:
    plain, full, cited = (run("augmentation", "-e", LINE, *DAY, *more).stdout for more in ((), ("--full",), ("--references",)))
    assert len(full) > len(plain)
    assert "\nREFERENCES\n" in cited
    assert "--references prints them" in plain


def test_what_is_withheld_is_said_with_the_reason(run: Run) -> None:
    result = run("augmentation", "-e", "pramipexole 1 mg tds since 2022", *DAY)
    assert "NO FIGURE" in result.stdout
    told = _json(run("augmentation", "-e", "pramipexole 1 mg tds since 2022", "--json", *DAY))
    assert (told["augmentation"]["ahead"], told["augmentation"]["to_date"], told["curve"]) == ([], None, [])
    assert " of 100 similar" not in result.stdout


def test_no_figure_is_0_or_100_of_100(run: Run) -> None:
    for line in ("levodopa 800 mg daily since 2005", "rotigotine 0.25 mg/24h since 2026-11-21"):
        text = run("augmentation", "-e", line, "--indication", "rls", "--ferritin", "5", *DAY).stdout
        assert " 0 of 100" not in text
        assert " 100 of 100" not in text


# ---- what if -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("words", "texts"),
    [
        (["dose=0.25"], ["0.25 mg/day from today on"]),
        (["dose = 0.25"], ["0.25 mg/day from today on"]),
        (["DOSE=0"], ["0 mg/day from today on"]),
        (["dose.pramipexole=0.125"], ["pramipexole 0.125 mg/day from today on"]),
        (["ferritin=100"], ["ferritin 100 ug/L"]),
        (["prior=yes"], ["augmentation before"]),
        (["prior=no"], ["no augmentation before"]),
        (
            ["dose=0.25", "ferritin=100"],
            ["0.25 mg/day from today on", "ferritin 100 ug/L", "0.25 mg/day from today on and ferritin 100 ug/L"],
        ),
    ],
)
def test_what_if(words: list[str], texts: list[str], run: Run) -> None:
    options = [x for w in words for x in ("--what-if", w)]
    told = _json(run("augmentation", "-e", LINE, "--ferritin", "30", "--json", *DAY, *options))["augmentation"]
    assert [w["text"] for w in told["what_if"]] == texts
    assert all([r["months"] for r in w["risks"]] == [12, 24, 60] for w in told["what_if"])
    table = " ".join(run("augmentation", "-e", LINE, "--ferritin", "30", *DAY, *options).stdout.split())
    assert table.count("A comparison, not advice.") == len(texts)
    for text in texts:
        assert f"{text}: " in table.partition("what if: ")[2]


@pytest.mark.parametrize(
    "words",
    [
        "dose",
        "dose=",
        "dose=much",
        "dose=-1",
        "dose=nan",
        "dose=inf",
        "dose=1e9",
        "ferritin=-1",
        "ferritin.x=3",
        "prior=maybe",
        "x=1",
        "=1",
        "",
    ],
)
def test_a_what_if_that_is_none_is_an_error(words: str, run: Run) -> None:
    _is_error(run("augmentation", "-e", LINE, "--what-if", words), "--what-if", "dose=MG")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LINE, "dose.ropinirole=1"),
        (LINE, "dose.moonshine=1"),
        (f"{LINE}\nNeupro 2 mg/24h since 2022", "dose=1"),
        ("gabapentin 300 mg", "dose=1"),
        ("pramipexole 0.5 mg nightly 2015-2018", "dose=1"),
        ("bromocriptine 2.5 mg daily since 2015", "dose=1"),
    ],
)
def test_a_what_if_of_a_dose_that_cannot_be_compared_is_an_error(text: str, words: str, run: Run) -> None:
    _is_error(run("augmentation", "--what-if", words, input=text), "what-if")


# ---- the picture -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "start"), [("risk.svg", b"<?xml"), ("risk.png", b"\x89PNG"), ("RISK.SVG", b"<?xml")])
def test_a_plot(name: str, start: bytes, run: Run, tmp_path: Path) -> None:
    path = tmp_path / name
    result = run("augmentation", "-e", LINE, "--plot", str(path), *DAY)
    assert result.exit_code == 0, result.output
    content = path.read_bytes()
    assert content.startswith(start)
    assert "CUMULATIVE RISK" in result.stdout, "the numbers of the picture follow as a table"
    assert "2022-03-01" in result.stdout
    if name.endswith("svg"):
        assert b"pramipexole" in content
        assert b"<script" not in content


def test_the_plot_of_the_same_history_has_the_same_bytes_and_the_numbers_of_the_json(run: Run, tmp_path: Path) -> None:
    one, two = tmp_path / "1.svg", tmp_path / "2.svg"
    told = _json(run("augmentation", "-e", LINE, "--plot", str(one), "--json", *DAY))
    run("augmentation", "-e", LINE, "--plot", str(two), *DAY)
    assert one.read_bytes() == two.read_bytes()
    behind = [p for p in told["curve"] if not p["ahead"]]
    assert behind[-1]["day"] == "2026-11-22"
    assert behind[-1]["median"] == pytest.approx(told["augmentation"]["to_date"]["median_most"], abs=0.01)


@pytest.mark.parametrize("name", ["risk.pdf", "risk", "risk.svg.txt", ".svg"])
def test_a_plot_needs_svg_or_png(name: str, run: Run, tmp_path: Path) -> None:
    _is_error(run("augmentation", "-e", LINE, "--plot", str(tmp_path / name), *DAY), "must end in .svg or .png")
    assert list(tmp_path.iterdir()) == []


def test_a_plot_that_cannot_be_written_is_an_error(run: Run, tmp_path: Path) -> None:
    _is_error(run("augmentation", "-e", LINE, "--plot", str(tmp_path / "none" / "risk.svg"), *DAY), "cannot be written")


@pytest.mark.parametrize(
    ("text", "more", "word"),
    [
        ("gabapentin 300 mg", (), "nothing to draw"),
        (LINE, ("--indication", "parkinson"), "Parkinson's disease"),
        ("stopped pramipexole 0.5 mg", (), "no dopaminergic with a known time"),
    ],
)
def test_a_plot_of_nothing_is_an_error(text: str, more: tuple[str, ...], word: str, run: Run, tmp_path: Path) -> None:
    _is_error(run("augmentation", "--plot", str(tmp_path / "risk.svg"), *DAY, *more, input=text), "nothing to draw", word)


# ---- a study arm -------------------------------------------------------------------------------------------------------
def _arm(run: Run, *more: str) -> dict[str, Any]:
    result = run("augmentation", "arm", "--json", *more)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)  # type: ignore[no-any-return]


@pytest.mark.parametrize("definition", ["any", "clinically_significant", "discontinued"])
@pytest.mark.parametrize("n", [None, 60])
def test_an_arm_is_the_prediction_of_the_model(definition: str, n: int | None, run: Run, formulary: Formulary) -> None:
    options = ["--drug", "levodopa", "--dose", "311", "--months", "4.75", "--definition", definition, "--ascertainment", "looked_for"]
    told = _arm(run, *options, *(["--n", str(n)] if n else []))
    wanted = predict_arm(formulary.augmentation(), "levodopa", 311 / 200, 4.75, definition, n)
    assert told["median"] == pytest.approx(wanted.median, abs=0.006)
    assert told["interval80"] == pytest.approx(wanted.interval80, abs=0.006)
    assert told["interval95"] == pytest.approx(wanted.interval95, abs=0.006)
    assert (told["class"], told["definition"], told["n"], told["months"]) == ("levodopa", definition, n, 4.75)
    assert told["dose_over_ceiling"] == pytest.approx(1.555)


def test_the_json_of_an_arm(run: Run) -> None:
    told = _arm(run, "--drug", "pramipexole", "--dose", "0.5", "--months", "12", "--definition", "any")
    assert set(told) >= {
        "format",
        "drug",
        "class",
        "dose_mg_per_day",
        "dose_over_ceiling",
        "months",
        "definition",
        "n",
        "median",
        "interval80",
        "interval95",
        "unit",
        "note",
        "model",
    }
    assert (told["format"], told["unit"], told["drug"]) == (1, "percent", "pramipexole")
    assert set(told["model"]) == {"version", "sha256"}
    low95, high95 = told["interval95"]
    low80, high80 = told["interval80"]
    assert 0 <= low95 <= low80 <= told["median"] <= high80 <= high95 <= 100


@pytest.mark.parametrize(
    ("options", "drug", "key", "ratio", "note"),
    [
        ("--drug Neupro --dose 2", "rotigotine", "patch_agonist", 0.6667, ""),
        ("--drug MIRAPEX --dose 0.25", "pramipexole", "oral_agonist", 0.5, ""),
        ("--drug Sinemet --dose 200", "levodopa", "levodopa", 1.0, ""),
        ("--drug pramipexole", "pramipexole", "oral_agonist", None, "no dose given: counted at the ceiling dose"),
        ("--drug bromocriptine --dose 5", "bromocriptine", "other_agonist", None, "no dose effect"),
        ("--drug pregabalin --dose 300", "pregabalin", "alpha2delta", None, "no dose effect"),
        ("--drug placebo", "placebo", "placebo", None, ""),
        ("--drug Mixed", "mixed", "oral_agonist", None, "counted as oral agonists at the ceiling dose"),
    ],
)
def test_the_drug_of_an_arm(options: str, drug: str, key: str, ratio: float | None, note: str, run: Run) -> None:
    told = _arm(run, *options.split(), "--months", "12", "--definition", "any")
    assert (told["drug"], told["class"], told["dose_over_ceiling"]) == (drug, key, ratio)
    assert note in told["note"]
    assert bool(told["note"]) == bool(note)
    text = run("augmentation", "arm", *options.split(), "--months", "12", "--definition", "any").stdout
    assert f"{drug} ({key}), 12 months, any" in text
    assert told["note"] in text


def test_the_play_of_chance_of_few_patients_widens_an_arm(run: Run) -> None:
    options = "--drug placebo --months 12 --definition any".split()
    bare, few = _arm(run, *options), _arm(run, *options, "--n", "20")
    assert few["interval95"][0] == 0
    assert few["interval95"][1] > bare["interval95"][1]
    assert few["median"] == bare["median"]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ("--drug sertraline --months 12 --definition any", "not a medicine of the model; it knows placebo, mixed"),
        ("--drug entacapone --months 12 --definition any", "not a medicine of the model"),
        ("--drug moonshine --months 12 --definition any", "not a medicine of the model"),
        ("--drug pramipexole --dose 0 --months 12 --definition any", "--dose"),
        ("--drug pramipexole --dose -1 --months 12 --definition any", "--dose"),
        ("--drug pramipexole --months 0 --definition any", "--months"),
        ("--drug pramipexole --definition any", "--months"),
        ("--drug pramipexole --months 12", "--definition"),
        ("--months 12 --definition any", "--drug"),
        ("--drug pramipexole --months 12 --definition some", "--definition"),
        ("--drug pramipexole --months 12 --definition any --n 0", "--n"),
    ],
)
def test_wrong_arms_are_errors(options: str, word: str, run: Run) -> None:
    _is_error(run("augmentation", "arm", *options.split()), word)


# ---- the fit -----------------------------------------------------------------------------------------------------------
KEPT_STUDIES = ("Hogl 2010", "Winkelman 2004", "Godau 2011")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A formulary of one's own whose fit has three studies only: quick, and other than what is committed."""
    directory = tmp_path / "formulary"
    shutil.copytree(formulary_directory(), directory)
    path = directory / "augmentation" / "incidence.csv"
    rows = _rows(path)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({**row, "use": "context" if row["use"] == "fit" and row["study"] not in KEPT_STUDIES else row["use"]})
    return directory


def test_other_arms_need_other_coefficients(own: Path, run: Run) -> None:
    env = {"MEDCHECK_FORMULARY_DIR": str(own)}
    path = own / "augmentation" / "coefficients.json"
    committed = path.read_text(encoding="utf-8")

    refused = run("augmentation", "-e", LINE, env=env)
    assert refused.exit_code == 3
    assert "medcheck augmentation fit --write" in refused.stderr

    stale = run("augmentation", "fit", env=env)
    assert stale.exit_code == 1
    assert "the committed coefficients are not those of this fit; --write writes them" in stale.stderr
    assert "each study predicted from the others" in stale.stdout
    assert path.read_text(encoding="utf-8") == committed

    written = run("augmentation", "fit", "--write", env=env)
    assert (written.exit_code, written.stderr) == (0, "")
    assert path.read_text(encoding="utf-8") != committed

    passes = run("augmentation", "fit", str(own), "--json")  # that of the committed ones is test_fitting's: it takes as long as all of this
    assert (passes.exit_code, passes.stderr) == (0, "")
    told = json.loads(passes.stdout)
    kept = {r["arm_id"] for r in _rows(own / "augmentation" / "incidence.csv") if r["use"] == "fit"}
    assert (told["format"], told["leave_one_study_out"]["arms"], {a["arm_id"] for a in told["arms"]}) == (1, len(kept), kept)
    assert set(told["arms"][0]) == {"arm_id", "definition", "n", "observed", "median", "interval80", "interval95", "in80", "in95"}

    answered = run("augmentation", "-e", LINE, "--json", *DAY, env=env)
    assert _json(answered)["augmentation"]["model_sha256"] == json.loads(path.read_text(encoding="utf-8"))["sha256"]


def test_a_fit_begins_without_coefficients_and_writes_its_report(own: Path, run: Run, tmp_path: Path) -> None:
    path = own / "augmentation" / "coefficients.json"
    path.unlink()
    report = tmp_path / "calibration.md"
    result = run("augmentation", "fit", str(own), "--write", "--report", str(report))
    assert (result.exit_code, result.stderr) == (0, "")
    text = report.read_text(encoding="utf-8")
    assert text.startswith("# Calibration of the augmentation model\n")
    assert json.loads(path.read_text(encoding="utf-8"))["sha256"][:12] in text
    assert "| PPX_Winkelman2004 |" in text
    assert "one pooled rate (baseline)" in text


def test_a_fit_of_what_is_wrong_is_an_error_that_names_it(own: Path, run: Run, tmp_path: Path) -> None:
    path = own / "augmentation" / "incidence.csv"
    rows = _rows(path)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows({**r, "n": "" if r["arm_id"] == "ROT_Godau2011" else r["n"]} for r in rows)
    _is_error(run("augmentation", "fit", str(own)), "ROT_Godau2011", code=3)
    _is_error(run("augmentation", "fit", str(tmp_path / "none")), "none", code=3)


# ---- a process ---------------------------------------------------------------------------------------------------------
HEAVY = {"numpy", "scipy", "matplotlib", "marshmallow", "flask", "pydantic", "rich"}


@pytest.mark.parametrize(
    "more",
    [(), ("--json",), ("--full",), ("--what-if", "dose=0.25"), ("--what-if", "dose=0.25", "--json")],
    ids=lambda x: " ".join(x) or "plain",
)
def test_an_assessment_loads_nothing_heavy(more: tuple[str, ...]) -> None:
    arguments = ["augmentation", "-e", LINE, "--ferritin", "30", *more]
    code = (
        "import sys; from medcheck.cli import main\n"
        f"try: main({arguments!r})\n"
        "finally: print(*sorted({m.split('.')[0] for m in sys.modules}), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=False, timeout=60, env={**os.environ}
    )
    assert done.returncode == 0, done.stderr
    assert "pramipexole" in done.stdout
    loaded = set(done.stderr.split())
    assert {"click", "medcheck"} <= loaded
    assert not loaded & HEAVY


def test_an_arm_loads_nothing_heavy_either() -> None:
    code = (
        "import sys; from medcheck.cli import main\n"
        "try: main('augmentation arm --drug pramipexole --months 12 --definition any --n 50'.split())\n"
        "finally: print(*sorted({m.split('.')[0] for m in sys.modules}), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert not set(done.stderr.split()) & HEAVY


@pytest.mark.parametrize(
    "words",
    [
        ("augmentation", "-e", "pramipexole 0.5 mg nocte", "--ferritin", "nan"),
        ("augmentation", "-e", "pramipexole 0.5 mg nocte", "--earlier-hours", "nan"),
        ("augmentation", "arm", "--drug", "pramipexole", "--dose", "0.5", "--months", "nan", "--definition", "any"),
        ("augmentation", "arm", "--drug", "pramipexole", "--dose", "nan", "--months", "12", "--definition", "any"),
        ("review", "-", "--tsat", "nan"),
    ],
    ids=["ferritin", "hours", "months", "dose", "saturation"],
)
def test_what_is_no_number_is_refused(words: tuple[str, ...], run: Run) -> None:
    result = run(*words, input="pramipexole 0.5 mg nocte")
    assert result.exit_code == 2
    assert "is no number" in result.stderr


@pytest.mark.parametrize(
    ("dose", "months", "note"),
    [("100", "12", "counted as 8 times the ceiling"), ("0.5", "120", "it is an extrapolation"), ("0.5", "12", "")],
    ids=["dose", "months", "within"],
)
def test_an_arm_beyond_what_studies_cover_says_so(dose: str, months: str, note: str, run: Run) -> None:
    words = ("augmentation", "arm", "--drug", "pramipexole", "--dose", dose, "--months", months, "--definition", "any", "--json")
    found = json.loads(run(*words).stdout)["note"]
    assert note in found
    assert bool(note) == bool(found)


def test_markdown_says_what_each_line_is(run: Run) -> None:
    text = run("review", "-", "--format", "markdown", input="pramipexole 0.125 -> 0.25 in 2019 -> 0.75 mg nocte since March 2022").stdout
    part = text.partition("## Augmentation")[2].partition("\n## ")[0]
    for lead in (
        "- Ask: earlier by how many hours",
        "- Red flag: If taken for RLS",
        "- Rule: ",
        "- Not known: ",
        "- To discuss: ",
        "- To tell apart: ",
    ):
        assert lead in part, lead


def test_how_a_study_looked_widens_the_arm_downwards_only(run: Run) -> None:
    words = ("augmentation", "arm", "--drug", "pramipexole", "--dose", "0.5", "--months", "12", "--definition", "any", "--json")
    found = {a: json.loads(run(*words, "--ascertainment", a).stdout) for a in ("looked_for", "unknown", "noted_only")}
    assert json.loads(run(*words).stdout) == found["unknown"]
    low = {a: f["interval95"][0] for a, f in found.items()}
    assert low["noted_only"] < low["unknown"] < low["looked_for"]
    assert found["unknown"]["interval95"][1] <= found["looked_for"]["interval95"][1]
