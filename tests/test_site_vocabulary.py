"""A site's vocabulary from import to removal, through the command line: all kinds at once, and what reviews make of them."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from medcheck import vocabulary as voc
from medcheck.domain import Formulary
from medcheck.errors import FormularyError, InputError, StorageError
from medcheck.settings import Settings, default_formulary_dir
from medcheck.vocabulary import index
from tests.test_releases import AMP_BRAND, FILES, NDC_HEAD, attribute, concept, product, relation

Run = Callable[..., Result]


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Path]:
    """A small release of every kind; the names are invented."""
    rxnorm = tmp_path / "RxNorm_full_prescribe_11022026.zip"
    with zipfile.ZipFile(rxnorm, "w") as archive:
        concepts = [
            concept("36437", "IN", "sertraline"),
            concept("900001", "BN", "Rxbrandil"),
            concept("900002", "SCD", "sertraline 50 MG"),
        ]
        concepts += [concept("900003", "SCDC", "sertraline 50 MG")]
        archive.writestr("rrf/RXNCONSO.RRF", "\n".join(concepts))
        relations = [relation("900001", "tradename_of", "36437"), relation("900003", "has_ingredient", "36437")]
        archive.writestr("rrf/RXNREL.RRF", "\n".join([*relations, relation("900002", "consists_of", "900003")]))
        archive.writestr("rrf/RXNSAT.RRF", attribute("900002", "NDC", "98765432101"))
    ndc = tmp_path / "product.txt"
    ndc.write_text("\n".join(["\t".join(NDC_HEAD), product("97531-8642", "QUETIAPINE FUMARATE", PROPRIETARYNAME="Qwertazolix")]))
    dmd = tmp_path / "dmd"
    dmd.mkdir()
    for name, content in FILES.items():
        (dmd / name).write_text(content, encoding="utf-8")
    aliases = tmp_path / "aliases.csv"
    aliases.write_text("name,ingredients,code\nHousebrandil,metoclopramide,KH-1\nzqm,amitriptyline,\n")
    return {"rxnorm": rxnorm, "ndc": ndc, "dmd": dmd, "aliases": aliases}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"MEDCHECK_DATA_DIR": str(tmp_path / "data"), "MEDCHECK_CACHE_DIR": str(tmp_path / "cache")}


LIST = f"""Rxbrandil 50 mg daily
RxCUI 900002
NDC 98765-4321-01
Qwertazolix 25 mg nocte
NDC 97531-8642-02
Quastral XL 50 mg daily (dm+d {AMP_BRAND})
Housebrandil 10 mg tid
zqm 10 mg nocte
"""


def _read(run: Run, env: dict[str, str]) -> list[tuple[str, list[str], str]]:
    told = json.loads(run("review", "-", "--format", "json", "--as-of", "2026-11-22", input=LIST, env=env).stdout)
    return [(s["written"], s["match"]["ingredients"], s["match"]["method"]) for s in told["statements"]]


def _info(run: Run, env: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run("vocabulary", "info", "--json", env=env).stdout)
    return told


def test_from_import_to_removal(run: Run, sources: dict[str, Path], env: dict[str, str]) -> None:
    before, unread = _info(run, env), _read(run, env)
    assert unread == []
    for kind, path in sources.items():
        result = run("vocabulary", "import", kind, str(path), env=env)
        assert result.exit_code == 0, result.stderr
        assert "sha256: " in result.stdout
    told = _info(run, env)
    assert [s["kind"] for s in told["sources"]] == ["", "", "", "", "aliases", "rxnorm", "ndc", "dmd"]
    assert all(s["date"] and len(s["sha256"]) == 64 for s in told["sources"][4:])
    assert told["codes"] == {"local": 1, "ndc": before["codes"]["ndc"] + 2, "rxnorm": 3, "snomed": told["sources"][-1]["codes"]}
    assert _read(run, env) == [
        ("Rxbrandil", ["sertraline"], "code"),  # the code on the line below is its own
        ("NDC 98765-4321-01", ["sertraline"], "code"),
        ("Qwertazolix", ["quetiapine"], "code"),
        (f"dm+d {AMP_BRAND}", ["sertraline"], "code"),  # the name alone could be two products, so it is none here
        ("Housebrandil", ["metoclopramide"], "exact"),
        ("zqm", ["amitriptyline"], "exact"),
    ]
    text = run("vocabulary", "info", env=env).stdout
    assert "imported as dmd" in text
    assert "codes: local 1, ndc " in text
    for kind in sources:
        removed = run("vocabulary", "remove", kind, env=env)
        assert removed.exit_code == 0
        assert removed.stdout.startswith("removed ")
    assert _info(run, env) == before
    assert _read(run, env) == []
    assert not list(Path(env["MEDCHECK_DATA_DIR"]).iterdir())


def test_what_was_not_imported_cannot_be_removed(run: Run, sources: dict[str, Path], env: dict[str, str]) -> None:
    assert run("vocabulary", "remove", "dmd", env=env).exit_code == 2
    run("vocabulary", "import", "ndc", str(sources["ndc"]), env=env)
    result = run("vocabulary", "remove", "dmd", env=env)
    assert result.exit_code == 2
    assert "imported are: ndc" in result.stderr


def test_a_wrong_alias_file_changes_nothing(run: Run, sources: dict[str, Path], env: dict[str, str]) -> None:
    run("vocabulary", "import", "aliases", str(sources["aliases"]), env=env)
    before = _info(run, env)
    bad = sources["aliases"].with_name("bad.csv")
    bad.write_text("name,ingredients\nZoloft,quetiapine\nOthername,nonsense\n")
    result = run("vocabulary", "import", "aliases", str(bad), env=env)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "line 2: the formulary says of this name: sertraline" in result.stderr
    assert "line 3: 'nonsense' is no ingredient" in result.stderr
    assert _info(run, env) == before


def test_a_site_name_goes_before_the_background_and_never_before_the_formulary(run: Run, env: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    for name, code in (("advicor", 0), ("Zoloft", 2)):  # the directory knows advicor as lovastatin and nicotinic acid
        file.write_text(f"name,ingredients\n{name},metformin\n")
        assert run("vocabulary", "import", "aliases", str(file), env=env).exit_code == code
    told = [json.loads(line)["ingredients"] for line in run("match", "--json", input="advicor\nZoloft\n", env=env).stdout.splitlines()]
    assert told == [["metformin"], ["sertraline"]]


def test_an_alias_that_the_formulary_came_to_read_otherwise_is_told(run: Run, sources: dict[str, Path], env: dict[str, str]) -> None:
    run("vocabulary", "import", "aliases", str(sources["aliases"]), env=env)
    assert _info(run, env)["overruled_aliases"] == []
    kept = Path(env["MEDCHECK_DATA_DIR"]) / "vocabulary-aliases.json"
    kept.write_text(kept.read_text().replace('"zqm":', '"zoloft":'))  # as if Zoloft had been unknown at the time
    assert _info(run, env)["overruled_aliases"] == ["zoloft"]
    assert "by now (its reading counts): zoloft" in run("vocabulary", "info", env=env).stdout


@pytest.fixture
def settings(env: dict[str, str]) -> Settings:
    return Settings(Path(env["MEDCHECK_CACHE_DIR"]), Path(env["MEDCHECK_DATA_DIR"]), default_formulary_dir())


def test_a_deleted_or_older_index_is_made_again(settings: Settings, sources: dict[str, Path]) -> None:
    voc.import_release("ndc", sources["ndc"], settings)
    site = settings.data_dir / "vocabulary.idx"
    for damage in (site.unlink, lambda: site.write_bytes(b"medcheck-vocabulary-1\nold")):
        damage()
        assert "qwertazolix" in voc.load_vocabulary(settings).names
        assert index.is_of_this_version(site.read_bytes())


def test_damaged_codes_are_noticed_when_one_is_asked_for(settings: Settings) -> None:
    data = bytearray(index.encode({"a": ("x",)}, [], [], codes={"rxnorm": {7: ("x",)}, "snomed": {1 << 60: ("y",)}}))
    good = index.decode(bytes(data), "here")
    assert good.entries[good.codes["rxnorm"][7]] == ("x",)
    assert good.entries[good.codes["snomed"][1 << 60]] == ("y",)
    assert (list(good.codes["snomed"]), len(good.codes["rxnorm"]), 8 in good.codes["rxnorm"]) == ([1 << 60], 1, False)
    data[-1] ^= 1
    loaded = index.decode(bytes(data), "here")
    with pytest.raises(FormularyError, match="here: the digest"):
        loaded.codes["rxnorm"].get(7)
    with pytest.raises(FormularyError, match="here: the digest"):
        index.decode(bytes(data[:-1]), "here")


def test_an_import_that_cannot_be_written_leaves_what_there_was(
    settings: Settings, sources: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    voc.import_release("ndc", sources["ndc"], settings)
    voc.import_release("dmd", sources["dmd"], settings)
    monkeypatch.setattr(voc, "write_atomically", _fail)
    for action in (lambda: voc.import_release("rxnorm", sources["rxnorm"], settings), lambda: voc.remove_release("ndc", settings)):
        with pytest.raises(StorageError):
            action()
    assert {"qwertazolix", "zapquain"} <= voc.load_vocabulary(settings).names.keys()


def _fail(path: Path, content: bytes) -> None:
    raise OSError("no room")


def test_aliases_need_a_formulary(settings: Settings, sources: dict[str, Path], formulary: Formulary) -> None:
    with pytest.raises(InputError, match="held against the formulary"):
        voc.read_release("aliases", sources["aliases"], settings)
    assert voc.read_release("aliases", sources["aliases"], settings, formulary).names["zqm"] == ("amitriptyline",)


def test_an_import_before_there_were_codes_is_still_read(settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True)
    source = {"name": "FDA NDC directory", "version": "1", "date": "", "names": 1, "sha256": ""}
    record = {"source": source, "names": {"oldimportil": ["sertraline"]}, "words": []}
    (settings.data_dir / "vocabulary-ndc.json").write_text(json.dumps(record))
    loaded = voc.load_vocabulary(settings)
    assert loaded.entries[loaded.names["oldimportil"]] == ("sertraline",)
    assert loaded.sources[-1].kind == "ndc"


# ---- size ------------------------------------------------------------------------------------------------------------------


def _large_rxnorm(path: Path) -> Path:
    """A release of the size of a real one: 40,000 names, 60,000 codes."""
    letters = "bcdfghjklmnprstvwz"
    syllables = [a + v for a in letters for v in "aeiou"]

    def _name(n: int) -> str:
        parts = []
        for _ in range(4):
            n, k = divmod(n, len(syllables))
            parts.append(syllables[k])
        return "".join(parts) + "lix"

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        rows, relations = [], []
        for n in range(10_000):
            rows.append(concept(str(1_000_000 + n), "IN", _name(n) + "ol"))
        for n in range(30_000):
            rows.append(concept(str(2_000_000 + n), "BN", _name(500_000 + n)))
            relations.append(relation(str(2_000_000 + n), "tradename_of", str(1_000_000 + n % 10_000)))
        for n in range(20_000):
            rows.append(concept(str(3_000_000 + n), "SCD", f"drug {n} Oral Tablet"))
            rows.append(concept(str(4_000_000 + n), "SCDC", f"drug {n}"))
            relations.append(relation(str(3_000_000 + n), "consists_of", str(4_000_000 + n)))
            relations.append(relation(str(4_000_000 + n), "has_ingredient", str(1_000_000 + n % 10_000)))
        archive.writestr("rrf/RXNCONSO.RRF", "\n".join(rows))
        archive.writestr("rrf/RXNREL.RRF", "\n".join(relations))
        archive.writestr(
            "rrf/RXNSAT.RRF", "\n".join(attribute(str(3_000_000 + n), "NDC", f"{10**10 + n * 100:011}") for n in range(20_000))
        )
    return path


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is read from /proc")
def test_a_review_with_a_full_release_stays_small(tmp_path: Path, env: dict[str, str]) -> None:
    release = _large_rxnorm(tmp_path / "RxNorm_full_11022026.zip")
    program = str(Path(sys.executable).with_name("medcheck"))
    environ = {**os.environ, **env}
    subprocess.run([program, "vocabulary", "import", "rxnorm", str(release)], env=environ, check=True, capture_output=True, timeout=120)
    command = [sys.executable, "-c", _MEASURE]
    for text in ("sertraline 50 mg daily\n", "RxCUI 3000007\nNDC 10000-0007-00\nsertralien 50 mg\n"):
        done = subprocess.run(command, env=environ, input=text.encode(), capture_output=True, check=True, timeout=60)
        told, _, megabytes = done.stdout.decode().rpartition("\n")
        outcomes = [row["outcome"] for row in csv.DictReader(told.splitlines())]
        assert set(outcomes) <= {"ingredient", "known_drug"}
        assert len(outcomes) == text.count("\n")
        assert float(megabytes) < 150, megabytes


_MEASURE = """
import re, sys
from pathlib import Path
from click.testing import CliRunner
from medcheck.cli import main
done = CliRunner().invoke(main, ["review", "-", "--format", "csv"], input=sys.stdin.read())
assert done.exit_code == 0
print(done.stdout, end="")
print(int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024, end="")
"""
