"""The background vocabulary: what it knows, what it leaves out, how it is kept, and how a site widens it."""

from __future__ import annotations

import bz2
import json
import pickle
import shutil
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medcheck import vocabulary as voc
from medcheck.domain import Vocabulary, VocabularySource
from medcheck.errors import FormularyError, InputError, StorageError
from medcheck.settings import Settings, default_formulary_dir
from medcheck.settings import read as read_settings
from medcheck.text import normalise_name
from medcheck.vocabulary import build, index, names, ndc, packages, rxnorm

FORMULARY = default_formulary_dir()
TERMS = packages.read_terms(FORMULARY)
SOURCE = VocabularySource("test", "1", "", 0, "")


@pytest.fixture(scope="session")
def packed() -> bytes:
    pytest.importorskip("symspellpy", reason="the source packages are an extra")
    return build.build_from_packages(FORMULARY)


@pytest.fixture(scope="session")
def vocabulary(packed: bytes) -> Vocabulary:
    return index.decode(packed, "built")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(cache_dir=tmp_path / "cache", data_dir=tmp_path / "data", formulary_dir=FORMULARY)


# ---- what it knows -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "ingredients"),
    [
        ("acetaminophen", ("paracetamol",)),  # USAN to INN
        ("albuterol", ("salbutamol",)),
        ("quetiapine fumarate", ("quetiapine",)),  # salt stripped
        ("lithium carbonate", ("lithium",)),
        ("potassium chloride", ("potassium chloride",)),  # the salt is the medicine
        ("sertralina", ("sertraline",)),  # another language
        ("clorpromazina", ("chlorpromazine",)),
        ("requip", ("ropinirole",)),
        ("trazodone hydrochloride", ("trazodone",)),
        ("sinemet", ("carbidopa", "levodopa")),
        ("tylenol pm", ("diphenhydramine", "paracetamol")),  # an OTC product without an application
        ("viibryd", ("vilazodone",)),  # its kits name no substance
        ("advicor", ("lovastatin", "nicotinic acid")),  # a lapsed prescription listing
        ("soma", ("carisoprodol",)),  # English word, kept by hand
        ("iron", ("iron",)),
        ("stool softener", ()),
        ("milk of magnesia", ("magnesium hydroxide",)),
        ("saroten", ("?amitriptyline",)),  # only the dictionary knows it: a drug, and what it claims
        ("theraflu", ()),  # products of that name differ
        ("alimemazine", ("alimemazine",)),
        ("co careldopa", ("carbidopa", "levodopa")),
        ("st johns wort", ("st john's wort",)),
    ],
)
def test_knows(vocabulary: Vocabulary, name: str, ingredients: tuple[str, ...]) -> None:
    assert vocabulary.entries[vocabulary.names[name]] == ingredients


JUNK = "evening two daily cold sleep relief caps sits horizon contrast ultra nervous morning date health original generics kendrick more"


@pytest.mark.parametrize("word", JUNK.split())
def test_ordinary_words_are_no_names(vocabulary: Vocabulary, word: str) -> None:
    assert word not in vocabulary.names
    assert len(word) < 4 or word in vocabulary.words


@pytest.mark.parametrize("name", ["pain relief", "good neighbor pharmacy", "insulin receptor", "one daily", "dopamine", "trazodon hexal"])
def test_labels_and_laboratory_words_are_no_names(vocabulary: Vocabulary, name: str) -> None:
    assert name not in vocabulary.names


def test_every_name_can_be_found_by_reading(vocabulary: Vocabulary) -> None:
    for name in vocabulary.names:
        assert normalise_name(name) == name
        assert name.count(" ") < names.MAX_TOKENS


def test_no_long_name_hides_a_shorter_one(vocabulary: Vocabulary) -> None:
    silent = [n for n, i in vocabulary.names.items() if " " in n and not vocabulary.entries[i] and n not in TERMS.aliases]
    assert silent == []


def test_words_and_names_are_apart(vocabulary: Vocabulary) -> None:
    assert not vocabulary.words & vocabulary.names.keys()
    assert min(map(len, vocabulary.words)) >= 4
    assert {"caplets", "tablet", "contrast", "aventis"} <= vocabulary.words


def test_size_and_speed(packed: bytes, vocabulary: Vocabulary) -> None:
    assert len(vocabulary.names) > 30_000
    assert 35_000 < len(vocabulary.words) < 60_000
    best = min(_seconds(lambda: index.decode(packed, "")) for _ in range(5))
    assert best < 0.25  # measured 0.015; wide, because test machines are busy


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def test_building_again_gives_the_same_bytes(packed: bytes) -> None:
    assert voc.build_packaged_index(FORMULARY) == packed  # as the build hook does


# ---- the index file ------------------------------------------------------------------------------------------------

WORD = st.text("abcdefghij", min_size=1, max_size=12)
NAME = st.lists(WORD, min_size=1, max_size=5).map(" ".join)


@given(st.dictionaries(NAME, st.lists(WORD, max_size=3).map(tuple)), st.sets(WORD))
def test_index_keeps_everything(content: dict[str, tuple[str, ...]], words: set[str]) -> None:
    strengths = {name.replace(" ", "-"): (0.5, float(len(name))) for name in content}
    read = index.decode(index.encode(content, words, [SOURCE], base="b", frequent=words, strengths=strengths), "")
    assert {n: set(k) for n, k in read.strengths.items()} == {n: set(k) for n, k in strengths.items()}
    assert {n: read.entries[i] for n, i in read.names.items()} == content
    assert read.words == words
    assert read.sources == (SOURCE,)
    for buckets, expected in ((read.buckets, {n for n in content if " " not in n}), (read.word_buckets, words)):
        assert {w for b in buckets for w in b} == expected
        assert all(list(b) == sorted(b) and all(len(w) == n for w in b) for n, b in enumerate(buckets))


def test_entries_are_a_sequence() -> None:
    entries = index.decode(index.encode({"a": ("x", "y"), "b": ()}, [], []), "").entries
    assert len(entries) == 2
    assert list(entries[:1]) == [()]
    assert entries[-1] == ("x", "y")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: d[:-1], "digest"),
        (lambda d: d[:-1] + bytes([d[-1] ^ 1]), "digest"),
        (lambda d: b"other" + d, "not a vocabulary index"),
        (lambda d: b"", "not a vocabulary index"),
    ],
)
def test_damaged_index_is_refused(damage: Callable[[bytes], bytes], message: str, tmp_path: Path, settings: Settings) -> None:
    file = tmp_path / "v.idx"
    file.write_bytes(damage(index.encode({"a": ()}, ["word"], [])))
    with pytest.raises(FormularyError, match=message) as caught:
        voc.load_vocabulary(settings, file)
    assert str(file) in str(caught.value)


# ---- names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("substance", "expected"),
    [
        ("PAROXETINE HYDROCHLORIDE HEMIHYDRATE", "paroxetine"),
        ("ATORVASTATIN CALCIUM TRIHYDRATE", "atorvastatin"),
        ("DIVALPROEX SODIUM", "valproic acid"),
        ("MAGNESIUM SULFATE HEPTAHYDRATE", "magnesium sulfate"),
        ("LITHIUM CITRATE TETRAHYDRATE", "lithium"),
        ("METHYL SALICYLATE", "methyl salicylate"),
        ("SODIUM", "sodium"),
        ("CHLORAL HYDRATE", "chloral hydrate"),
        ("PENICILLIN V POTASSIUM", "phenoxymethylpenicillin"),
        ("SCOPOLAMINE", "scopolamine"),
        ("ISOSORBIDE DINITRATE", "isosorbide dinitrate"),
        ("PALIPERIDONE PALMITATE", "paliperidone"),
    ],
)
def test_ingredient(substance: str, expected: str) -> None:
    assert names.ingredient(substance, TERMS) == expected


@pytest.mark.parametrize(
    ("name", "generic", "expected"),
    [
        ("olanzapina", "olanzapine", True),
        ("acido valproico", "valproic acid", True),
        ("metilfenidato", "methylphenidate", True),
        ("sertraline hcl", "sertraline", True),
        ("esmirtazapine", "mirtazapine", False),
        ("zoloft", "sertraline", False),
        ("desloratadine", "loratadine", False),
        ("iodo", "iodine", False),
    ],
)
def test_is_form_of(name: str, generic: str, expected: bool) -> None:
    assert names.is_form_of(name, generic, TERMS) is expected


@pytest.mark.parametrize(
    ("name", "told", "sure", "reason"),
    [
        ("abc", True, True, "too short or too long"),
        ("a" * 61, True, True, "too short or too long"),
        ("one two three four five six", True, True, "too short or too long"),
        ("5 fluorouracil", True, True, "begins with a number"),
        ("horizon", True, True, "excluded by hand"),
        ("cough", True, False, "ordinary words"),
        ("cough tablets 12", True, False, "ordinary words"),
        ("cough pm", True, False, ""),
        ("cough pm", False, False, "ordinary words"),
        ("insulin", True, True, ""),
        ("sertraline", False, False, ""),
    ],
)
def test_junk_reason(name: str, told: bool, sure: bool, reason: str) -> None:
    assert names.junk_reason(name, ("x",) if told else (), sure, {"cough", "insulin"}, TERMS) == reason


# ---- the packages --------------------------------------------------------------------------------------------------


def test_a_missing_package_says_what_to_install() -> None:
    with pytest.raises(FormularyError, match="pip install"):
        packages.find(("no-such-package-at-all", "1", "x"))


@pytest.mark.parametrize(("version", "inside", "message"), [("0.0.1", "pytest/__init__.py", "must be"), ("", "pytest/none", "lacks")])
def test_another_version_is_refused(version: str, inside: str, message: str) -> None:
    with pytest.raises(FormularyError, match=message):
        packages.find(("pytest", version, inside))


def _dictionary(tmp_path: Path, value: object) -> tuple[Path, str]:
    file = tmp_path / "d.pkl.bz2"
    file.write_bytes(bz2.compress(pickle.dumps(value)))
    return file, sha256(file.read_bytes()).hexdigest()


def test_dictionary_digest_is_checked_before_it_is_read(tmp_path: Path) -> None:
    file, _ = _dictionary(tmp_path, {})
    with pytest.raises(FormularyError, match="SHA-256"):
        packages.read_dictionary(file)


def test_dictionary_can_run_nothing(tmp_path: Path) -> None:
    file, digest = _dictionary(tmp_path, {"x": date(2020, 1, 1)})
    with pytest.raises(FormularyError, match="not plain data"):
        packages.read_dictionary(file, digest)


def test_dictionary_names() -> None:
    about: dict[str, dict[str, Any]] = {
        "sertraline": {"medline_plus_id": "a", "drugbank_id": "b"},
        "diclofenac patch": {"medline_plus_id": "a"},
        "abacavir": {"medline_plus_id": "a"},
        "lamivudine": {"medline_plus_id": "a"},
        "abacavir and lamivudine": {"medline_plus_id": "a"},
        "abacavir and nothing": {"medline_plus_id": "a"},
        "insulin receptor": {"mesh_id": "a", "mesh_tree": ["D12.1"]},
        "lipase": {"mesh_id": "a", "mesh_tree": ["D08.1", "D02.1"]},
        "clove root": {"drugbank_id": "a"},
        "cocaine": {"drugbank_id": "a", "mesh_id": "b"},
        "template thing": {"wikipedia_url": "a"},
        "()": {"medline_plus_id": "a"},
    }
    variants = {c: [c] for c in about} | {
        "zoloft": ["sertraline"],
        "sertralina": ["sertraline"],
        "sertraline hexal": ["sertraline"],
        "hydrochloride, sertraline": ["sertraline"],
        "4-sertralin": ["sertraline"],
        "p sertraline": ["sertraline"],
        "insulinr": ["insulin receptor"],
    }
    table = packages.dictionary_names({"drug_canonical_to_data": about, "drug_variant_to_canonical": variants}, "1", TERMS)
    assert table.names == {
        "sertraline": ("sertraline",),
        "sertralina": ("sertraline",),
        "zoloft": ("?sertraline",),
        "diclofenac patch": ("diclofenac",),
        "abacavir": ("abacavir",),
        "lamivudine": ("lamivudine",),
        "abacavir and lamivudine": ("abacavir", "lamivudine"),
        "cocaine": ("cocaine",),
    }
    assert {"zoloft", "cocaine"} <= table.sure
    assert table.counts["rows"] == len(variants)
    assert sum(n for k, n in table.counts.items() if k not in ("rows", "names")) == len(variants) - len(table.names)


def test_english_words_keep_their_rank(tmp_path: Path) -> None:
    file = tmp_path / "e.txt"
    file.write_text("\ufeffthe 20\nof 10\nthe 5\n", encoding="utf-8")
    assert packages.read_english(file) == {"the": 0, "of": 1}
    file.write_text("the\n", encoding="utf-8")
    with pytest.raises(FormularyError, match="line 1"):
        packages.read_english(file)


@pytest.mark.parametrize("table", packages.TABLES)
def test_tables_are_sorted_and_sourced(table: str) -> None:
    lines = (FORMULARY / table).read_text(encoding="utf-8").splitlines()
    keys = [line.split(",")[0] for line in lines[1:]]
    assert keys == sorted(set(keys))


@pytest.mark.parametrize(
    ("table", "line", "message"),
    [
        ("inn_names.csv", "Upper,x,s", "lower case"),
        ("inn_names.csv", "a,b", "three columns"),
        ("inn_names.csv", "acyclovir,x,s", "twice"),
        ("vocabulary_terms.csv", "zzz,colour,s", "kinds must be among"),
        ("background_aliases.csv", None, "cannot be read"),
        ("vocabulary_exclusions.csv", "", "heading"),
    ],
)
def test_wrong_tables_are_named(table: str, line: str | None, message: str, tmp_path: Path) -> None:
    for name in packages.TABLES:
        shutil.copy(FORMULARY / name, tmp_path / name)
    file = tmp_path / table
    if line is None:
        file.unlink()
    else:
        file.write_text(file.read_text(encoding="utf-8") + line + "\n" if line else "x,y\n", encoding="utf-8")
    with pytest.raises(FormularyError, match=message) as caught:
        packages.read_terms(tmp_path)
    assert caught.value.problems[0][0] == table


# ---- the FDA's directory -------------------------------------------------------------------------------------------

NDC_HEAD = (
    *("PRODUCTID", "PRODUCTNDC", "PRODUCTTYPENAME", "PROPRIETARYNAME", "PROPRIETARYNAMESUFFIX", "NONPROPRIETARYNAME"),
    *("DOSAGEFORMNAME", "ROUTENAME", "STARTMARKETINGDATE", "ENDMARKETINGDATE", "MARKETINGCATEGORYNAME", "APPLICATIONNUMBER"),
    *("LABELERNAME", "SUBSTANCENAME", "ACTIVE_NUMERATOR_STRENGTH", "ACTIVE_INGRED_UNIT", "PHARM_CLASSES", "DEASCHEDULE"),
    *("NDC_EXCLUDE_FLAG", "LISTING_RECORD_CERTIFIED_THROUGH"),
)


def _ndc_row(brand: str, substances: str, **other: str) -> str:
    row = dict.fromkeys(NDC_HEAD, "")
    row |= {"PRODUCTTYPENAME": "HUMAN PRESCRIPTION DRUG", "PROPRIETARYNAME": brand, "DOSAGEFORMNAME": "TABLET", "ROUTENAME": "ORAL"}
    row |= {"STARTMARKETINGDATE": "20180102", "MARKETINGCATEGORYNAME": "NDA", "LABELERNAME": "Maker Inc", "SUBSTANCENAME": substances}
    row |= {"NDC_EXCLUDE_FLAG": "N"} | other
    return "\t".join(row[c] for c in NDC_HEAD)


def _ndc_file(path: Path, *rows: str) -> Path:
    path.write_bytes("\r\n".join(["\t".join(NDC_HEAD), *rows, ""]).encode("cp1252"))
    return path


@pytest.fixture
def ndc_file(tmp_path: Path) -> Path:
    return _ndc_file(
        tmp_path / "product.txt",
        _ndc_row("Zoloft", "SERTRALINE HYDROCHLORIDE", NONPROPRIETARYNAME="Sertraline Hcl"),
        _ndc_row("Prozac", "FLUOXETINE HYDROCHLORIDE", PROPRIETARYNAMESUFFIX="Weekly"),
        _ndc_row("Coldex", "ACETAMINOPHEN"),
        _ndc_row("Coldex", "ACETAMINOPHEN; DIPHENHYDRAMINE HYDROCHLORIDE", PROPRIETARYNAMESUFFIX="PM"),
        _ndc_row("Mixex", "ACETAMINOPHEN"),
        _ndc_row("Mixex", "ASPIRIN"),
        _ndc_row("Mixex", ""),
        _ndc_row("Skinol", "ZINC OXIDE", ROUTENAME="TOPICAL; VAGINAL"),
        _ndc_row("Homeol", "ARNICA", MARKETINGCATEGORYNAME="UNAPPROVED HOMEOPATHIC"),
        _ndc_row("Pollen", "OAK", PRODUCTTYPENAME="STANDARDIZED ALLERGENIC"),
        _ndc_row("Oldbrand", "SERTRALINE", NDC_EXCLUDE_FLAG="E"),
        _ndc_row("Zoloft", "ASPIRIN", NDC_EXCLUDE_FLAG="E"),
        _ndc_row("Otcold", "SERTRALINE", NDC_EXCLUDE_FLAG="E", PRODUCTTYPENAME="HUMAN OTC DRUG"),
        _ndc_row("Maker", "SERTRALINE"),
        "",
        "too\tshort",
    )


def test_import_ndc(ndc_file: Path) -> None:
    table = ndc.import_ndc(ndc_file, TERMS)
    assert table.names["zoloft"] == table.names["sertraline hcl"] == table.names["sertraline hydrochloride"] == ("sertraline",)
    assert table.names["prozac"] == table.names["prozac weekly"] == ("fluoxetine",)
    assert table.names["coldex"] == ("paracetamol",)
    assert table.names["coldex pm"] == ("diphenhydramine", "paracetamol")
    assert table.names["mixex"] == ()
    assert table.names["oldbrand"] == ("sertraline",)
    assert not {"skinol", "homeol", "pollen", "otcold", "maker", ""} & table.names.keys()
    assert table.source.date == "2018-01-02"
    assert table.counts["rows"] == 15
    assert table.counts["bad rows"] == 1
    assert table.counts["named like their maker"] == 1
    assert table.problems == ("product.txt line 17: 2 columns instead of 20",)


def test_import_ndc_from_zip_and_folder(ndc_file: Path, tmp_path: Path) -> None:
    zipped = tmp_path / "ndctext.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.write(ndc_file, "ndc/product.txt")
    expected = ndc.import_ndc(ndc_file, TERMS)
    for path in (zipped, tmp_path):
        assert ndc.import_ndc(path, TERMS).names == expected.names


def test_many_bad_rows_are_all_counted(tmp_path: Path) -> None:
    file = _ndc_file(tmp_path / "product.txt", _ndc_row("Zoloft", "SERTRALINE"), *["bad"] * 50)
    table = ndc.import_ndc(file, TERMS)
    assert table.counts["bad rows"] == 50
    assert len(table.problems) == 20
    assert table.names["zoloft"] == ("sertraline",)


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _empty_zip(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "x")
    return path


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda d: d / "none.txt", "none.txt: cannot be read"),
        (lambda d: d, "no product.txt"),
        (lambda d: _empty_zip(d / "a.zip"), "a.zip: no product.txt"),
        (lambda d: _write(d / "b.zip", b"no zip"), "b.zip: not a readable zip file"),
        (lambda d: _write(d / "product.txt", b"A\tB\n"), "product.txt line 1: the heading lacks"),
        (lambda d: _write(d / "product.txt", b""), "product.txt line 1"),
        (lambda d: _ndc_file(d / "product.txt", "x"), "none of 1 rows"),
    ],
)
def test_unusable_ndc_files_are_named(make: Callable[[Path], Path], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        ndc.import_ndc(make(tmp_path), TERMS)


@pytest.mark.parametrize(("year", "expected"), [("", ""), ("soon", "")])
def test_ndc_without_dates(year: str, expected: str, tmp_path: Path) -> None:
    file = _ndc_file(tmp_path / "product.txt", _ndc_row("Zoloft", "SERTRALINE", STARTMARKETINGDATE=year))
    assert ndc.import_ndc(file, TERMS).source.date == expected


def test_the_real_directory(vocabulary: Vocabulary) -> None:
    table = ndc.import_ndc(packages.find(packages.NDC).file, TERMS)
    assert table.counts["rows"] == 128_241
    assert "bad rows" not in table.counts
    assert table.source.date == "2019-04-29"
    assert table.names["lyrica"] == ("pregabalin",)
    assert vocabulary.sources[1] == table.source


# ---- RxNorm --------------------------------------------------------------------------------------------------------


def _concept(rxcui: str, tty: str, name: str, **other: str) -> str:
    row = {"lat": "ENG", "sab": "RXNORM", "suppress": "N"} | other
    return f"{rxcui}|{row['lat']}||||||829|829|{rxcui}||{row['sab']}|{tty}|{rxcui}|{name}||{row['suppress']}|4096|"


def _relation(left: str, relation: str, right: str) -> str:
    return f"{right}||CUI|RN|{left}||CUI|{relation}|||RXNORM|RXNORM||||4096|"


CONCEPTS = [
    "38|ENG||||||829|829|38||RXNORM|BN|38|Parlodel||N|4096|",  # a real row
    _concept("1760", "IN", "bromocriptine"),
    _concept("161", "IN", "acetaminophen"),
    _concept("3498", "IN", "diphenhydramine"),
    _concept("1362", "PIN", "diphenhydramine hydrochloride"),
    _concept("99", "PIN", "sertraline hydrochloride"),
    _concept("5", "MIN", "acetaminophen / diphenhydramine"),
    _concept("7", "BN", "Tylenol PM"),
    _concept("8", "BN", "Twoways"),
    _concept("9", "BN", "Twoways"),
    _concept("10", "BN", "Unrelated Brand"),
    _concept("11", "BN", "Gone", suppress="O"),
    _concept("12", "BN", "Autre", lat="FRE"),
    _concept("13", "BN", "Other", sab="MTHSPL"),
    _concept("14", "SCD", "bromocriptine 5 MG Oral Capsule"),
    _concept("11124", "IN", "water"),
    "",
    "broken|row",
]
RELATIONS = [
    _relation("38", "tradename_of", "1760"),
    _relation("161", "has_tradename", "7"),
    _relation("7", "tradename_of", "3498"),
    _relation("8", "tradename_of", "161"),
    _relation("9", "tradename_of", "3498"),
    _relation("1362", "form_of", "3498"),
    _relation("14", "tradename_of", "1760"),
    "bad",
]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "RxNorm_full_prescribe_11022026" / "rrf"
    folder.mkdir(parents=True)
    (folder / "RXNCONSO.RRF").write_text("\n".join(CONCEPTS), encoding="utf-8")
    (folder / "RXNREL.RRF").write_text("\n".join(RELATIONS), encoding="utf-8")
    return folder.parent


def test_import_rxnorm(release: Path) -> None:
    table = rxnorm.import_rxnorm(release, TERMS)
    assert table.names == {
        "parlodel": ("bromocriptine",),
        "bromocriptine": ("bromocriptine",),
        "acetaminophen": ("paracetamol",),
        "paracetamol": ("paracetamol",),
        "diphenhydramine": ("diphenhydramine",),
        "diphenhydramine hydrochloride": ("diphenhydramine",),
        "sertraline hydrochloride": ("sertraline",),
        "acetaminophen diphenhydramine": ("diphenhydramine", "paracetamol"),
        "tylenol pm": ("diphenhydramine", "paracetamol"),
        "twoways": (),
        "unrelated brand": (),
        "water": ("water",),
    }
    assert table.source.version == table.source.date == "2026-11-02"
    assert table.counts["bad rows"] == 2
    assert table.problems == ("RXNCONSO.RRF line 18: 1 columns instead of 18", "RXNREL.RRF line 8: 0 columns instead of 16")


def test_import_rxnorm_from_zip_and_single_file(release: Path, tmp_path: Path) -> None:
    zipped = tmp_path / "RxNorm_full_prescribe_99992026.zip"  # no date: the file's own is taken
    with zipfile.ZipFile(zipped, "w") as archive:
        for file in (release / "rrf").iterdir():
            archive.write(file, f"rrf/{file.name}")
    expected = rxnorm.import_rxnorm(release, TERMS)
    for path in (zipped, release / "rrf" / "RXNCONSO.RRF"):
        table = rxnorm.import_rxnorm(path, TERMS)
        assert table.names == expected.names
        assert date.fromisoformat(table.source.date)


def test_without_relations_brands_are_only_drugs(release: Path) -> None:
    (release / "rrf" / "RXNREL.RRF").unlink()
    assert rxnorm.import_rxnorm(release, TERMS).names["parlodel"] == ()


def test_rxnorm_rows_that_are_not_utf8_are_counted(release: Path) -> None:
    file = release / "rrf" / "RXNCONSO.RRF"
    bad = _concept("21", "BN", "Y\xff").encode("latin-1")
    file.write_bytes(bad + b"\n" + _concept("20", "BN", "Xbrand").encode() + b"\n" + file.read_bytes())
    table = rxnorm.import_rxnorm(release, TERMS)
    assert table.problems[0] == "RXNCONSO.RRF line 1: is not UTF-8"
    assert "xbrand" in table.names


def test_rxnorm_names_the_first_bad_rows_and_counts_all(release: Path) -> None:
    file = release / "rrf" / "RXNCONSO.RRF"
    file.write_text("\n".join([*CONCEPTS, *["bad"] * 40]), encoding="utf-8")
    table = rxnorm.import_rxnorm(release, TERMS)
    assert len(table.problems) == 20
    assert table.counts["bad rows"] == 42


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda d: d / "RXNCONSO.RRF", "cannot be read"),
        (lambda d: _empty_zip(d / "a.zip"), "no RXNCONSO.RRF"),
        (lambda d: _write(d / "RXNCONSO.RRF", b"nothing\n"), "none of 1 rows"),
    ],
)
def test_unusable_rxnorm_files_are_named(make: Callable[[Path], Path], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        rxnorm.import_rxnorm(make(tmp_path), TERMS)


# ---- where it is loaded from ---------------------------------------------------------------------------------------


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small compiled index in the place of the packaged one."""
    file = tmp_path / "compiled.idx"
    file.write_bytes(index.encode({"lyrica": ("pregabalin",), "saroten": ()}, ["cough", "caplet", "water"], [SOURCE]))
    monkeypatch.setattr(voc, "COMPILED", file)
    return file


def test_the_packaged_index_is_used(compiled: Path, settings: Settings) -> None:
    loaded = voc.load_vocabulary(settings)
    assert loaded.names.keys() == {"lyrica", "saroten"}
    assert voc.info(loaded) == {
        "sha256": index.digest_of(compiled.read_bytes()),
        "names": 2,
        "names_with_ingredients": 1,
        "ingredient_sets": 1,
        "words": 3,
        "codes": {},
        "overruled_aliases": [],
        "sources": [{"name": "test", "version": "1", "date": "", "names": 0, "sha256": "", "codes": 0, "kind": ""}],
    }


def test_a_chosen_index_goes_first(compiled: Path, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.idx"
    file.write_bytes(index.encode({"mine": ()}, [], []))
    assert "mine" in voc.load_vocabulary(replace(settings, vocabulary=file)).names
    monkeypatch.setenv("MEDCHECK_VOCABULARY", str(file))
    assert "mine" in voc.load_vocabulary().names
    with pytest.raises(FormularyError, match="cannot be read"):
        voc.load_vocabulary(settings, tmp_path / "none")


def test_a_release_widens_the_site_index(compiled: Path, settings: Settings, release: Path, ndc_file: Path) -> None:
    source = voc.import_release("rxnorm", release, settings)
    assert source.name == "RxNorm"
    loaded = voc.load_vocabulary(settings)
    assert loaded.entries[loaded.names["parlodel"]] == ("bromocriptine",)
    assert loaded.entries[loaded.names["lyrica"]] == ("pregabalin",)
    assert "water" not in loaded.names
    assert [s.name for s in loaded.sources] == ["test", "RxNorm"]
    voc.import_release("ndc", ndc_file, settings)
    voc.import_release("rxnorm", release, settings)  # again: replaced, not doubled
    loaded = voc.load_vocabulary(settings)
    assert [s.name for s in loaded.sources] == ["test", "RxNorm", "FDA NDC directory"]
    assert {"zoloft", "parlodel", "saroten"} <= loaded.names.keys()


def test_the_site_index_follows_a_new_version_of_medcheck(compiled: Path, settings: Settings, release: Path) -> None:
    voc.import_release("rxnorm", release, settings)
    compiled.write_bytes(index.encode({"newdrug": ()}, [], [SOURCE]))
    for _ in range(2):
        assert {"newdrug", "parlodel"} <= voc.load_vocabulary(settings).names.keys()


def test_a_damaged_release_is_named(compiled: Path, settings: Settings, release: Path) -> None:
    voc.import_release("rxnorm", release, settings)
    compiled.write_bytes(index.encode({"newdrug": ()}, [], [SOURCE]))
    for content in ("{", json.dumps({"names": []}), json.dumps([])):
        (settings.data_dir / "vocabulary-rxnorm.json").write_text(content)
        with pytest.raises(FormularyError, match="import the rxnorm release again"):
            voc.load_vocabulary(settings)


def test_an_unknown_kind_is_refused(settings: Settings, release: Path) -> None:
    with pytest.raises(InputError, match="aliases, rxnorm, ndc or dmd"):
        voc.import_release("atc", release, settings)


def test_a_data_directory_that_cannot_be_written(compiled: Path, settings: Settings, release: Path, tmp_path: Path) -> None:
    blocked = _write(tmp_path / "file", b"")
    with pytest.raises(StorageError, match="MEDCHECK_DATA_DIR"):
        voc.import_release("rxnorm", release, replace(settings, data_dir=blocked / "below"))


@pytest.fixture
def uncompiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voc, "COMPILED", tmp_path / "none.idx")


def test_without_a_packaged_index_it_is_built_and_kept(uncompiled: None, settings: Settings, packed: bytes) -> None:
    voc.load_vocabulary(settings)
    (kept,) = settings.cache_dir.iterdir()
    assert kept.read_bytes() == packed
    kept.write_bytes(b"damaged")
    assert voc.load_vocabulary(settings).sha256 == index.digest_of(packed)
    assert kept.read_bytes() == packed
    changed = kept.stat().st_mtime_ns
    voc.load_vocabulary(settings)
    assert kept.stat().st_mtime_ns == changed


def test_a_cache_that_cannot_be_written_does_no_harm(uncompiled: None, settings: Settings, tmp_path: Path, packed: bytes) -> None:
    blocked = _write(tmp_path / "file", b"")
    loaded = voc.load_vocabulary(replace(settings, cache_dir=blocked / "below"))
    assert loaded.sha256 == index.digest_of(packed)


def test_a_site_without_a_packaged_index(uncompiled: None, settings: Settings, release: Path, packed: bytes) -> None:
    settings.cache_dir.mkdir()
    (settings.cache_dir / f"vocabulary-{build.source_digest(FORMULARY)[:16]}.idx").write_bytes(packed)
    voc.import_release("rxnorm", release, settings)
    assert {"parlodel", "lyrica"} <= voc.load_vocabulary(settings).names.keys()


def test_the_cache_key_follows_the_tables(tmp_path: Path) -> None:
    for name in packages.TABLES[:-1]:
        shutil.copy(FORMULARY / name, tmp_path / name)
    assert build.source_digest(tmp_path) != build.source_digest(FORMULARY)


# ---- settings ------------------------------------------------------------------------------------------------------


def test_settings_of_an_empty_environment() -> None:
    found = read_settings({"HOME": "/home/anna"})
    assert found.cache_dir == Path("/home/anna/.cache/medcheck")
    assert found.data_dir == Path("/home/anna/.local/share/medcheck")
    assert (found.formulary_dir / "formulary.toml").is_file()
    assert (found.max_line_chars, found.max_mention_chars, found.max_list_bytes, found.max_list_lines) == (5000, 300, 1_048_576, 10_000)
    assert found.vocabulary is None
    assert read_settings({}).cache_dir.name == "medcheck"


def test_settings_that_are_given() -> None:
    found = read_settings(
        {
            "XDG_CACHE_HOME": "/var/cache",
            "MEDCHECK_DATA_DIR": "/srv/data",
            "MEDCHECK_FORMULARY_DIR": "/srv/formulary",
            "MEDCHECK_VOCABULARY": "/srv/v.idx",
            "MEDCHECK_REGION": " UK ",
            "MEDCHECK_MAX_LINE_CHARS": "",
            "OTHER": "x",
        }
    )
    assert found == Settings(Path("/var/cache/medcheck"), Path("/srv/data"), Path("/srv/formulary"), Path("/srv/v.idx"), "uk")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MEDCHECK_REGOIN", "uk"),
        ("MEDCHECK_", "x"),
        ("MEDCHECK_REGION", "fr"),
        ("MEDCHECK_MAX_LIST_LINES", "0"),
        ("MEDCHECK_MAX_LIST_LINES", "-5"),
        ("MEDCHECK_MAX_LIST_BYTES", "1e6"),
        ("MEDCHECK_MAX_LIST_BYTES", "9" * 6000),
        ("MEDCHECK_MAX_MENTION_CHARS", "٣"),
    ],
)
def test_wrong_settings_are_named(name: str, value: str) -> None:
    with pytest.raises(InputError, match=name) as caught:
        read_settings({name: value, "MEDCHECK_ALSO_WRONG": "x"})
    assert caught.value.messages.keys() == {name, "MEDCHECK_ALSO_WRONG"}


def test_a_claim_gives_way_to_a_source_that_tells() -> None:
    told = names.NameTable(SOURCE, {"zoloft": ("sertraline",), "saroten": ()})
    claimed = names.NameTable(SOURCE, {"zoloft": ("?citalopram",), "saroten": ("?amitriptyline",)})
    for order in ([told, claimed], [claimed, told]):
        found = build.combine(order, (), TERMS)
        assert {n: found[n] for n in ("zoloft", "saroten")} == {"zoloft": ("sertraline",), "saroten": ("?amitriptyline",)}
