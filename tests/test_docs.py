"""The documentation tells the truth: links, commands, options, settings, keys, thresholds and test files that it names are there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import click
import pytest

from medcheck import load_formulary, load_vocabulary, review_text, reviewing
from medcheck.assessment import CurvePoint
from medcheck.augmentation import Change
from medcheck.cli import main
from medcheck.domain import PartialDate, PatientFacts
from medcheck.matching import deciding
from medcheck.rendering.comma import as_csv
from medcheck.rendering.entry import entry_as_dict
from medcheck.rendering.explained import explained_as_dicts
from medcheck.rendering.history import history_as_dict
from medcheck.rendering.plain import as_dict
from medcheck.reviewing import prepare
from medcheck.settings import PREFIX, Settings
from medcheck.vocabulary import info

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
AS_OF = date(2026, 11, 22)


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _prose(text: str) -> str:
    return FENCE.sub("", text)


# ---- links -------------------------------------------------------------------------------------------------------------
LINKS = [(page, target) for page, text in TEXTS.items() for target in LINK.findall(_prose(text)) if not re.match(r"\w+:", target)]


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", _prose(page.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize(("page", "target"), LINKS, ids=[f"{_name(p)} -> {t}" for p, t in LINKS])
def test_link_resolves(page: Path, target: str) -> None:
    path, _, anchor = target.partition("#")
    found = (page.parent / path).resolve() if path else page
    assert found.exists()
    assert not anchor or anchor in _anchors(found)


# ---- commands, options, settings -----------------------------------------------------------------------------------------
def _commands(command: click.Command, path: str = "medcheck") -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            sub = command.get_command(context, name)
            assert sub is not None
            yield from _commands(sub, f"{path} {name}")


COMMANDS = [(path, c) for path, c in _commands(main) if path == "medcheck" or not isinstance(c, click.Group)]


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[path for path, _ in COMMANDS])
def test_command_and_its_options_are_documented(path: str, command: click.Command) -> None:
    sections = re.split(r"^## ", TEXTS[DOCS / "configuration.md"], flags=re.M)
    mine = [s for s in sections if s.startswith(f"`{path}`\n")]
    assert len(mine) == 1
    options = [p for p in command.params if isinstance(p, click.Option)]
    missing = [o for p in options for o in (*p.opts, *p.secondary_opts) if f"`{o}`" not in mine[0]]
    assert not missing


@pytest.mark.parametrize("path", [path for path, _ in COMMANDS if path != "medcheck"])
def test_command_has_exit_codes(path: str) -> None:
    assert f"| `{path}` |" in TEXTS[DOCS / "exit-codes.md"]


def test_every_setting_is_documented_and_no_other() -> None:
    text = TEXTS[DOCS / "configuration.md"]
    settings = {PREFIX + f.name.upper() for f in fields(Settings)}
    named = {name for page in TEXTS.values() for name in re.findall(rf"{PREFIX}[A-Z_]+[A-Z]", page)}
    assert {s for s in settings if f"| `{s}` |" not in text} == set()
    assert named <= settings


# ---- commands in fenced blocks ---------------------------------------------------------------------------------------------
LINES = [
    (page, line)
    for page, text in TEXTS.items()
    for language, block in FENCE.findall(text)
    if language == "sh"
    for line in block.splitlines()
    if line.strip() and not line.startswith("#")
]
RUN = [(page, line) for page, line in LINES if re.search(r"(?:^|\| )(?:[A-Z_]+=\S+ )*medcheck ", line)]


@pytest.fixture(scope="session")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The reader's environment: medcheck on the path, no settings, a cache of its own."""
    if shutil.which("sh") is None:
        pytest.skip("no sh")
    home = tmp_path_factory.mktemp("home")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)}
    path = os.pathsep.join((str(Path(sys.executable).parent), kept.get("PATH", "")))
    return {**kept, "PATH": path, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "XDG_DATA_HOME": str(home / "data")}


@pytest.mark.parametrize(("page", "line"), RUN, ids=[f"{_name(p)}: {x}" for p, x in RUN])
def test_documented_command_runs(page: Path, line: str, environ: dict[str, str]) -> None:
    done = subprocess.run(["sh", "-c", line], cwd=ROOT, env=environ, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout


def test_every_other_documented_command_is_a_script() -> None:
    others = [line for page_line in LINES if page_line not in RUN for line in page_line[1:]]
    assert others
    assert [line for line in others if not re.fullmatch(r"sh scripts/[\w-]+", line) or not (ROOT / line.split()[1]).is_file()] == []


def test_readme_shows_what_the_first_command_prints(environ: dict[str, str]) -> None:
    script = (ROOT / "scripts" / "review-example").read_text(encoding="utf-8")
    arguments = re.search(r'medcheck" review "\$list" (.*) "\$@"', script)
    assert arguments
    command = f"medcheck review examples/clinic-list.txt {arguments[1]}"
    printed = subprocess.run(["sh", "-c", command], cwd=ROOT, env=environ, capture_output=True, check=True).stdout.decode()
    shown = next(block for language, block in FENCE.findall(TEXTS[ROOT / "README.md"]) if language == "text")
    printed, place = " ".join(printed.split()), 0  # where lines break does not matter
    for part in shown.split("[...]\n"):
        words = " ".join(part.split())
        assert words in printed[place:]
        place = printed.index(words, place) + len(words)


# ---- JSON and CSV ----------------------------------------------------------------------------------------------------------
LIST = """MEDS:
Zoloft 50 mg daily since March 2026 (RxCUI 36437)
Unisom at night prn
quetiepine 50 mg nocte
pramipexole 0.125 mg nocte since 2019
gabapentin 300 mg tid
hydralazine 25 mg bid
zzzqwx forte
BP 132/78
ALLERGIES: promethazine (restless)
"""
FACTS = PatientFacts(
    age=50,
    sex="female",
    pregnant=False,
    ferritin_ug_per_l=30.0,
    ferritin_date=AS_OF,
    egfr=40.0,
    symptom_onset=PartialDate(AS_OF, AS_OF, "today"),
    conditions=("seizures",),
)


def _keys(value: Any, below: str = "") -> Iterator[str]:
    """Every key of a JSON value; keys that are themselves data (reference keys) are left out."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if not (below == "show" and key == "references"):
                yield from _keys(inner, below)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner, below)


@pytest.fixture(scope="module")
def wire() -> dict[str, Any]:
    """One of each documented JSON answer (match and sig are parts of a review)."""
    curve = (CurvePoint(AS_OF, False, 1.0, 10.0, 2.0, 30.0),)
    tools = prepare(load_formulary(), load_vocabulary())
    change = Change("ferritin", 100.0)
    history = reviewing.review_text(LIST, FACTS, tools.formulary, tools.vocabulary, AS_OF, what_if=[change])
    return {
        "review": as_dict(review_text(LIST, FACTS, as_of=AS_OF)),
        "history": history_as_dict(history, curve),
        "show": entry_as_dict("domperidone", load_formulary()),
        "info": info(load_vocabulary()),
        "explained": {"explanation": explained_as_dicts("quetiepine 25 mg", prepare(load_formulary(), load_vocabulary()).index)},
    }


def test_the_example_review_has_something_of_everything(wire: dict[str, Any]) -> None:
    assert [k for k, v in wire["review"].items() if v in ([], {}, "", None)] == []


def test_every_json_key_is_documented(wire: dict[str, Any]) -> None:
    text = TEXTS[DOCS / "json.md"]
    # `earliest` and its like stand in the description of a date span, in quotes.
    assert {k for name, value in wire.items() for k in _keys(value, name) if f"`{k}`" not in text and f'"{k}"' not in text} == set()


def test_every_documented_json_key_exists(wire: dict[str, Any]) -> None:
    known = {k for name, value in wire.items() for k in _keys(value, name)}
    csv_columns = set(as_csv(review_text("Zoloft 50 mg", as_of=AS_OF)).splitlines()[0].split(","))
    named: set[str] = set()
    for row in re.findall(r"^\|(.+)$", TEXTS[DOCS / "json.md"], re.M):
        cells = row.split("|")
        first = cells[0] if "`" in cells[0] else cells[1]  # tables of several objects name the object first
        named.update(re.findall(r"`(\w+)`", first))
    assert named <= known | csv_columns


def test_every_csv_column_is_documented() -> None:
    columns = as_csv(review_text("Zoloft 50 mg", as_of=AS_OF)).splitlines()[0].split(",")
    section = TEXTS[DOCS / "json.md"].partition("--format csv`")[2]
    assert [c for c in columns if f"`{c}`" not in section] == []


# ---- what else the pages name -----------------------------------------------------------------------------------------------
CONSTANTS = re.findall(r"^\| `([A-Z_]+)` \| ([\d.]+) \|", TEXTS[DOCS / "how-it-decides.md"], re.M)


@pytest.mark.parametrize(("name", "value"), CONSTANTS)
def test_threshold_is_the_one_in_the_code(name: str, value: str) -> None:
    assert getattr(deciding, name) == float(value)


def test_every_threshold_is_described() -> None:
    levels = {n for n, v in vars(deciding).items() if isinstance(v, float)}
    assert levels == {name for name, _ in CONSTANTS}


@pytest.mark.parametrize("name", sorted({n for text in TEXTS.values() for n in re.findall(r"\btest_\w+\.py\b", text)}))
def test_named_test_file_exists(name: str) -> None:
    assert (ROOT / "tests" / name).is_file()


@pytest.mark.parametrize("hazard", [f"H{n}" for n in range(1, 13)])
def test_hazard_is_complete(hazard: str) -> None:
    sections = re.split(r"^## ", TEXTS[DOCS / "hazards.md"], flags=re.M)
    mine = next(s for s in sections if s.startswith(f"{hazard} "))
    for part in ("Hazard", "Cause", "Harm", "Control", "Tested in", "Residual", "Score"):
        assert f"**{part}:**" in mine
    assert re.search(r"\*\*Tested in:\*\* test_\w+\.py", mine)


def test_every_dependency_has_a_decision() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [
        project["build-system"]["requires"],
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
    ]
    names = {re.split(r"[\[<>=~! ;]", want)[0] for group in groups for want in group} - {project["project"]["name"]}
    decisions = "\n".join(text for page, text in TEXTS.items() if page.parent.name == "decisions")
    assert {n for n in names if not re.search(rf"(?<![\w-]){re.escape(n)}(?![\w-])", decisions)} == set()


def test_every_page_is_reached_from_another() -> None:
    linked = {(page.parent / target.partition("#")[0]).resolve() for page, target in LINKS}
    folders = {p for p in linked if p.is_dir()}
    lost = [
        _name(p)
        for p in PAGES
        if p.resolve() not in linked and p.name != "README.md" and not any(f in p.resolve().parents for f in folders)
    ]
    assert lost == []


def test_the_calibration_report_is_of_the_committed_coefficients() -> None:
    coefficients = load_formulary().augmentation().coefficients
    text = TEXTS[DOCS / "calibration.md"]
    assert f"`{coefficients.sha256[:12]}`" in text
    assert f"`{coefficients.fitted_to_sha256[:12]}`" in text


def test_every_formulary_file_is_described() -> None:
    text = TEXTS[DOCS / "formulary.md"]
    patterns = re.findall(r"`([\w*/.]+\.(?:toml|csv|json))`", text)
    files = [p.relative_to(ROOT / "formulary") for p in (ROOT / "formulary").rglob("*") if p.is_file()]
    assert [f.as_posix() for f in files if not any(f.match(p) for p in patterns)] == []
