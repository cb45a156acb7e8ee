"""Releases of RxNorm, the FDA and the NHS, made here in the documented shapes: what is kept, what is left out and why, what is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from medcheck.codesystems import ATC, NDC, RXNORM, SNOMED, has_check_digit, number_of
from medcheck.errors import InputError
from medcheck.settings import default_formulary_dir
from medcheck.vocabulary import dmd, ndc, packages, rxnorm
from medcheck.vocabulary.names import LOCAL_USE, NameTable

TERMS = packages.read_terms(default_formulary_dir())


def told(table: NameTable, system: str, code: str) -> tuple[str, ...] | None:
    return table.codes.get(system, {}).get(number_of(system, code))


# ---- RxNorm: term types and relations as its documentation has them ----------------------------------------------------


def concept(rxcui: str, kind: str, name: str, **other: str) -> str:
    row = {"lat": "ENG", "sab": "RXNORM", "suppress": "N", "code": rxcui} | other
    return f"{rxcui}|{row['lat']}||||||829|829|{rxcui}||{row['sab']}|{kind}|{row['code']}|{name}||{row['suppress']}|4096|"


def relation(left: str, what: str, right: str, suppress: str = "") -> str:
    """ "RXCUI2 RELA RXCUI1": left is the second of the two."""
    return f"{right}||CUI|RO|{left}||CUI|{what}|||RXNORM|RXNORM|||{suppress}|4096|"


def attribute(rxcui: str, name: str, value: str, suppress: str = "N") -> str:
    return f"{rxcui}||||CUI|{rxcui}|||{name}|RXNORM|{value}|{suppress}|4096|"


CONCEPTS = [
    concept("161", "IN", "acetaminophen"),
    concept("3498", "IN", "diphenhydramine"),
    concept("1362", "PIN", "diphenhydramine hydrochloride"),
    concept("36437", "IN", "sertraline"),
    concept("5", "MIN", "acetaminophen / diphenhydramine"),
    concept("7", "BN", "Dormex PM"),
    concept("8", "BN", "Twoways"),
    concept("9", "BN", "Lone Brand"),
    concept("9", "SY", "Lone Brandname"),
    concept("100", "SCDC", "acetaminophen 325 MG"),
    concept("101", "SCDC", "diphenhydramine hydrochloride 25 MG"),
    concept("110", "SCD", "acetaminophen 325 MG / diphenhydramine hydrochloride 25 MG Oral Tablet"),
    concept("111", "SCD", "acetaminophen 325 MG Oral Tablet"),
    concept("112", "SCD", "acetaminophen 325 MG / caffeine 30 MG Oral Tablet"),  # the relation to caffeine is lost
    concept("113", "SCD", "diphenhydramine hydrochloride 20 MG/ML Topical Cream"),
    concept("114", "SCD", "sertraline 50 MG Oral Tablet"),
    concept("115", "SCD", "nothing 1 MG Oral Tablet"),
    concept("116", "SCD", "acetaminophen / diphenhydramine Oral Tablet by MIN"),
    concept("120", "SBD", "acetaminophen 325 MG / diphenhydramine hydrochloride 25 MG Oral Tablet [Dormex PM]"),
    concept("121", "SBD", "acetaminophen 325 MG Oral Tablet [Twoways]"),
    concept("122", "SBD", "sertraline 50 MG Oral Tablet [Twoways]"),
    concept("130", "GPCK", "{7 (sertraline 50 MG Oral Tablet) / 7 (acetaminophen 325 MG Oral Tablet) } Pack"),
    concept("131", "BPCK", "{7 (sertraline 50 MG Oral Tablet) } Pack [Twoways]"),
    concept("132", "GPCK", "{7 (sertraline 50 MG Oral Tablet) / 7 (nothing 1 MG Oral Tablet) } Pack"),
    concept("133", "GPCK", "{7 (sertraline 50 MG Oral Tablet) / 7 (acetaminophen 325 MG Oral Tablet) } Pack with a lost part"),
    concept("134", "GPCK", "{7 (sertraline 50 MG Oral Tablet) / 7 (inert ingredients 1 MG Oral Tablet) } Pack"),
    concept("150", "IN", "inert ingredients"),
    concept("151", "SCD", "inert ingredients 1 MG Oral Tablet"),
    concept("152", "SCDC", "inert ingredients 1 MG"),
    concept("140", "SCDF", "sertraline Oral Tablet"),
    concept("142", "SCDF", "acetaminophen / diphenhydramine Oral Tablet"),  # the second relation is lost
    concept("141", "SBDG", "Dormex PM Pill"),
    concept("161", "SY", "APAP"),
    concept("161", "TMSY", "acetaMINOPHEN"),
    concept("3498", "SY", "Shared Word"),
    concept("36437", "SY", "Shared Word"),
    concept("36437", "SY", "acetaminophen"),  # another concept's name
    concept("114", "PSN", "sertraline 50 MG tablet"),
    concept("36437", "IN", "sertraline", sab="ATC", code="N06AB06"),
    concept("36437", "PT", "SSRI", sab="ATC", code="N06AB"),
    concept("161", "PT", "Paracetamol", sab="SNOMEDCT_US", code="90332006"),
    concept("161", "PT", "Paracetamol", sab="SNOMEDCT_US", code="90332007"),  # a wrong check digit
    concept("3498", "PT", "Diphenhydramine", sab="USP"),
    concept("14", "BN", "Gone", suppress="O"),
    concept("15", "BN", "Autre", lat="FRE"),
    "",
    "broken|row",
]
RELATIONS = [
    relation("1362", "form_of", "3498"),
    relation("5", "has_part", "161"),
    relation("3498", "part_of", "5"),
    relation("7", "tradename_of", "161"),
    relation("3498", "has_tradename", "7"),
    relation("8", "tradename_of", "161"),
    relation("100", "has_ingredient", "161"),
    relation("101", "has_precise_ingredient", "1362"),
    relation("110", "consists_of", "100"),
    relation("101", "constitutes", "110"),
    relation("111", "consists_of", "100"),
    relation("112", "consists_of", "100"),
    relation("113", "consists_of", "101"),
    relation("114", "consists_of", "160"),
    relation("160", "has_ingredient", "36437"),
    relation("116", "has_ingredients", "5"),
    relation("120", "tradename_of", "110"),
    relation("120", "has_ingredient", "7"),
    relation("121", "tradename_of", "111"),
    relation("121", "has_ingredient", "8"),
    relation("122", "tradename_of", "114"),
    relation("122", "has_ingredient", "8"),
    relation("130", "contains", "114"),
    relation("111", "contained_in", "130"),
    relation("131", "contains", "122"),
    relation("132", "contains", "114"),
    relation("132", "contains", "115"),
    relation("133", "contains", "114"),
    relation("134", "contains", "114"),
    relation("134", "contains", "151"),
    relation("151", "consists_of", "152"),
    relation("152", "has_ingredient", "150"),
    relation("140", "has_ingredient", "36437"),
    relation("142", "has_ingredient", "161"),
    relation("141", "has_ingredient", "7"),
    relation("9", "tradename_of", "161", suppress="O"),
    relation("36437", "contraindicated_with", "161"),
    relation("115", "consists_of", "115"),  # a circle
    "bad",
]
ATTRIBUTES = [
    attribute("114", "NDC", "00049490066"),
    attribute("120", "NDC", "11111222233"),
    attribute("111", "NDC", "11111222244"),  # the same product says something else
    attribute("130", "NDC", "33333444455"),
    attribute("115", "NDC", "55555666677"),  # ingredients not told
    attribute("114", "NDC", "123"),
    attribute("114", "NDC", "77777888899", suppress="O"),
    attribute("114", "RXN_STRENGTH", "50 MG"),
    attribute("999", "NDC", "99999888877"),
    "bad",
]


def history(old: str, count: str, new: str) -> str:
    return f"{old}|20AA_050101F|20AA_060101F|{count}|{new}|"


HISTORY = [
    history("800001", "1", "114"),
    history("800002", "2", "114"),  # split in two of the same ingredients
    history("800002", "2", "140"),
    history("800003", "2", "114"),  # split in two that differ
    history("800003", "2", "111"),
    history("800004", "2", "114"),  # the other half is lost
    history("800005", "1", "115"),  # what it became is not told
    history("800006", "1", "800001"),
    history("800007", "1", "800007"),
    history("114", "1", "111"),  # in use, whatever this says
    history("80000x", "1", "114"),
    "bad",
]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "RxNorm_full_11022026" / "rrf"
    folder.mkdir(parents=True)
    concepts = [*CONCEPTS, concept("160", "SCDC", "sertraline 50 MG")]
    for name, rows in (("RXNCONSO", concepts), ("RXNREL", RELATIONS), ("RXNSAT", ATTRIBUTES), ("RXNCUI", HISTORY)):
        (folder / f"{name}.RRF").write_text("\n".join(rows), encoding="utf-8")
    return folder.parent


BOTH = ("diphenhydramine", "paracetamol")


def test_clinical_drugs_brands_and_packs_lead_to_all_their_ingredients(release: Path) -> None:
    table = rxnorm.import_rxnorm(release, TERMS)
    codes = {
        c: told(table, RXNORM, c)
        for c in "161 1362 5 7 8 9 100 110 111 112 113 114 115 116 120 121 130 131 132 133 134 140 141 142".split()
    }
    assert codes == {
        "161": ("paracetamol",),
        "1362": ("diphenhydramine",),
        "5": BOTH,
        "7": BOTH,
        "8": None,  # its products differ
        "9": None,  # the relation is suppressed
        "100": None,  # a component is no medicine
        "110": BOTH,
        "111": ("paracetamol",),
        "112": None,  # a part of the truth would be a wrong answer
        "113": (LOCAL_USE, "diphenhydramine"),
        "114": ("sertraline",),
        "115": None,
        "116": BOTH,
        "120": BOTH,
        "121": ("paracetamol",),
        "130": ("paracetamol", "sertraline"),
        "131": ("sertraline",),
        "132": None,
        "133": None,
        "134": ("sertraline",),
        "140": ("sertraline",),
        "141": BOTH,
        "142": None,
    }
    assert table.names["twoways"] == ()
    assert table.counts["brands of several formulas"] == 1
    assert table.counts["codes whose ingredients are not told, left out"] == 7


def test_synonyms_only_where_they_mean_one_thing(release: Path) -> None:
    table = rxnorm.import_rxnorm(release, TERMS)
    assert table.names["apap"] == ("paracetamol",)
    assert "shared word" not in table.names
    assert table.names["acetaminophen"] == ("paracetamol",)
    assert "sertraline 50 mg tablet" not in table.names  # a clinical drug's name is no name of a list
    assert table.counts["synonyms of several concepts, left out"] == 2
    assert "lone brandname" not in table.names  # a synonym that tells nothing


def test_ndc_atc_and_snomed_of_a_release(release: Path) -> None:
    table = rxnorm.import_rxnorm(release, TERMS)
    assert told(table, NDC, "0049-4900-66") == ("sertraline",)
    assert told(table, NDC, "33333-4444-01") == ("paracetamol", "sertraline")
    for code in ("11111222233", "55555666677", "77777888899", "99999888877"):
        assert told(table, NDC, code) is None
    assert told(table, ATC, "N06AB06") == ("sertraline",)
    assert told(table, SNOMED, "90332006") == ("paracetamol",)
    assert table.counts["ndc codes with several formulas, left out"] == 1
    assert table.counts["ndc codes of another shape, left out"] == 1
    assert table.counts["snomed codes of another shape, left out"] == 1
    assert table.source.codes == sum(len(t) for t in table.codes.values())


def test_every_row_of_a_release_is_counted_and_bad_ones_are_named(release: Path) -> None:
    table = rxnorm.import_rxnorm(release, TERMS)
    assert table.counts["rows"] == len(CONCEPTS) - 1 + 1 + len(RELATIONS) + len(ATTRIBUTES) + len(
        HISTORY
    )  # without the empty line, with one more
    assert table.counts["bad rows"] == 4
    assert table.counts["suppressed"] == 1
    assert table.counts["other languages"] == 1
    assert [p.split(" line ")[0] for p in table.problems] == ["RXNCONSO.RRF", "RXNREL.RRF", "RXNSAT.RRF", "RXNCUI.RRF"]


def test_retired_codes_lead_to_what_they_became(release: Path) -> None:
    table = rxnorm.import_rxnorm(release, TERMS)
    retired = {c: told(table, RXNORM, c) for c in (f"80000{n}" for n in range(1, 8))}
    assert retired == {"800001": ("sertraline",), "800002": ("sertraline",), **dict.fromkeys(list(retired)[2:])}
    assert told(table, RXNORM, "114") == ("sertraline",)
    assert table.counts["retired codes"] == 3  # one of them has no shape of a code
    assert table.counts["rxnorm codes of another shape, left out"] == 1
    assert table.counts["retired codes that became nothing or several things, left out"] == 4


def test_without_relations_only_names_lead_to_ingredients(release: Path) -> None:
    for name in ("RXNREL.RRF", "RXNSAT.RRF"):
        (release / "rrf" / name).unlink()
    table = rxnorm.import_rxnorm(release, TERMS)
    assert {c: told(table, RXNORM, c) for c in ("161", "1362", "5", "7", "114")} == {
        "161": ("paracetamol",),
        "1362": ("diphenhydramine",),
        "5": BOTH,
        "7": None,
        "114": None,
    }
    assert NDC not in table.codes


def test_the_order_of_rows_does_not_matter(release: Path) -> None:
    expected = rxnorm.import_rxnorm(release, TERMS)
    for file in (release / "rrf").iterdir():
        file.write_text("\n".join(reversed(file.read_text(encoding="utf-8").split("\n"))), encoding="utf-8")
    again = rxnorm.import_rxnorm(release, TERMS)
    assert (again.names, again.codes) == (expected.names, expected.codes)


# ---- the FDA's directory: codes (names are tested with the vocabulary) -------------------------------------------------

NDC_HEAD = (
    *("PRODUCTID", "PRODUCTNDC", "PRODUCTTYPENAME", "PROPRIETARYNAME", "PROPRIETARYNAMESUFFIX", "NONPROPRIETARYNAME", "DOSAGEFORMNAME"),
    *("ROUTENAME", "STARTMARKETINGDATE", "MARKETINGCATEGORYNAME", "LABELERNAME", "SUBSTANCENAME", "NDC_EXCLUDE_FLAG"),
)


def product(code: str, substances: str, **other: str) -> str:
    row = dict.fromkeys(NDC_HEAD, "") | {"PRODUCTNDC": code, "SUBSTANCENAME": substances, "PROPRIETARYNAME": "Brand", "ROUTENAME": "ORAL"}
    row |= {"PRODUCTTYPENAME": "HUMAN PRESCRIPTION DRUG", "STARTMARKETINGDATE": "20260102", "NDC_EXCLUDE_FLAG": "N"} | other
    return "\t".join(row[c] for c in NDC_HEAD)


def test_codes_of_the_directory(tmp_path: Path) -> None:
    rows = [
        product("0049-4900", "SERTRALINE HYDROCHLORIDE"),
        product("50242-040", "ACETAMINOPHEN; DIPHENHYDRAMINE HYDROCHLORIDE"),
        product("11111-2222", "DIPHENHYDRAMINE HYDROCHLORIDE", ROUTENAME="TOPICAL"),
        product("33333-444", "SERTRALINE"),
        product("33333-0444", "ASPIRIN"),  # the same code, another product
        product("4444-5555", "SERTRALINE", NDC_EXCLUDE_FLAG="E"),
        product("5555-6666", "ARNICA", MARKETINGCATEGORYNAME="UNAPPROVED HOMEOPATHIC"),
        product("6666-7777", ""),
        product("77-7", "SERTRALINE"),
        product("", "SERTRALINE"),
        "bad row",
    ]
    file = tmp_path / "product.txt"
    file.write_text("\n".join(["\t".join(NDC_HEAD), *rows]), encoding="cp1252")
    table = ndc.import_ndc(file, TERMS)
    assert table.codes == {
        NDC: {
            number_of(NDC, "0049-4900"): ("sertraline",),
            number_of(NDC, "50242-0040"): BOTH,
            number_of(NDC, "11111-2222"): (LOCAL_USE, "diphenhydramine"),
            number_of(NDC, "4444-5555"): ("sertraline",),
        }
    }
    assert table.counts["codes of another shape"] == 1
    assert table.counts["ndc codes with several formulas, left out"] == 1
    assert table.problems == (
        "product.txt line 10: not a shape of an NDC (4-4-2, 5-3-2, 5-4-1 or 5-4-2)",
        "product.txt line 12: 1 columns instead of 13",
    )


def test_codes_of_the_real_directory() -> None:
    table = ndc.import_ndc(packages.find(packages.NDC).file, TERMS)
    assert told(table, NDC, "0049-4900-66") == ("sertraline",)
    assert told(table, NDC, "00049490066") == ("sertraline",)
    assert table.source.codes == table.counts["ndc codes"] > 100_000
    assert "codes of another shape" not in table.counts


# ---- NHS dm+d -----------------------------------------------------------------------------------------------------------


def sctid(stem: int, kind: str = "1000001") -> str:
    """An invented identifier of the UK extension, with its namespace, partition and check digit."""
    digits = f"{stem}{kind}10"
    return next(digits + d for d in "0123456789" if has_check_digit(digits + d))


SERTRALINE, PARACETAMOL, CODEINE, MEPYRAMINE = (sctid(n) for n in (11, 12, 13, 14))
VTM_SERTRALINE, VTM_BOTH, VTM_OLD, VTM_MEPYRAMINE, VTM_EARLIER, VMP_EARLIER = (sctid(n) for n in (21, 22, 23, 24, 25, 26))
VMP_SERTRALINE, VMP_BOTH, VMP_CREAM, VMP_FEED, VMP_LOST = (sctid(n) for n in (31, 32, 33, 34, 35))
AMP_BRAND, AMP_GENERIC, AMP_BOTH, AMP_CREAM, AMP_INVALID, AMP_OTHER = (sctid(n) for n in (41, 42, 43, 44, 45, 46))
VMPP, AMPP = sctid(51), sctid(52)
ORAL, CUTANEOUS = sctid(61), sctid(62)


def tag(name: str, content: str | Mapping[str, str]) -> str:
    inner = content if isinstance(content, str) else "".join(tag(k, v) for k, v in content.items())
    return f"<{name}>{inner}</{name}>"


def group(root: str, **groups: list[str]) -> str:
    inner = "".join(f"<{name}>{''.join(records)}</{name}>" for name, records in groups.items())
    return f'<{root} xmlns="" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n<!-- made for a test -->\n{inner}</{root}>'


FILES: dict[str, str] = {
    "f_ingredient2_3010426.xml": '<?xml version="1.0" encoding="UTF-8"?>\n<INGREDIENT_SUBSTANCES>'
    + "".join(
        tag("ING", {"ISID": code, "NM": name})
        for code, name in (
            (SERTRALINE, "Sertraline hydrochloride"),
            (PARACETAMOL, "Paracetamol"),
            (CODEINE, "Codeine phosphate"),
            (MEPYRAMINE, "Mepyramine maleate</NM><ISIDPREV>12</ISIDPREV><NM>Mepyramine maleate"),
            ("15383014", "Wrong digit"),
            ("", "No code"),
        )
    )
    + "</INGREDIENT_SUBSTANCES>",
    "f_vtm2_3010426.xml": "<VIRTUAL_THERAPEUTIC_MOIETIES>"
    + tag("VTM", {"VTMID": VTM_SERTRALINE, "VTMIDPREV": VTM_EARLIER, "NM": "Sertraline"})
    + tag("VTM", {"VTMID": VTM_BOTH, "NM": "Paracetamol + Codeine", "ABBREVNM": "Parcod"})
    + tag("VTM", {"VTMID": VTM_OLD, "INVALID": "1", "NM": "Oldamoiety"})
    + tag("VTM", {"VTMID": VTM_MEPYRAMINE, "NM": "Mepyramine"})
    + tag("VTM", {"VTMID": sctid(29)})
    + "</VIRTUAL_THERAPEUTIC_MOIETIES>",
    "f_vmp2_3010426.xml": group(
        "VIRTUAL_MED_PRODUCTS",
        VMPS=[
            tag("VMP", {"VPID": VMP_SERTRALINE, "VTMID": VTM_SERTRALINE, "NM": "Sertraline 50mg tablets"}),
            tag("VMP", {"VPID": VMP_BOTH, "NM": "Co-codamol 8mg/500mg tablets"}),
            tag("VMP", {"VPID": VMP_CREAM, "VPIDPREV": VMP_EARLIER, "VTMID": VTM_MEPYRAMINE, "NM": "Mepyramine 2% cream"}),
            tag("VMP", {"VPID": VMP_FEED, "NM": "Generic Somefeed liquid"}),
            tag("VMP", {"VPID": VMP_LOST, "NM": "Lost 1mg tablets"}),
            tag("VMP", {"NM": "No identifier"}),
        ],
        VIRTUAL_PRODUCT_INGREDIENT=[
            tag("VPI", {"VPID": VMP_SERTRALINE, "ISID": SERTRALINE, "STRNT_NMRTR_VAL": "50"}),
            tag("VPI", {"VPID": VMP_BOTH, "ISID": PARACETAMOL}),
            tag("VPI", {"VPID": VMP_BOTH, "ISID": CODEINE}),
            tag("VPI", {"VPID": VMP_CREAM, "ISID": MEPYRAMINE}),
            tag("VPI", {"VPID": VMP_LOST, "ISID": PARACETAMOL}),
            tag("VPI", {"VPID": VMP_LOST, "ISID": sctid(19)}),  # a substance that the release does not name
        ],
        DRUG_ROUTE=[
            tag("DROUTE", {"VPID": VMP_SERTRALINE, "ROUTECD": ORAL}),
            tag("DROUTE", {"VPID": VMP_CREAM, "ROUTECD": CUTANEOUS}),
        ],
    ),
    "f_amp2_3010426.xml": group(
        "ACTUAL_MEDICINAL_PRODUCTS",
        AMPS=[
            tag("AMP", {"APID": AMP_BRAND, "VPID": VMP_SERTRALINE, "NM": "Quastral XL 50mg tablets", "DESC": "Quastral (Maker)"}),
            tag("AMP", {"APID": AMP_GENERIC, "VPID": VMP_SERTRALINE, "NM": "Sertraline 50mg tablets"}),
            tag("AMP", {"APID": AMP_BOTH, "VPID": VMP_BOTH, "NM": "Zapquain 8mg/500mg tablets"}),
            tag("AMP", {"APID": AMP_CREAM, "VPID": VMP_CREAM, "NM": "Itchquell 2% cream"}),
            tag("AMP", {"APID": AMP_INVALID, "INVALID": "1", "VPID": VMP_SERTRALINE, "NM": "Oldbrandix 50mg tablets"}),
            tag("AMP", {"APID": AMP_OTHER, "VPID": VMP_BOTH, "NM": "Quastral XL"}),
            tag("AMP", {"APID": sctid(48), "VPID": sctid(99), "NM": "Of no product 1mg tablets"}),
        ],
        AP_INGREDIENT=[tag("AP_ING", {"APID": AMP_BRAND, "ISID": sctid(18)})],
    ),
    "f_vmpp2_3010426.xml": group("VIRTUAL_MED_PRODUCT_PACK", VMPPS=[tag("VMPP", {"VPPID": VMPP, "VPID": VMP_BOTH, "NM": "pack"})]),
    "f_ampp2_3010426.xml": group(
        "ACTUAL_MEDICINAL_PROD_PACKS",
        AMPPS=[
            tag("AMPP", {"APPID": AMPP, "APID": AMP_BRAND, "NM": "pack"}),
            tag("AMPP", {"APPID": sctid(59), "APID": sctid(98), "NM": "pack of nothing"}),
        ],
    ),
    "f_lookup2_3010426.xml": group(
        "LOOKUP",
        FORM=[tag("INFO", {"CD": ORAL, "DESC": "Cutaneous"})],  # a form of that name is no route
        ROUTE=[tag("INFO", {"CD": ORAL, "DESC": "Oral"}), tag("INFO", {"CD": CUTANEOUS, "DESC": "Cutaneous"})],
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    out = tmp_path / "nhsbsa_dmd"
    out.mkdir()
    for name, content in FILES.items():
        (out / name).write_text(content, encoding="utf-8")
    return out


def test_codes_of_dmd(folder: Path) -> None:
    table = dmd.import_dmd(folder, TERMS)
    expected = {
        **dict.fromkeys(
            (SERTRALINE, VTM_SERTRALINE, VMP_SERTRALINE, AMP_BRAND, AMP_GENERIC, AMP_INVALID, AMPP, VTM_EARLIER), ("sertraline",)
        ),
        **dict.fromkeys((VTM_BOTH, VMP_BOTH, AMP_BOTH, AMP_OTHER, VMPP), ("codeine", "paracetamol")),
        **dict.fromkeys((VMP_CREAM, AMP_CREAM, VMP_EARLIER), (LOCAL_USE, "mepyramine")),
        **dict.fromkeys((MEPYRAMINE, VTM_MEPYRAMINE), ("mepyramine",)),
        PARACETAMOL: ("paracetamol",),
        CODEINE: ("codeine",),
        VTM_OLD: ("oldamoiety",),
    }
    assert table.codes == {SNOMED: {int(c): i for c, i in expected.items()}}
    assert table.source.date == "2026-04-01"
    assert table.source.codes == len(expected)


def test_names_of_dmd(folder: Path) -> None:
    table = dmd.import_dmd(folder, TERMS)
    assert table.names == {
        "sertraline": ("sertraline",),
        "sertraline hydrochloride": ("sertraline",),
        "paracetamol": ("paracetamol",),
        "codeine phosphate": ("codeine",),
        "mepyramine": ("mepyramine",),
        "mepyramine maleate": ("mepyramine",),
        "paracetamol codeine": ("codeine", "paracetamol"),
        "parcod": ("codeine", "paracetamol"),
        "zapquain": ("codeine", "paracetamol"),
        "quastral xl": (),  # two products of the name differ
    }
    assert table.counts["names of several formulas"] == 1
    assert table.counts["names of products for local use, left out"] == 1
    assert table.counts["invalid records, no name taken"] == 2
    assert table.counts["products whose ingredients are not told"] == 2
    assert table.counts["earlier identifiers of another shape, left out"] == 1


def test_bad_records_of_dmd_are_named_and_cost_no_good_one(folder: Path) -> None:
    table = dmd.import_dmd(folder, TERMS)
    assert table.counts["bad rows"] == 6
    assert [p.split(":")[0] for p in table.problems] == [
        "f_vmp2_3010426.xml record 6",
        "f_vtm2_3010426.xml record 5",
        "f_ingredient2_3010426.xml record 5",
        "f_ingredient2_3010426.xml record 6",
        "f_amp2_3010426.xml record 7",
        "f_ampp2_3010426.xml record 2",
    ]
    assert "check digit" in table.problems[2]


def _zipped(folder: Path, where: Path, inner: bool) -> Path:
    with zipfile.ZipFile(where, "w") as archive:
        for k, file in enumerate(sorted(folder.iterdir())):
            if inner and k % 2:
                packed = io.BytesIO()
                with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as nested:
                    nested.write(file, f"deep/{file.name}")
                archive.writestr(f"week/{file.stem}.zip", packed.getvalue())
            else:
                archive.write(file, f"week/{file.name}")
    return where


@pytest.mark.parametrize("inner", [False, True], ids=["flat", "zips in the zip"])
def test_dmd_from_a_zip(folder: Path, tmp_path: Path, inner: bool) -> None:
    expected = dmd.import_dmd(folder, TERMS)
    table = dmd.import_dmd(_zipped(folder, tmp_path / "nhsbsa_dmd_4.1.0.zip", inner), TERMS)
    assert (table.names, table.codes, table.source) == (expected.names, expected.codes, expected.source)


def test_dmd_from_a_folder_with_a_zip_and_from_one_file(folder: Path, tmp_path: Path) -> None:
    expected = dmd.import_dmd(folder, TERMS)
    assert dmd.import_dmd(folder / "f_vmp2_3010426.xml", TERMS).codes == expected.codes
    other = tmp_path / "other"
    other.mkdir()
    _zipped(folder, other / "release.zip", inner=False)
    assert dmd.import_dmd(other, TERMS).codes == expected.codes


def test_dmd_products_alone_tell_no_ingredients(folder: Path) -> None:
    for name in ("f_ingredient2_3010426.xml", "f_amp2_3010426.xml", "f_lookup2_3010426.xml"):
        (folder / name).unlink()
    table = dmd.import_dmd(folder, TERMS)
    assert told(table, SNOMED, VMP_SERTRALINE) == ("sertraline",)  # by its moiety
    assert told(table, SNOMED, VMP_CREAM) == ("mepyramine",)  # no route is known
    assert told(table, SNOMED, VMP_BOTH) is None


BOMB = '<?xml version="1.0"?><!DOCTYPE v [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><VTMS><VTM><NM>&b;</NM></VTM></VTMS>'
OUTSIDE = '<!DOCTYPE v SYSTEM "file:///etc/passwd"><VTMS/>'


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda f: (f / "f_vtm2_3010426.xml").write_text(BOMB), "document type definition"),
        (lambda f: (f / "f_vtm2_3010426.xml").write_text(OUTSIDE), "document type definition"),
        (lambda f: (f / "f_vtm2_3010426.xml").write_text(" " * ((1 << 16) - 4) + OUTSIDE), "document type definition"),
        (lambda f: (f / "f_vtm2_3010426.xml").write_text("<VTMS/>", encoding="utf-16"), "not UTF-8"),
        (lambda f: (f / "f_vtm2_3010426.xml").write_text("<VTMS><VTM></VTMS>"), "f_vtm2_3010426.xml line 1: not well-formed"),
        (lambda f: (f / "f_vtm2_3010426.xml").write_text("<VTMS>"), "not well-formed"),
        (lambda f: (f / "f_vtm2_3010426.xml").write_text(f"<V>{'<a>' * 40}{'</a>' * 40}</V>"), "lies deeper"),
        (lambda f: (f / "f_vtm2_3010426.xml").write_text(f"<V><VTM>{'<NM/>' * 400}</VTM></V>"), "more parts"),
        (lambda f: (f / "f_vmp2_3010426.xml").unlink(), "no vmp file"),
        (lambda f: (f / "f_vmp2_3020426.xml").write_text("<V/>"), "of two releases"),
    ],
)
def test_unusable_dmd_files_are_refused(make: Callable[[Path], object], message: str, folder: Path) -> None:
    make(folder)
    with pytest.raises(InputError, match=message):
        dmd.import_dmd(folder, TERMS)


def test_a_release_without_a_usable_record_is_refused(folder: Path) -> None:
    for file in list(folder.iterdir()):
        file.write_text("<EMPTY/>")
    with pytest.raises(InputError, match="no usable record"):
        dmd.import_dmd(folder, TERMS)


@pytest.mark.parametrize("name", ["nowhere.zip", "nowhere.xml"])
def test_a_missing_dmd_release_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=name):
        dmd.import_dmd(tmp_path / name, TERMS)


def test_a_zip_that_wants_a_password_is_refused(folder: Path, tmp_path: Path) -> None:
    file = _zipped(folder, tmp_path / "locked.zip", inner=False)
    data = bytearray(file.read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # set the bit that says "encrypted" in every header
        start = data.find(mark)
        while start >= 0:
            data[start + at] |= 1
            start = data.find(mark, start + 4)
    file.write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"locked\.zip: not a readable zip"):
        dmd.import_dmd(file, TERMS)


def test_a_large_inner_zip_is_refused(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medcheck.vocabulary.releases._LARGEST_INNER", 10)
    with pytest.raises(InputError, match="larger than 10 bytes"):
        dmd.import_dmd(_zipped(folder, tmp_path / "a.zip", inner=True), TERMS)


@pytest.mark.parametrize(("name", "expected"), [("f_vmp2_3990426.xml", ""), ("f_vmp2_3311299.xml", "2099-12-31"), ("f_vmp2_x.xml", "")])
def test_dates_of_dmd(folder: Path, name: str, expected: str) -> None:
    (folder / "f_vmp2_3010426.xml").rename(folder / name)
    assert dmd.import_dmd(folder, TERMS).source.date == expected
