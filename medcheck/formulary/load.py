"""The compiled formulary -> a Formulary value; start-up reads the compiled form, never the sources, unless they changed."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from medcheck.domain import (
    Condition,
    ContextRule,
    DoNotSuggest,
    Dosing,
    DrugClass,
    Evidence,
    FigureRule,
    Formulary,
    HeadingWord,
    Ingredient,
    IronRule,
    LookAlike,
    Mimic,
    Modifiers,
    Name,
    Need,
    Option,
    ProductLine,
    Reference,
    RenalRule,
    SedativeGroup,
    SedativeRule,
    SigTerm,
    StatusCue,
    Tier,
    Timing,
    Variant,
)
from medcheck.errors import FormularyError
from medcheck.files import write_atomically

if TYPE_CHECKING:
    from medcheck.assessment import AugmentationData

FORMAT = 8
TABLES = ("classes", "ingredients", "references", "needs", "mimics", "augmentation")
PACKAGE = Path(__file__).resolve().parent.parent
PACKAGED = PACKAGE / "_formulary"
COMPILED = PACKAGE / "_compiled" / "formulary.json"
CHECKOUT = PACKAGE.parent / "formulary"


def source_files(directory: Path) -> list[Path]:
    """The data files that the digest is over, sorted; schema.json is generated and left out, the fitted coefficients are in."""
    return sorted(p for p in directory.rglob("*") if p.is_file() and (p.suffix in {".toml", ".csv"} or p.name == "coefficients.json"))


def source_digest(directory: Path) -> str:
    """SHA-256 over names and contents of the data files; line endings do not count."""
    digest = hashlib.sha256()
    for path in source_files(directory):
        digest.update(path.relative_to(directory).as_posix().encode())
        digest.update(b"\0")
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
        digest.update(b"\0")
    return digest.hexdigest()


S = TypeVar("S")
T = TypeVar("T")


class Rows(Mapping[str, T], Generic[S, T]):
    """A mapping whose values are made from their compiled text when they are first asked for."""

    def __init__(self, compiled: dict[str, S], make: Callable[[str, S], T]) -> None:
        self._compiled = compiled
        self._make = make
        self._made: dict[str, T] = {}

    def __getitem__(self, key: str) -> T:
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._make(key, self._compiled[key])
        return made

    def get(self, key: str, default: Any = None) -> Any:  # noqa: D102 - as of every mapping; its own because the inherited one is slow
        made = self._made.get(key)
        if made is not None:
            return made
        return self[key] if key in self._compiled else default

    def __contains__(self, key: object) -> bool:
        return key in self._compiled

    def __iter__(self) -> Iterator[str]:
        return iter(self._compiled)

    def __len__(self) -> int:
        return len(self._compiled)


def formulary_directory(configured: Path | None = None) -> Path:
    """Where the data files are: the configured directory, the wheel's copy, or the checkout's folder.

    Raises:
        FormularyError: none of them exists.
    """
    if configured is not None:
        if not configured.is_dir():
            raise FormularyError(f"the formulary directory does not exist: {configured}; check MEDCHECK_FORMULARY_DIR")
        return configured.resolve()
    for candidate in (PACKAGED, CHECKOUT):
        if (candidate / "formulary.toml").is_file():
            return candidate
    raise FormularyError("no formulary found beside the program: reinstall medcheck, or set MEDCHECK_FORMULARY_DIR")


def load_formulary(directory: Path | None = None, cache_dir: Path | None = None) -> Formulary:
    """Load the formulary, compiling it first when its source changed.

    A wheel carries a compiled form that is used as it is. For a directory of one's own or a checkout the compiled form is kept in
    `cache_dir` under the digest of its source, or only in memory where that cannot be written.

    Raises:
        FormularyError: the data is missing or invalid.
    """
    source = formulary_directory(directory)
    if source == PACKAGED and COMPILED.is_file():
        return parse(COMPILED.read_bytes())
    digest = source_digest(source)
    candidates = [COMPILED] if source == CHECKOUT else []
    cached = cache_dir / f"formulary-{FORMAT}-{digest}.json" if cache_dir else None
    if cached is not None:
        candidates.append(cached)
    for candidate in candidates:
        with contextlib.suppress(OSError, FormularyError):  # a damaged cache is rebuilt from its source, below
            compiled = candidate.read_bytes()
            if compiled.startswith(digest.encode()):
                return parse(compiled)
    from medcheck.formulary.compile import compile_directory  # only when the data changed: it brings marshmallow and tomllib

    compiled = compile_directory(source)
    if cached is not None:
        with contextlib.suppress(OSError):  # not writable: the compiled form stays in memory
            write_atomically(cached, compiled)
    return parse(compiled)


def parse(compiled: bytes) -> Formulary:
    """The compiled form as a value.

    Raises:
        FormularyError: the digest on its first line does not fit, or the format is another one.
    """
    head, _, payload = compiled.partition(b"\n")
    if hashlib.sha256(payload).hexdigest().encode() != head.rpartition(b" ")[2]:
        raise FormularyError("the compiled formulary is damaged: its digest does not fit; reinstall medcheck")
    lines = payload.split(b"\n")
    data = json.loads(lines[0])
    if data["format"] != FORMAT:
        raise FormularyError(f"the compiled formulary has format {data['format']}, this program reads {FORMAT}; reinstall medcheck")
    modifiers = data["modifiers"]
    tables: dict[str, dict[str, bytes]] = {}
    start = 1
    for table in TABLES:
        end = start + data["rows"][table]
        tables[table] = _keyed(lines[start:end])
        start = end
    return Formulary(
        version=data["version"],
        released=date.fromisoformat(data["released"]),
        licence=data["licence"],
        scope=data["scope"],
        sha256=data["sha256"],
        clinically_reviewed=data["clinically_reviewed"],
        classes=Rows(tables["classes"], _class),
        ingredients=Rows(tables["ingredients"], _ingredient),
        names=Rows(dict(zip(lines[-2].decode().split("\t"), lines[-1].decode().split("\x1e"), strict=True)), _name),
        places=data["places"],
        shops=frozenset(data["shops"]),
        lines=tuple(ProductLine(**{**_tuples(x), "variants": tuple(Variant(**_tuples(v)) for v in x["variants"])}) for x in data["lines"]),
        references=Rows(tables["references"], lambda _, text: Reference(**json.loads(text))),
        needs=Rows(tables["needs"], _need),
        mimics=Rows(tables["mimics"], lambda _, text: Mimic(**_tuples(json.loads(text)))),
        augmentation=cache(lambda: _augmentation(tables["augmentation"])),
        modifiers=Modifiers(
            conditions={k: Condition(**_tuples(v)) for k, v in modifiers["conditions"].items()},
            iron_rules=tuple(IronRule(**_tuples(r)) for r in modifiers["iron_rules"]),
            iron_cautions=_context(modifiers["iron_cautions"]),
            renal_rules=tuple(RenalRule(**_tuples(r)) for r in modifiers["renal_rules"]),
            pregnancy_rules=_context(modifiers["pregnancy_rules"]),
            age_rules=_context(modifiers["age_rules"]),
            context_rules=_context(modifiers["context_rules"]),
            sedative_rules=tuple(
                SedativeRule(**{**_tuples(r), "groups": tuple(SedativeGroup(**_tuples(g)) for g in r["groups"])})
                for r in modifiers["sedative_rules"]
            ),
            timing=Timing(**_tuples(modifiers["timing"])),
        ),
        sig_terms=tuple(SigTerm(**r) for r in data["sig_terms"]),
        figure_rules=tuple(FigureRule(**r) for r in data["figure_rules"]),
        lookalikes=tuple(LookAlike(**r) for r in data["lookalikes"]),
        status_cues=tuple(StatusCue(**r) for r in data["status_cues"]),
        heading_words=tuple(HeadingWord(**r) for r in data["heading_words"]),
        reviews_due=tuple((file, date.fromisoformat(due)) for file, due in data["reviews_due"]),
    )


def _augmentation(rows: dict[str, bytes]) -> AugmentationData:
    """The augmentation part, decoded when it is first asked for: most lists hold no dopaminergic."""
    from medcheck.formulary.load_augmentation import augmentation_data

    return augmentation_data(rows)


def _keyed(lines: list[bytes]) -> dict[str, bytes]:
    """Lines of key TAB rest as a mapping."""
    return {key.decode(): rest for key, _, rest in (line.partition(b"\t") for line in lines)}


def _tuples(mapping: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in mapping.items()}


def _evidence(items: list[dict[str, Any]]) -> tuple[Evidence, ...]:
    return tuple(Evidence(**_tuples(e)) for e in items)


def _context(rules: list[dict[str, Any]]) -> tuple[ContextRule, ...]:
    return tuple(ContextRule(**_tuples(r)) for r in rules)


def _ingredient(_: str, text: bytes) -> Ingredient:
    entry = json.loads(text)
    values = _tuples(entry)
    values["evidence"] = _evidence(entry["evidence"])
    values["tier"] = Tier(entry["tier"])
    values["brands"] = {k: tuple(v) for k, v in entry["brands"].items()}
    if entry.get("dosing"):
        values["dosing"] = Dosing(**_tuples(entry["dosing"]))
    return Ingredient(**values)


def _class(_: str, text: bytes) -> DrugClass:
    entry = json.loads(text)
    return DrugClass(**{**_tuples(entry), "evidence": _evidence(entry["evidence"])})


def _need(key: str, text: bytes) -> Need:
    entry = json.loads(text)
    options = tuple(Option(**_tuples(o)) for o in entry["options"])
    avoid = tuple(DoNotSuggest(**_tuples(d)) for d in entry["do_not_suggest"])
    return Need(key=key, name=entry["name"], options=options, do_not_suggest=avoid)


def _name(_: str, text: str) -> Name:
    kind, line, countries, ingredients, note = text.split("\t")
    what = tuple(ingredients.split(";")) if ingredients else ()
    return Name(ingredients=what, kind=kind, countries=tuple(countries.split()), line=int(line) if line else None, note=note)
