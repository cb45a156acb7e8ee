"""How code systems write their codes: names of systems, normal forms, check digits; knows no medicine and no file.

A code is kept and looked up as a number, so that a table of them is two flat arrays: RxNorm and SNOMED CT identifiers as they are, an NDC
as its labeler and product (nine digits: what follows tells the package only), an ATC code in base 36, a house code as the first eight
bytes of a digest of system and code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from medcheck.text import lazy_pattern

RXNORM: Final = "rxnorm"
NDC: Final = "ndc"
ATC: Final = "atc"
SNOMED: Final = "snomed"  # dm+d identifiers are SNOMED CT identifiers
LOCAL: Final = "local"  # whatever a site calls its own
SHOWN: Final[Mapping[str, str]] = {RXNORM: "RxNorm", NDC: "NDC", ATC: "ATC", SNOMED: "SNOMED CT", LOCAL: "house code"}
URI: Final[Mapping[str, str]] = {
    RXNORM: "http://www.nlm.nih.gov/research/umls/rxnorm",
    NDC: "http://hl7.org/fhir/sid/ndc",
    ATC: "http://www.whocc.no/atc",
    SNOMED: "http://snomed.info/sct",
    "dmd": "https://dmd.nhs.uk",
    LOCAL: LOCAL,
}

# URIs as FHIR writes them (hl7.org/fhir/terminologies-systems.html), OIDs as HL7 registers them for CDA, and short names.
_SYSTEMS: Final[Mapping[str, str]] = {
    "http://www.nlm.nih.gov/research/umls/rxnorm": RXNORM,
    "urn:oid:2.16.840.1.113883.6.88": RXNORM,
    "rxnorm": RXNORM,
    "rxcui": RXNORM,
    "http://hl7.org/fhir/sid/ndc": NDC,
    "urn:oid:2.16.840.1.113883.6.69": NDC,
    "ndc": NDC,
    "http://www.whocc.no/atc": ATC,
    "urn:oid:2.16.840.1.113883.6.73": ATC,
    "atc": ATC,
    "http://snomed.info/sct": SNOMED,
    "urn:oid:2.16.840.1.113883.6.96": SNOMED,
    "https://dmd.nhs.uk": SNOMED,
    "snomed": SNOMED,
    "snomed ct": SNOMED,
    "sct": SNOMED,
    "sctid": SNOMED,
    "dmd": SNOMED,
    "dm+d": SNOMED,
}
_HYPHENED: Final = lazy_pattern(r"(\d{4,6})-(\d{3,4})(?:-(\d{1,2}))?")
_NDC_SHAPES: Final = frozenset({(4, 4, 2), (5, 3, 2), (5, 4, 1), (5, 4, 2), (4, 4, 0), (5, 3, 0), (5, 4, 0)})
_NO_SHAPE: Final = "not a shape of an NDC (4-4-2, 5-3-2, 5-4-1 or 5-4-2)"
_ATC_SUBSTANCE: Final = lazy_pattern(r"[A-V]\d\d[A-Z]{2}\d\d")
_ATC_GROUP: Final = lazy_pattern(r"[A-V](?:\d\d(?:[A-Z]{1,2})?)?")
_LONGEST_LOCAL: Final = 100


class CodeError(ValueError):
    """A code that is none of its system; the message says why, in words to show."""


LABELS: Final = (
    *("rxcui", "rx cui", "rxnorm", "ndc", "atc", "snomed", "sct", "dm+d", "dmd", "vtm", "vmp", "vpid", "apid"),
    *("local code", "house code", "local_code", "house_code"),
)  # words without which a text holds no code that coding.py reads


def may_hold_codes(text: str) -> bool:
    """Whether it is worth while to look for codes in a text.

    >>> may_hold_codes("RxCUI 36437"), may_hold_codes("sertraline 50 mg")
    (True, False)
    """
    lowered = text.lower()
    return any(label in lowered for label in LABELS)


def system_of(name: str) -> str:
    """The code system of a URI, OID or short name; "local" for one that is not known here.

    >>> system_of("http://hl7.org/fhir/sid/ndc"), system_of("RxNorm"), system_of("https://hospital.example/codes")
    ('ndc', 'rxnorm', 'local')
    """
    return _SYSTEMS.get(name.strip().lower().rstrip("/"), LOCAL)


def shown(system: str, code: str) -> str:
    """A code with its system, in words.

    >>> shown("http://www.nlm.nih.gov/research/umls/rxnorm", "36437")
    'RxNorm 36437'
    """
    name = "dm+d" if "dmd" in system.lower() else SHOWN[system_of(system)]
    return f"{name} {code[:40]}"


def number_of(name: str, code: str) -> int:
    """The number under which a code of the system of that name is kept.

    Raises:
        CodeError: it is no code of the system, or one that can be read in several ways.

    >>> number_of("ndc", "0049-4900-66") == number_of("ndc", "00049490030")
    True
    """
    return _NUMBERS[system_of(name)](name, code.strip())


def normal_ndc(code: str) -> str:
    """An NDC as eleven digits, or nine where the package is not given (a product code).

    Ten digits without hyphens are refused: 4-4-2, 5-3-2 and 5-4-1 cannot be told apart.

    Raises:
        CodeError: as for `number_of`.

    >>> normal_ndc("0049-4900-66"), normal_ndc("50242-040-62"), normal_ndc("60575-4112-1"), normal_ndc("0049-4900")
    ('00049490066', '50242004062', '60575411201', '000494900')
    """
    found = _HYPHENED.fullmatch(code)
    if found:
        labeler, product, package = found[1], found[2], found[3] or ""
        if len(labeler) == 6 and labeler[0] == "0":  # the Veterans' way: 6-4-2 with a leading zero
            labeler = labeler[1:]
        if (len(labeler), len(product), len(package)) in _NDC_SHAPES:
            return labeler.zfill(5) + product.zfill(4) + (package.zfill(2) if package else "")
        raise CodeError(_NO_SHAPE)
    if not _is_digits(code.replace("-", "")):
        raise CodeError("not an NDC: it has other characters than digits and hyphens")
    if "-" in code:
        raise CodeError(_NO_SHAPE)
    if len(code) == 12 and code[0] == "0":
        code = code[1:]
    if len(code) == 11:
        return code
    if len(code) == 10:
        raise CodeError("ten digits without hyphens can be read as three different NDCs: give it with hyphens or as eleven digits")
    raise CodeError(f"an NDC has ten or eleven digits, this has {len(code)}")


_VERHOEFF_TIMES: Final = (
    "0123456789",
    "1234067895",
    "2340178956",
    "3401289567",
    "4012395678",
    "5987604321",
    "6598710432",
    "7659821043",
    "8765932104",
    "9876543210",
)
_VERHOEFF_TURN: Final = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)


def has_check_digit(digits: str) -> bool:
    """Whether the last digit is Verhoeff's check digit of those before it, as in every SNOMED CT identifier.

    >>> has_check_digit("321967000"), has_check_digit("15383004"), has_check_digit("15383014")
    (False, True, False)
    """
    check = 0
    for i, digit in enumerate(reversed(digits)):
        check = int(_VERHOEFF_TIMES[check][int(_VERHOEFF_TURN[i % 8][int(digit)])])
    return check == 0


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _rxnorm(name: str, code: str) -> int:
    if not _is_digits(code) or not 1 <= len(code) <= 8 or code[0] == "0":
        raise CodeError("an RxCUI is a number of at most eight digits")
    return int(code)


def _ndc(name: str, code: str) -> int:
    return int(normal_ndc(code)[:9])


def _atc(name: str, code: str) -> int:
    upper = code.upper()
    if _ATC_SUBSTANCE.fullmatch(upper):
        return int(upper, 36)
    if _ATC_GROUP.fullmatch(upper):
        raise CodeError("an ATC code of a group, not of a substance")
    raise CodeError("an ATC code of a substance is a letter, two digits, two letters and two digits")


def _snomed(name: str, code: str) -> int:
    if not _is_digits(code) or not 6 <= len(code) <= 18 or code[0] == "0":
        raise CodeError("a SNOMED CT identifier has 6 to 18 digits")
    if not has_check_digit(code):
        raise CodeError("the check digit of the SNOMED CT identifier is wrong: a digit was mistyped or lost")
    if code[-3:-1] not in ("00", "10"):
        raise CodeError("a SNOMED CT identifier, but not of a concept")
    return int(code)


def _local(name: str, code: str) -> int:
    if not code or len(code) > _LONGEST_LOCAL:
        raise CodeError(f"a house code has 1 to {_LONGEST_LOCAL} characters")
    text = f"{re.sub(r'[ /]+$', '', name.strip().lower())}\n{code.casefold()}"
    return int.from_bytes(sha256(text.encode("utf-8", "replace")).digest()[:8], "big")


_NUMBERS: Final = {RXNORM: _rxnorm, NDC: _ndc, ATC: _atc, SNOMED: _snomed, LOCAL: _local}
