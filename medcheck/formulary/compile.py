"""formulary/ -> one checked, compiled document; every problem is collected with its file and path, none is lost."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from medcheck.assessment import FitInputs
from medcheck.errors import FormularyError
from medcheck.formulary import load_augmentation
from medcheck.formulary.compile_augmentation import add_augmentation
from medcheck.formulary.load import FORMAT, TABLES, source_digest
from medcheck.text import normalise_name

_CSV_FILES = ("sig.csv", "figures.csv", "lookalikes.csv", "abbreviations.csv", "status_cues.csv", "headings.csv")
_TOML_FILES = (
    "formulary.toml",
    "dopaminergic.toml",
    "neutral.toml",
    "combinations.toml",
    "alternatives.toml",
    "modifiers.toml",
    "mimics.toml",
    "references.toml",
)
# Columns of numbers, by their beginning: an empty cell is "not known".
_NUMBERS = ("doses_", "value", "mean_dose_", "followup_months", "effective_months", "n_augmented", "n\0")
_INN = re.compile(r"[a-z][a-z0-9' ,.()-]*\Z")


class _Compiler:
    def __init__(self, directory: Path, *, with_coefficients: bool = True) -> None:
        self.directory = directory
        self.with_coefficients = with_coefficients
        self.problems: list[tuple[str, str, str]] = []
        self.dues: list[tuple[str, date]] = []
        self.reviewed: dict[str, bool] = {}

    def problem(self, file: str, path: str, message: str) -> None:
        self.problems.append((file, path, message))

    # ---- reading -------------------------------------------------------------------------------------------------
    def read_toml(self, path: Path) -> dict[str, Any] | None:
        file = path.relative_to(self.directory).as_posix()
        try:
            with path.open("rb") as stream:
                return tomllib.load(stream)
        except FileNotFoundError:
            self.problem(file, "", "the file is missing")
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            self.problem(file, "", f"not valid TOML: {error}")
        return None

    def read_csv(self, path: Path) -> list[tuple[int, dict[str, Any]]]:
        """Rows with the number of the line that they end on."""
        file = path.relative_to(self.directory).as_posix()
        try:
            text = path.read_text(encoding="utf-8")
        except (FileNotFoundError, UnicodeDecodeError) as error:
            self.problem(file, "", f"cannot be read: {type(error).__name__}")
            return []
        rows: list[tuple[int, dict[str, Any]]] = []
        reader = csv.DictReader(io.StringIO(text))
        for row in reader:
            if None in row or None in row.values():
                self.problem(file, f"line {reader.line_num}", "the number of columns differs from the header's")
                continue
            rows.append((reader.line_num, {k: (None if v == "" and f"{k}\0".startswith(_NUMBERS) else v) for k, v in row.items()}))
        return rows

    def load(self, pattern: str, file: str, data: Any) -> Any:
        from marshmallow import ValidationError

        from medcheck.formulary.schema import FILE_SCHEMAS

        try:
            return FILE_SCHEMAS[pattern]().load(data)
        except ValidationError as error:
            for path, messages in _flatten(error.messages):
                for message in messages:
                    self.problem(file, path, message)
            return None

    def review(self, file: str, data: dict[str, Any] | None) -> bool:
        """Note when the file is due; True when a clinician other than the author has checked it."""
        review = (data or {}).get("review")
        if not review:
            return False
        for key in ("date_reviewed", "next_review"):
            if not isinstance(review[key], date):
                self.problem(file, f"review.{key}", "not a date")
                return False
        self.dues.append((file, review["next_review"]))
        if review["checked_by"] and review["checked_by"] == review["authored_by"]:
            self.problem(file, "review.checked_by", "author and checker must differ")
        self.reviewed[file] = bool(review["checked_by"])
        return self.reviewed[file]

    # ---- the parts -----------------------------------------------------------------------------------------------
    def run(self) -> dict[str, Any]:
        directory = self.directory
        raw = {name: self.read_toml(directory / name) for name in _TOML_FILES}
        if raw["references.toml"]:
            raw["references.toml"] = {"references": raw["references.toml"]}
        loaded = {name: self.load(name, name, data) for name, data in raw.items() if data is not None}
        for name, data in loaded.items():
            if name not in ("formulary.toml", "references.toml", "dopaminergic.toml", "neutral.toml"):
                self.review(name, data)

        classes: dict[str, dict[str, Any]] = {}
        ingredients: dict[str, dict[str, Any]] = {}
        class_files = sorted((directory / "classes").glob("*.toml"))
        if not class_files:
            self.problem("classes/", "", "no class file found")
        parsed = []
        for path in class_files:
            content = self.read_toml(path)
            parsed.append(
                (
                    f"classes/{path.name}",
                    path.stem,
                    None if content is None else self.load("classes/*.toml", f"classes/{path.name}", content),
                )
            )
        parsed.append(("dopaminergic.toml", "dopaminergic", loaded.get("dopaminergic.toml")))
        for file, stem, data in parsed:
            if data is None:
                continue
            reviewed = self.review(file, data)
            if data["class_"]["key"] != stem:
                self.problem(file, "class.key", f"must be the file's name, {stem!r}")
            self.add_class(file, data["class_"], data["class_evidence"], reviewed, classes)
            self.add_ingredients(file, data["ingredient"], lambda _e, key=data["class_"]["key"]: key, ingredients)
        neutral = loaded.get("neutral.toml")
        if neutral is not None:
            reviewed = self.review("neutral.toml", neutral)
            for key, cls in neutral["class_"].items():
                if cls["key"] != key:
                    self.problem("neutral.toml", f"class.{key}.key", "must equal the table's name")
                self.add_class("neutral.toml", cls, [], reviewed, classes)
            self.add_ingredients("neutral.toml", neutral["ingredient"], lambda e: str(e["class_"]), ingredients)

        references = self.add_references((loaded.get("references.toml") or {}).get("references", {}))
        needs = self.add_needs(loaded.get("alternatives.toml"))
        mimics = self.add_mimics(loaded.get("mimics.toml"))
        modifiers = self.add_modifiers(loaded.get("modifiers.toml"))
        rows = {name: self.csv_rows(name) for name in _CSV_FILES}
        lines, names, places = self.add_names(ingredients, loaded.get("combinations.toml"), rows["abbreviations.csv"])
        self.cross_check(classes, ingredients, references, needs, mimics, modifiers, loaded.get("combinations.toml"))
        augmentation = add_augmentation(
            self, ingredients, references, modifiers.get("conditions", {}), with_coefficients=self.with_coefficients
        )

        head = loaded.get("formulary.toml") or {"version": "", "released": date.min, "licence": "", "scope": ""}
        if not isinstance(head["released"], date):
            self.problem("formulary.toml", "released", "not a date")
        return {
            "format": FORMAT,
            "version": head["version"],
            "released": head["released"].isoformat() if isinstance(head["released"], date) else "",
            "licence": head["licence"],
            "scope": head["scope"],
            "sha256": source_digest(directory),
            "clinically_reviewed": bool(self.reviewed) and all(self.reviewed.values()),
            "classes": classes,
            "ingredients": ingredients,
            "names": names,
            "places": places,
            "shops": sorted({normalise_name(x) for x in (loaded.get("combinations.toml") or {}).get("shops", [])}),
            "lines": lines,
            "references": references,
            "needs": needs,
            "mimics": mimics,
            "augmentation": augmentation,
            "modifiers": modifiers,
            "sig_terms": [{k: v for k, v in r.items() if v not in (None, "") and k not in ("note", "source")} for r in rows["sig.csv"]],
            "figure_rules": [{k: v for k, v in r.items() if v is not None and k != "source"} for r in rows["figures.csv"]],
            "lookalikes": [{k: v for k, v in r.items() if k != "rls_side"} for r in rows["lookalikes.csv"]],
            "status_cues": [
                {**{k: v for k, v in r.items() if k != "source"}, "phrase": normalise_name(r["phrase"])} for r in rows["status_cues.csv"]
            ],
            "heading_words": [{k: v for k, v in r.items() if k != "source"} for r in rows["headings.csv"]],
            "reviews_due": [[file, due.isoformat()] for file, due in sorted(self.dues)],
        }

    def csv_rows(self, name: str) -> list[dict[str, Any]]:
        rows = []
        for number, row in self.read_csv(self.directory / name):
            before = len(self.problems)
            good = self.load(name, name, row)
            self.problems[before:] = [(file, f"line {number}: {path}", message) for file, path, message in self.problems[before:]]
            if good is not None:
                rows.append(good)
        return rows

    def add_class(self, file: str, cls: dict[str, Any], evidence: list[dict[str, Any]], reviewed: bool, classes: dict[str, Any]) -> None:
        if cls["key"] in classes:
            self.problem(file, f"class.{cls['key']}", "this class is defined twice")
            return
        items = [{**e, "of": "class"} for e in evidence]
        optional = {"mechanism": "", "needs": [], "no_abrupt_stop": "", "mimics": [], "references": []}
        classes[cls["key"]] = {**optional, **cls, "evidence": items, "clinically_reviewed": reviewed}

    def add_ingredients(self, file: str, table: dict[str, Any], class_of: Any, into: dict[str, Any]) -> None:
        if list(table) != sorted(table):
            wrong = next(a for a, b in zip(table, sorted(table), strict=True) if a != b)
            self.problem(file, f"ingredient.{wrong}", "ingredients must be sorted by name")
        for name, entry in table.items():
            path = f"ingredient.{name}"
            if name in into:
                self.problem(file, path, "this ingredient is defined twice")
                continue
            if not _INN.match(name):
                self.problem(file, path, "the key must be the INN in lower case")
            if entry["strength"] == "strong" and entry["verified"] != "yes":
                self.problem(file, path, "the highest strength needs verified = yes")
            if entry["basis"] == "class_inherited" and any(
                e["of"] == "drug" and e["figure"] and e["direction"] == "for" for e in entry["evidence"]
            ):
                self.problem(file, path, "class_inherited must not carry a figure of the drug's own")
            entry = dict(entry)
            entry["class_key"] = class_of(entry)
            del entry["class_"]
            entry["brands"] = {k: entry["brands"].get(k, []) for k in ("us", "uk", "other")}
            entry.setdefault("spellings", [])
            if entry.get("dosing"):
                entry["dosing"] = {k: v for k, v in entry["dosing"].items() if k not in ("levodopa_equivalent_per_mg", "note")}
            into[name] = {"name": name, **entry}
            into[name]["_file"] = file

    def add_references(self, table: dict[str, Any]) -> dict[str, Any]:
        out = {}
        if list(table) != sorted(table):
            self.problem("references.toml", "", "references must be sorted by key")
        for key, ref in table.items():
            if not any(ref[k] for k in ("pmid", "doi", "pmcid", "url", "isbn", "label_set_id")) and not (ref["source"] and ref["year"]):
                self.problem(
                    "references.toml", key, "cannot be resolved: give pmid, doi, pmcid, url, isbn or label_set_id, or source and year"
                )
            out[key] = {"key": key, **ref}
        return out

    def add_needs(self, data: Any) -> dict[str, Any]:
        return {
            key: {"key": key, "name": n["name"], "options": n["option"], "do_not_suggest": n["do_not_suggest"]}
            for key, n in (data["need"] if data else {}).items()
        }

    def add_mimics(self, data: Any) -> dict[str, Any]:
        return {key: {"key": key, **m} for key, m in (data["mimic"] if data else {}).items()}

    def add_modifiers(self, data: Any) -> dict[str, Any]:
        if not data:
            return {}
        plain = {"when": "", "classes": [], "ingredients": [], "conditions": []}
        return {
            "conditions": {k: {"key": k, **c} for k, c in data["condition"].items()},
            "iron_rules": data["iron_rule"],
            "iron_cautions": [{**plain, **c} for c in data["iron_caution"]],
            "renal_rules": data["renal_rule"],
            "pregnancy_rules": [{**plain, **c} for c in data["pregnancy_rule"]],
            "age_rules": [{**plain, **c} for c in data["age_rule"]],
            "context_rules": [{**plain, **c} for c in data["context_rule"]],
            "sedative_rules": [{**{k: v for k, v in r.items() if k != "group"}, "groups": r["group"]} for r in data["sedative_rule"]],
            "timing": data["timing"],
        }

    # ---- names ---------------------------------------------------------------------------------------------------
    def add_names(
        self, ingredients: dict[str, Any], combinations: Any, abbreviations: list[dict[str, Any]]
    ) -> tuple[list[Any], list[Any], dict[str, str]]:
        """Product lines, every exact name with what it stands for, and where names that are no plain names count.

        A name may stand for one thing only.
        """
        owner: dict[str, tuple[Any, str, str]] = {}
        countries: dict[str, set[str]] = {}
        places: dict[str, str] = {}
        notes: dict[str, str] = {}

        def add(
            name: str, what: tuple[str, ...], kind: str, file: str, path: str, markets: tuple[str, ...], line: int | None = None
        ) -> None:
            key = normalise_name(name)
            if not key:
                self.problem(file, path, f"the name {name!r} holds no letter or digit")
                return
            value = (what, kind, line)
            if key in owner:
                (old, _, old_line), old_file, old_path = owner[key]
                if (old, old_line) != (what, line):
                    self.problem(file, path, f"the name {name!r} belongs to {old_file} {old_path} already")
                    return
            else:
                owner[key] = (value, file, path)
            countries.setdefault(key, set()).update(markets)
            for other in _also_written(key):
                owner.setdefault(other, (value, file, path))
                countries.setdefault(other, set()).update(markets)

        for name, entry in ingredients.items():
            file, path = entry["_file"], f"ingredient.{name}"
            if entry["class_key"] != "opioid_withdrawal":  # a state, found from a stopped opioid, never from its name
                add(name, (name,), "ingredient", file, path, ())
            for spelling in entry["spellings"]:
                add(spelling, (name,), "spelling", file, f"{path}.spellings", ())
            for market, brands in entry["brands"].items():
                for brand in brands:
                    add(brand, (name,), "brand", file, f"{path}.brands.{market}", () if market == "other" else (market,))
        lines: list[Any] = []
        for i, product in enumerate((combinations or {}).get("product", [])):
            for name in product["names"]:
                markets = tuple(product.get("countries", []))
                add(name, tuple(product["ingredients"]), "product", "combinations.toml", f"product.{i} {product['names'][0]}", markets)
        for i, line in enumerate((combinations or {}).get("line", [])):
            variants = [{"names": v["names"], "ingredients": v["ingredients"]} for v in line["variant"]]
            lines.append({"names": line["names"], "question": line["question"], "variants": variants, "source": line["source"]})
            markets = tuple(line.get("countries", []))
            for name in line["names"]:
                both = sorted({x for v in line["variant"] for x in v["ingredients"]})
                add(name, tuple(both), "line", "combinations.toml", f"line.{i} {line['names'][0]}", markets, line=i)
                if line["place"]:
                    places.update(dict.fromkeys((normalise_name(name), *_also_written(normalise_name(name))), line["place"]))
            for v in line["variant"]:
                for name in v["names"]:
                    add(name, tuple(v["ingredients"]), "variant", "combinations.toml", f"line.{i} variant {name}", markets)
        for text, rows in self.abbreviation_groups(abbreviations).items():
            meant = [r for r in rows if r["reading"] != "misread"]
            what = [tuple(filter(None, r["ingredients"].split("|"))) for r in meant]
            path, line_index = f"abbreviation {text}", None
            if len(meant) > 1 or meant[0]["reading"] == "asked":
                variants = [{"names": [r["meaning"]], "ingredients": list(i)} for r, i in zip(meant, what, strict=True)]
                lines.append({"names": [text], "question": _which(text, meant), "variants": variants, "source": meant[0]["source"]})
                line_index = len(lines) - 1
            every = tuple(sorted({x for i in what for x in i})) if line_index is not None else what[0]
            add(text, every, "abbreviation", "abbreviations.csv", path, (), line=line_index)
            places[normalise_name(text)] = meant[0]["place"]
            notes[normalise_name(text)] = "; ".join(f"{text} has been misread as {r['meaning']}" for r in rows if r["reading"] == "misread")
        for entry in ingredients.values():
            del entry["_file"]
        names = [
            [key, list(value[0]), value[1], sorted(countries[key]), value[2], notes.get(key, "")]
            for key, (value, _, _) in sorted(owner.items())
        ]
        return lines, names, dict(sorted(places.items()))

    def abbreviation_groups(self, rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
        """The readings of each abbreviation, by its text; the rows of one stand together and agree on where it counts."""
        groups: dict[str, list[dict[str, Any]]] = {}
        last = ""
        for row in rows:
            text = row["text"]
            path = f"abbreviation {text}"
            if text in groups and text != last:
                self.problem("abbreviations.csv", path, "its rows must stand together")
            if text < last:
                self.problem("abbreviations.csv", path, "must be sorted by text")
            last = text
            groups.setdefault(text, []).append(row)
        for text, readings in groups.items():
            path = f"abbreviation {text}"
            if len({r["place"] for r in readings}) > 1:
                self.problem("abbreviations.csv", path, "its rows differ in place")
            meanings = [r["meaning"] for r in readings]
            if len(set(meanings)) < len(meanings):
                self.problem("abbreviations.csv", path, "the same meaning twice")
        meant = {t: r for t, r in groups.items() if any(x["reading"] != "misread" for x in r)}
        for text in groups.keys() - meant.keys():
            self.problem("abbreviations.csv", f"abbreviation {text}", "needs a reading that is meant or asked")
        return meant

    # ---- cross-file checks ---------------------------------------------------------------------------------------
    def cross_check(
        self,
        classes: dict[str, Any],
        ingredients: dict[str, Any],
        references: dict[str, Any],
        needs: dict[str, Any],
        mimics: dict[str, Any],
        modifiers: dict[str, Any],
        combinations: Any,
    ) -> None:
        def resolve(file: str, path: str, keys: Any, known: Any, what: str) -> None:
            for key in keys:
                if key not in known:
                    self.problem(file, path, f"unknown {what} {key!r}")

        for key, cls in classes.items():
            resolve(f"class {key}", "references", cls["references"], references, "reference")
            resolve(f"class {key}", "needs", cls["needs"], needs, "need")
            resolve(f"class {key}", "mimics", cls["mimics"], mimics, "mimic")
            for item in cls["evidence"]:
                resolve(f"class {key}", "class_evidence", item["references"], references, "reference")
        for name, entry in ingredients.items():
            resolve(f"ingredient {name}", "class", [entry["class_key"]], classes, "class")
            for item in entry["evidence"]:
                resolve(f"ingredient {name}", "evidence", item["references"], references, "reference")
            if entry.get("dosing"):
                resolve(f"ingredient {name}", "dosing", entry["dosing"]["references"], references, "reference")
            if classes.get(entry["class_key"], {}).get("mandated") and entry["tier"] not in ("A", "B", "C"):
                self.problem(f"ingredient {name}", "tier", "a member of a mandated class stays at tier C or above")
        for key, need in needs.items():
            for i, option in enumerate(need["options"]):
                path = f"need.{key}.option.{i}"
                resolve("alternatives.toml", path, option["references"], references, "reference")
                resolve("alternatives.toml", path, option["excluded_with_classes"] + option["caution_with_classes"], classes, "class")
                conditions = option["excluded_conditions"] + option["caution_conditions"]
                resolve("alternatives.toml", path, conditions, modifiers.get("conditions", {}), "condition")
                if option["kind"] == "drug":
                    for name in option["ingredients"]:
                        if ingredients.get(name, {}).get("tier", "N") not in ("N", "P"):
                            self.problem("alternatives.toml", path, f"{name} is itself flagged and must not be suggested")
                        if any(d["ingredient"] == name for d in need["do_not_suggest"]):
                            self.problem("alternatives.toml", path, f"{name} is on the same need's do-not-suggest list")
            for i, item in enumerate(need["do_not_suggest"]):
                resolve("alternatives.toml", f"need.{key}.do_not_suggest.{i}", item["references"], references, "reference")
        for key, mimic in mimics.items():
            resolve("mimics.toml", f"mimic.{key}", mimic["references"], references, "reference")
            resolve("mimics.toml", f"mimic.{key}", mimic["linked_classes"], classes, "class")
            resolve("mimics.toml", f"mimic.{key}", mimic["linked_ingredients"], ingredients, "ingredient")
        for part, rules in modifiers.items():
            for rule in rules if isinstance(rules, list) else [rules] if part == "timing" else []:
                path = f"{part} {rule.get('id', '')}".strip()
                resolve("modifiers.toml", path, rule["references"], references, "reference")
                resolve("modifiers.toml", path, rule.get("classes", []) + rule.get("late_onset_classes", []), classes, "class")
                named = (
                    rule.get("ingredients", [])
                    + rule.get("late_onset_ingredients", [])
                    + ([rule["ingredient"]] if "ingredient" in rule else [])
                )
                resolve("modifiers.toml", path, named, ingredients, "ingredient")
                resolve("modifiers.toml", path, rule.get("conditions", []), modifiers["conditions"], "condition")
                for group in rule.get("groups", []):  # its ingredients may be drugs outside the formulary, known by name only
                    resolve("modifiers.toml", path, group["classes"], classes, "class")
        for kind in ("product", "line"):
            firsts = [normalise_name(x["names"][0]) for x in (combinations or {}).get(kind, [])]
            if firsts != sorted(firsts):
                wrong = next(a for a, b in zip(firsts, sorted(firsts), strict=True) if a != b)
                self.problem("combinations.toml", f"{kind} {wrong}", "must be sorted by first name")


def _which(text: str, readings: list[dict[str, Any]]) -> str:
    meanings = [r["meaning"] for r in readings]
    if len(meanings) == 1:
        return f"Is {text} short for {meanings[0]}? It is no settled abbreviation: please confirm."
    return f"What is {text} short for: {', '.join(meanings[:-1])} or {meanings[-1]}?"


def _also_written(key: str) -> list[str]:
    """Other ways in which a name is typed: "p m" for "pm", "&" (which normalising drops) for "and"."""
    out = [key[:-2] + "p m"] if key.endswith(" pm") else []
    if " and " in key:
        out.append(key.replace(" and ", " "))
    return out


def _payload(document: dict[str, Any]) -> bytes:
    """A head, then one line for each row of a large table, so that a reader decodes only the rows it asks for.

    Lines: the head as JSON with the number of rows of each table; key TAB JSON for each row; last the exact names, separated by tabs, and
    for each of them kind TAB line TAB markets TAB ingredients TAB note, separated by the record separator (U+001E).
    """
    tables = {name: document.pop(name) for name in TABLES}
    names = document.pop("names")
    document["rows"] = {name: len(rows) for name, rows in tables.items()}
    lines = [json.dumps(document, ensure_ascii=False, separators=(",", ":"))]
    for rows in tables.values():
        lines += [f"{key}\t{json.dumps(row, ensure_ascii=False, separators=(',', ':'))}" for key, row in rows.items()]
    lines.append("\t".join(key for key, *_ in names))
    lines.append(
        "\x1e".join(
            "\t".join((kind, "" if line is None else str(line), " ".join(markets), ";".join(what), note))
            for _, what, kind, markets, line, note in names
        )
    )
    return "\n".join(lines).encode()


def _flatten(messages: Any, path: str = "") -> list[tuple[str, list[str]]]:
    if isinstance(messages, dict):
        out: list[tuple[str, list[str]]] = []
        for key, value in messages.items():
            part = "" if key in ("key", "value", "_schema") else str(key).rstrip("_")
            out.extend(_flatten(value, ".".join(x for x in (path, part) if x)))
        return out
    return [(path, [str(m) for m in (messages if isinstance(messages, list) else [messages])])]


def _raise_problems(compiler: _Compiler) -> None:
    if compiler.problems:
        shown = "\n".join(f"  {file}: {path}: {message}" for file, path, message in compiler.problems[:50])
        more = f"\n  and {len(compiler.problems) - 50} more" if len(compiler.problems) > 50 else ""
        raise FormularyError(f"the formulary is invalid, {len(compiler.problems)} problem(s):\n{shown}{more}", compiler.problems)


def fit_inputs(directory: Path) -> FitInputs:
    """What a fit of the augmentation model reads; the committed coefficients are not looked at.

    Raises:
        FormularyError: anything else in the directory is missing or invalid.
    """
    compiler = _Compiler(Path(directory), with_coefficients=False)
    document = compiler.run()
    _raise_problems(compiler)
    return load_augmentation.fit_inputs(document["augmentation"])


def compile_directory(directory: Path) -> bytes:
    """Read, validate and cross-check a formulary directory.

    Returns the compiled form: a line with the SHA-256 of its source and its own, then what `_payload` writes.

    Raises:
        FormularyError: anything is missing or invalid; `problems` lists every finding with file and path.
    """
    compiler = _Compiler(Path(directory))
    document = compiler.run()
    _raise_problems(compiler)
    document["augmentation"] = {k: document["augmentation"][k] for k in ("rules", "arms", "coefficients")}
    payload = _payload(document)
    return f"{document['sha256']} {hashlib.sha256(payload).hexdigest()}\n".encode() + payload
