"""How codes are written: systems by any of their names, NDC shapes, check digits, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medcheck.codesystems import ATC, LOCAL, NDC, RXNORM, SNOMED, URI, CodeError, has_check_digit, normal_ndc, number_of, shown, system_of


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("http://www.nlm.nih.gov/research/umls/rxnorm", RXNORM),
        ("http://www.nlm.nih.gov/research/umls/rxnorm/", RXNORM),
        ("RXNORM", RXNORM),
        ("urn:oid:2.16.840.1.113883.6.88", RXNORM),
        ("http://hl7.org/fhir/sid/ndc", NDC),
        ("http://www.whocc.no/atc", ATC),
        ("http://snomed.info/sct", SNOMED),
        ("https://dmd.nhs.uk", SNOMED),
        (" dm+d ", SNOMED),
        ("urn:oid:1.2.3.4", LOCAL),
        ("", LOCAL),
    ],
)
def test_system_of(name: str, system: str) -> None:
    assert system_of(name) == system


def test_every_uri_names_its_own_system() -> None:
    assert {key: system_of(uri) for key, uri in URI.items()} == {key: SNOMED if key == "dmd" else key for key in URI}


NDC_SHAPES = [  # invented but for the first, a product of the directory of 2019
    ("0049-4900-66", "00049490066"),
    ("50242-040-62", "50242004062"),
    ("60575-4112-1", "60575411201"),
    ("12345-6789-01", "12345678901"),
    ("012345-6789-01", "12345678901"),
    ("12345678901", "12345678901"),
    ("012345678901", "12345678901"),
    ("0049-4900", "000494900"),
    ("50242-040", "502420040"),
    ("12345-6789", "123456789"),
]


@pytest.mark.parametrize(("written", "normal"), NDC_SHAPES)
def test_ndc_shapes(written: str, normal: str) -> None:
    assert normal_ndc(written) == normal
    assert number_of(NDC, f" {written} ") == int(normal[:9])


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("0049490066", "three different"),
        ("4900-490066", "shape"),
        ("0049-490-66", "shape"),
        ("00494-9006-6-1", "shape"),
        ("123456-7890-12", "shape"),
        ("004949006", "this has 9"),
        ("0049490066123", "this has 13"),
        ("0049-4900-6A", "other characters"),
        ("", "other characters"),
        ("٠٠٤٩٤٩٠٠٦٦٦", "other characters"),
    ],
)
def test_what_is_no_ndc(code: str, why: str) -> None:
    with pytest.raises(CodeError, match=why):
        number_of(NDC, code)


SEGMENTS = st.tuples(st.integers(1, 99999), st.integers(0, 9999), st.integers(0, 99))


@given(SEGMENTS)
def test_an_ndc_is_the_same_product_in_every_shape(parts: tuple[int, int, int]) -> None:
    labeler, product, package = parts
    full = f"{labeler:05}-{product:04}-{package:02}"
    shapes = [full, full.replace("-", ""), f"{labeler:05}-{product:04}"]
    if labeler < 10_000:
        shapes.append(f"{labeler:04}-{product:04}-{package:02}")
    if product < 1000:
        shapes.append(f"{labeler:05}-{product:03}-{package:02}")
    if package < 10:
        shapes.append(f"{labeler:05}-{product:04}-{package}")
    assert {number_of("ndc", s) for s in shapes} == {labeler * 10_000 + product}


@given(st.text(max_size=30), st.sampled_from([*URI, "http://hospital.example/codes"]))
def test_any_text_is_a_number_or_refused_in_words(code: str, system: str) -> None:
    answer: object
    try:
        answer = number_of(system, code)
    except CodeError as error:
        answer = str(error)
    assert (isinstance(answer, str) and answer) or (isinstance(answer, int) and 0 <= answer < 1 << 64)


# Real identifiers of dm+d moieties: levodopa, paracetamol, acebutolol with hydrochlorothiazide; ingredients: ropinirole, sertraline's VTM.
@pytest.mark.parametrize("code", ["15383004", "90332006", "398910009", "372499000", "108432009"])
def test_check_digits_of_real_identifiers(code: str) -> None:
    assert has_check_digit(code)
    assert number_of("https://dmd.nhs.uk", code) == int(code)


@given(st.integers(10_000, 10**15), st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(stem: int, at: int, more: int) -> None:
    digits = f"{stem}10"
    code = next(digits + d for d in "0123456789" if has_check_digit(digits + d))
    at %= len(code)
    wrong = f"{code[:at]}{(int(code[at]) + more) % 10}{code[at + 1 :]}"
    assert not has_check_digit(wrong)


@pytest.mark.parametrize(
    ("system", "code", "why"),
    [
        (SNOMED, "15383014", "check digit"),
        (SNOMED, "12345", "6 to 18 digits"),
        (SNOMED, "0015383004", "6 to 18 digits"),
        (SNOMED, "1234567890123456789", "6 to 18 digits"),
        (SNOMED, "1538A004", "6 to 18 digits"),
        (SNOMED, "754786011", "not of a concept"),  # made to be a description's: partition 01
        (ATC, "N06AB", "group"),
        (ATC, "N", "group"),
        (ATC, "X06AB06", "a letter, two digits"),
        (ATC, "N06AB6", "a letter, two digits"),
        (RXNORM, "036437", "RxCUI"),
        (RXNORM, "123456789", "RxCUI"),
        (RXNORM, "36437x", "RxCUI"),
        (LOCAL, "", "1 to 100"),
        (LOCAL, "x" * 101, "1 to 100"),
    ],
)
def test_what_is_no_code(system: str, code: str, why: str) -> None:
    if why == "not of a concept":
        code = next(code[:-1] + d for d in "0123456789" if has_check_digit(code[:-1] + d))
    with pytest.raises(CodeError, match=why):
        number_of(system, code)


def test_house_codes_belong_to_their_system() -> None:
    assert number_of("local", "KH-1") == number_of("LOCAL", "kh-1")
    assert number_of("local", "KH-1") != number_of("http://other.example", "KH-1")


def test_codes_are_shown_with_their_system() -> None:
    assert [shown(s, "1") for s in ("rxnorm", "https://dmd.nhs.uk", "http://snomed.info/sct", "x")] == [
        "RxNorm 1",
        "dm+d 1",
        "SNOMED CT 1",
        "house code 1",
    ]
