"""A site's own names and codes: what is taken, and every line that is refused with its reason."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import pytest

from medcheck.codesystems import ATC, LOCAL, NDC, RXNORM, number_of
from medcheck.domain import Formulary, Vocabulary
from medcheck.errors import InputError
from medcheck.vocabulary.aliases import Known, import_aliases, known_to
from medcheck.vocabulary.names import NameTable


@pytest.fixture(scope="module")
def known(formulary: Formulary, vocabulary: Vocabulary) -> Known:
    return known_to(formulary, vocabulary)


def _import(tmp_path: Path, known: Known, text: str | bytes) -> NameTable:
    file = tmp_path / "aliases.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return import_aliases(file, known)


def test_what_a_site_may_say(tmp_path: Path, known: Known) -> None:
    text = (
        "\ufeffName, Ingredients,code,system,note,source\n"
        "Wundertropfen,metoclopramide,,,compounded here,pharmacy 2026\n"
        "\n"
        '"House-Mix, blue",Acetaminophen|diphenhydramine hydrochloride,KH-0815,,,\n'
        "hm,sertraline,,,our short form,\n"
        "studydrug x,,,,a trial,\n"
        "newdrugamab,newdrugamab,,,,\n"
        "Newbrandix,newdrugamab|carbidopa,,,,\n"
        ",sertraline,12345-6789,ndc,,\n"
        ",sertraline,4711,urn:oid:1.2.3,,\n"
        ",sertraline,36437,rxnorm,as the formulary has it,\n"
        "Zoloft,sertraline,,,as the formulary has it,\n"
        "hm,sertraline,,,again,\n"
    )
    table = _import(tmp_path, known, text)
    assert table.names == {
        "wundertropfen": ("metoclopramide",),
        "house mix blue": ("diphenhydramine", "paracetamol"),
        "hm": ("sertraline",),
        "studydrug x": (),
        "newdrugamab": ("newdrugamab",),
        "newbrandix": ("carbidopa", "newdrugamab"),
    }
    assert table.codes == {
        LOCAL: {number_of("local", "kh-0815"): ("diphenhydramine", "paracetamol"), number_of("urn:oid:1.2.3", "4711"): ("sertraline",)},
        NDC: {number_of(NDC, "12345-6789-01"): ("sertraline",)},
        RXNORM: {36437: ("sertraline",)},
    }
    assert table.by_hand
    assert table.counts["names that the formulary holds already"] == 1
    assert (table.source.names, table.source.codes) == (6, 4)
    assert table.source.sha256 == sha256(text.encode()).hexdigest()
    assert table.source.date == table.source.version != ""


WRONG = [
    ("Zoloft,quetiapine", "the formulary says of this name: sertraline; a site cannot change it"),
    ("Zoloft,", "the formulary says of this name: sertraline"),
    ("Sinemet,levodopa", "the formulary says of this name: (carbidopa and levodopa|levodopa and carbidopa)"),
    ("Unisom,doxylamine", "a name to ask about"),
    ("Housename,sertrailne", "'sertrailne' is no ingredient known here"),
    ("Housename,sertraline||", "an empty ingredient"),
    ("daily,sertraline", "ordinary words"),
    ("at bedtime 2,sertraline", "ordinary words"),
    ("bid,sertraline", "ordinary words"),
    ("morning relief,sertraline", "ordinary words"),
    ("x,sertraline", "at least 2 characters"),
    ("5house,sertraline", "begins with a letter"),
    ("---,sertraline", "begins with a letter"),
    ("one housename two three four five,sertraline", "at most 5 words"),
    (f"{'h' * 61},sertraline", "60 characters"),
    (",sertraline", "neither a name nor a code"),
    ("Housename,sertraline,,rxnorm", "names a code system but no code"),
    ("Housename,sertraline,36437,rxnorm,,,what is this", "more cells than the heading"),
    (",quetiapine,36437,rxnorm", "the formulary says of this code: sertraline"),
    (",quetiapine,N06AB06,atc", "the formulary says of this code: sertraline"),
    (",,KH-1,", "a code needs the ingredients"),
    (",sertraline,0049490066,ndc", "the code: ten digits"),
    (",sertraline,15383014,snomed", "the code: the check digit"),
]


@pytest.mark.parametrize(("line", "message"), WRONG, ids=[w[0][:40] for w in WRONG])
def test_a_wrong_line_is_named_and_nothing_is_taken(line: str, message: str, tmp_path: Path, known: Known) -> None:
    text = f"name,ingredients,code,system,note,source\nGoodname,sertraline,,,,\n{line}\n"
    with pytest.raises(InputError, match=r"aliases\.csv line 3: .*nothing was imported") as caught:
        _import(tmp_path, known, text)
    assert list(caught.value.messages) == ["line 3"]
    assert re.search(message, "\n".join(caught.value.messages["line 3"]))


def test_every_wrong_line_is_told_at_once(tmp_path: Path, known: Known) -> None:
    text = "name,ingredients\nZoloft,quetiapine\nFinix,sertraline\nHousename,nonsense|other\nTwicol,sertraline\nTwicol,quetiapine\n"
    with pytest.raises(InputError, match="4 problems in all") as caught:
        _import(tmp_path, known, text)
    assert {k: len(v) for k, v in caught.value.messages.items()} == {"line 2": 1, "line 4": 2, "line 6": 1}
    assert caught.value.messages["line 6"] == ["line 5 says something else of the same name"]


def test_two_lines_cannot_contradict_each_other_about_a_code(tmp_path: Path, known: Known) -> None:
    with pytest.raises(InputError, match="another line says something else of the same code"):
        _import(tmp_path, known, "name,ingredients,code\n,sertraline,KH-1\n,quetiapine,kh-1\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no line under the heading"),
        (b"name,ingredients\n", "no line under the heading"),
        (b"name,ingredient\nx,y\n", "line 1: the heading"),
        (b"name\nx\n", "line 1: the heading"),
        (b"name,name,ingredients\n", "line 1: the heading"),
        (b"name,ingredients\n\xff,x\n", "line 2: not UTF-8"),
        (b'name,ingredients\n"open,x\n', "not CSV"),
    ],
)
def test_files_that_are_no_list_of_names(content: bytes, message: str, tmp_path: Path, known: Known) -> None:
    with pytest.raises(InputError, match=message):
        _import(tmp_path, known, content)


def test_a_file_that_cannot_be_read(tmp_path: Path, known: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        import_aliases(tmp_path / "none.csv", known)
    monkeypatch.setattr("medcheck.vocabulary.aliases._LARGEST", 10)
    with pytest.raises(InputError, match="larger than"):
        _import(tmp_path, known, "name,ingredients\nx,y\n")


def test_what_the_formulary_knows_is_known(known: Known) -> None:
    assert known.codes[RXNORM][36437] == ("sertraline",)
    assert known.codes[ATC][number_of(ATC, "N06AB06")] == ("sertraline",)
    assert known.ingredients["acetaminophen"] == "paracetamol"
    assert known.ingredients["quetiapine fumarate"] == "quetiapine"
    assert {"bid", "bedtime", "allergies", "tablet"} <= known.words
