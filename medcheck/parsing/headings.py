"""Section headings, field labels and table heads, recognised by the words they are made of (formulary/headings.csv); knows no drug."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from medcheck.domain import HeadingWord, Status
from medcheck.parsing.fields import ROLE_WORDS, label_role
from medcheck.parsing.tables import Table, cell_spans, read_head
from medcheck.text import fold, lazy_pattern, tokenise

_TITLE = lazy_pattern(r"([^:\t|]{1,90}?)\s*(?::|\s[-–—]\s|\t|\scolon\b|\Z)")
_ENDING_COLON = lazy_pattern(r"([^:\t|]{3,90}):\W*\Z")
_QUESTION = lazy_pattern(r"(?:[QA]\d{0,2}[.:)]\s*)?([^:?\t|]{8,90})[:?](?=\s|\Z)[\s*_]*")
_MARK = lazy_pattern(r"[:?](?:\s|\Z)")
_COLUMN = lazy_pattern(r"[\t|]+")
_FIRST_WORD = re.compile(r"[A-Za-z][A-Za-z0-9']*|[^\x00-\x7f]+")
_ASIDE = lazy_pattern(r"[(\[][^()\[\]]*[)\]]")
_LABEL = lazy_pattern(r"\s*\W{0,3}([A-Za-z][A-Za-z ]{1,24}?)\s*[:=][\s*_\"]{0,3}")
_COLON = lazy_pattern(r":(?=[\s*_,]|\Z)|\bcolon\b")
_WORD_BEFORE = lazy_pattern(r"[A-Za-z]+")
_LONGEST_TITLE = 60
_LONGEST_REMARK = 120
_LONGEST_BARE = 30
_MOST_INSIDE = 6
_RAW_WORD = lazy_pattern(r"[a-z0-9|!]+")
_LIKE = str.maketrans({"l": "i", "1": "i", "|": "i", "!": "i", "0": "o", "5": "s", "8": "b"})
_DASHES = str.maketrans("–—", "--")
_ALLERGY_PRODUCT = lazy_pattern(r"allerg|family", re.I)
_DISCONTINUED = lazy_pattern(r"\bd/c(?:['’]?e?d)?\b", re.I)
_SHORTEST_OCR = 5
_MOST_WORDS = 12
_SHORTEST_QUESTION = 4
_ASKING = frozenset("what which have do are did has list please name any".split())  # what opens a question of a questionnaire
_NOT_ENDED = lazy_pattern(r"\b(?:not|never|dont|cannot)(?: be)? (?:stop|stopped|stopping|discontinue|discontinued)\b")
_SMALL = frozenset("i me did do am it we us he".split())
_QUESTIONED = frozenset("i you me my your".split())
# Nouns that make a line without a colon a heading, and words of instructions that alone make none ("AT BEDTIME").
_NOUNS = frozenset(
    """medication medications meds medicines medicine drugs drug prescriptions repeat repeats acute acutes supplements vitamins otc
    allergies allergy prescription templates items medicaments allergien
    allergie alergias medikation medikamente dauermedikation bedarfsmedikation medicacion medicamentos
    traitement medicaments farmaci""".split()
)
_INSTRUCTING = frozenset(
    """at bedtime by daily day days evening morning night noon tablets tablet times time once twice with before after needed as
    required every take takes taking on for and to unit units prn in per the""".split()
)
_NOW = frozenset(
    {
        "current",
        "currently",
        "active",
        "present",
        "presently",
        "continue",
        "continued",
        "ongoing",
        "new",
        "modified",
        "aktuelle",
        "unchanged",
        "started",
    }
)
_ANSWERS = frozenset({"nkda", "nka", "none", "nil", "known"})  # what stands behind a heading as its content
_NEEDING_VERB = frozenset({"do not", "never", "not for", "no longer"})  # "do not crush", unlike "do not take"
_TURNING = frozenset("until if when unless never must should whether or".split())
_TELLING = frozenset("brought brings gave gives says said reports reported wrote writes provided provides states keeps sent".split())
_SEASONAL = frozenset({"seasonal", "environmental", "pollen", "hayfever", "dust"})  # what is taken for such allergies stands below
_PRODUCT_WORDS = frozenset(
    """relief antihistamine congestion sinus symptom nighttime childrens cold laxative wellness softener complete day medicine non drowsy
    headache tablets tablet""".split()
)
_NEGATING = frozenset({"no", "not"})
_CONDITIONS = frozenset("rls plmd gerd htn copd adhd ptsd mdd gad ocd bph parkinsons alzheimers".split())  # no ordinary words, no drugs
_FORMS = frozenset("tablets tablet capsules drops pill pills".split())


class HeadingReader:
    """Recognises section headings from the words they are made of; `is_ordinary` tells words that are certainly no drug."""

    def __init__(self, words: Iterable[HeadingWord], is_ordinary: Callable[[str], bool] = lambda _: False) -> None:
        self._status: Mapping[str, str] = {w.word: w.status for w in words}
        self._is_ordinary = is_ordinary
        self._begins = lru_cache(maxsize=4096)(self._find_may_begin)
        self._read_wrongly: dict[str, str] = {w.translate(_LIKE): w for w in self._status if len(w) >= _SHORTEST_OCR}

    def read(self, text: str) -> tuple[Status | None, int] | None:
        """The section status of a heading at the start of `text` and where its content begins; None when there is no heading.

        A heading is made of heading words only, or ends the line with a colon and holds ordinary words besides; the status is None for a
        neutral one ("MEDICATIONS:").
        """
        text = _without_slash(text)
        begin = _FIRST_WORD.search(text)
        if begin is None:
            return None
        word = begin.group().lower()
        if (word not in self._status or not word.isascii()) and not self._may_begin(word) and not _MARK.search(text):
            return None  # most lines end here: they begin with a drug
        columns = _COLUMN.split(text.strip(" |\t"))
        if len(columns) > 2 and all(t in self._status for t in tokenise(text).words):
            return None, len(text)  # the head of a table
        m = _TITLE.match(text)
        if m is None:
            return None
        whole = m.end() >= len(text.rstrip(" \t*_#="))
        if _ALLERGY_PRODUCT.search(m.group(1)) and _PRODUCT_WORDS & set(tokenise(m.group(1)).words):
            return None  # "All day allergy", "Allergy relief"
        title = _ASIDE.sub(" ", m.group(1))
        if ". " in title:
            return None  # a sentence ends before the colon: "No known drug allergies. Current: ..."
        tokens = None if "?" in title else self._words(title)
        if tokens is None:
            return self._sentence(text)
        if not tokens or len(tokens) > _MOST_WORDS:
            return None
        if tokens[0] == "no" and tokens[1:2] not in (["change"], ["changes"]) and not self._status.get(" ".join(tokens[:2])):
            return None  # "No known allergies"
        beside = tokenise(" ".join(_ASIDE.findall(m.group(1)))).words
        if any(t not in self._status and not self._is_ordinary(t) and not t.isdigit() for t in beside):
            return None  # "Acute issue (promethazine 25 mg)" is no heading
        aside = [t for t in self._phrases(beside) if self._status.get(t)]
        said = [self._status[w] for w in (*self._phrases(tokens), *aside) if self._status.get(w)]
        if tokens == ["all"] and not whole:
            said = ["allergy"]  # "ALL: codeine"
        if _NOT_ENDED.search(" ".join(tokens)):
            said = []  # "do not stop these medicines: ..."
        if tokens[0] == "for" or _SEASONAL & set(beside) or _speaks_of_now([*self._phrases(tokens), *beside], said):
            said = []  # "for allergies: hydroxyzine": what it is taken for; "current and past medications": not told apart
        if not whole and not said and "-" in text[len(m.group(1)) : m.end()].translate(_DASHES) and not _NOUNS & set(tokens):
            return None  # "Sleep - ..." heads nothing
        if whole and ":" not in text and len(said) == len(aside) and not _looks_like_title(title, tokens):
            return None
        if whole and ":" not in text and said and any(t.isdigit() for t in tokens) and not _NOUNS & set(tokens):
            return None  # "Discontinued 3/2024" speaks of the entry above it
        return (Status(said[0]) if said else None), m.end()

    def _sentence(self, text: str) -> tuple[Status | None, int] | None:
        """A line of ordinary words that ends with a colon, or a question with its answer: "What have you tried before? Mirapex"."""
        m = _ENDING_COLON.match(text)
        question = None if m is not None else _QUESTION.match(text)
        m = m or question
        if m is None or any(c.isdigit() for c in m.group(1)) or ". " in m.group(1):
            return None
        words = tokenise(m.group(1)).words
        if question is not None and (len(words) < _SHORTEST_QUESTION or not (words[0] in _ASKING or _QUESTIONED & set(words))):
            return None
        if len(words) > _MOST_WORDS or any(
            w not in self._status and w not in _CONDITIONS and w not in _SMALL and not self._is_ordinary(w) for w in words
        ):
            return None
        said = [self._status[w] for w in self._phrases(words) if self._status.get(w) and w not in _NEEDING_VERB]
        asked = question is not None and question.group().rstrip(" *_\t").endswith("?")
        if (not asked and _TURNING & set(words)) or _NOT_ENDED.search(" ".join(words)) or ("family" in said and _TELLING & set(words)):
            said = []  # "take until finished", "her mother brought this list"
        if not said and not _NOUNS & set(words) and not (question is not None and words[0] in _ASKING):
            return None
        return (Status(said[0]) if said else None), m.end() if question is not None else len(text)

    def bare(self, text: str) -> tuple[Status | None] | None:
        """The status of a line that is nothing but a status ("Stopped", "On hold", "Active"); None for another line.

        Such a line can head what is below it or speak of the drug above it: the layout of the whole list tells.
        """
        first = _FIRST_WORD.search(text) if len(text) <= _LONGEST_BARE and ":" not in text else None
        if first is None or not (first.group().lower() in self._status or self._may_begin(first.group().lower())):
            return None
        words = tokenise(text).words
        if not 0 < len(words) <= 3 or any(w not in self._status for w in words):
            return None
        said = [self._status[w] for w in self._phrases(words) if self._status.get(w)]
        if said:
            return None if said[0] in ("allergy", "family") else (Status(said[0]),)
        return (None,) if words[0] in _NOW or words[0] == "taking" else None

    def may_head(self, text: str) -> bool:
        """Whether a line ends with a colon and holds ordinary words only: it may begin something else, whatever it says."""
        m = _ENDING_COLON.match(text)
        if m is None:
            return False
        words = tokenise(m.group(1)).words
        return len(words) <= _MOST_WORDS and all(self._is_ordinary(w) or w in self._status for w in words)

    def label(self, text: str) -> tuple[str, int] | None:
        """What a field of an entry holds ("Start date: ...", "Sig: ...") and where its content begins; None when there is no label."""
        m = _LABEL.match(text)
        if m is None:
            return None
        role = label_role(m.group(1).lower().split(), text[m.end() :])
        return (role, m.end()) if role else None

    def table(self, text: str) -> Table | None:
        """The head of a table, or None for another line."""
        return self._sections_side_by_side(text) or read_head(text, self._status.__contains__, self._is_ordinary)

    def _sections_side_by_side(self, text: str) -> Table | None:
        """Columns that are sections: "Current medications | Past medications | Allergies"; their role is "=" and the status."""
        delimiter = next((d for d in ("|", "\t") if d in text), "")
        if not delimiter:
            return None
        cells = [text[a:b] for a, b in cell_spans(text, delimiter)]
        heads = [self.read(c) if len(c) <= _LONGEST_TITLE else None for c in cells]
        whole = all(head is not None and head[1] >= len(c) for head, c in zip(heads, cells, strict=True))
        nouns = sum(1 for c in cells if _NOUNS & set(tokenise(c).words))
        if len(cells) < 2 or not whole or nouns < 2 or not any(head is not None and head[0] for head in heads):
            return None
        return Table(delimiter, tuple(f"={head[0] or ''}" for head in heads if head is not None))

    def only_speaks_of_the_list(self, text: str, begin: int) -> bool:
        """Whether words say something of the list and nothing of a medicine: "Your medication list has changed"."""
        first = _FIRST_WORD.search(text, begin)
        opening = first.group().lower() if first else ""
        if (opening not in self._status and opening not in _NEGATING) or len(text) - begin > _LONGEST_REMARK:
            return False
        words = set(tokenise(text[begin:]).words) - _NEGATING
        return bool(_NOUNS & words) and not _FORMS & words and all(w in self._status for w in words)

    def is_only_heading_words(self, text: str) -> bool:
        """Whether what follows a heading on its line is more of it ("Discontinued meds: date stopped"), and no content."""
        words = tokenise(text).words
        if not 1 < len(words) <= _MOST_WORDS or any(w.isdigit() for w in words):
            return False
        if any(c in text for c in ".:;,"):
            return False
        return all(w in ROLE_WORDS or w in ("d", "c", "cd", "s") for w in words) and any(len(w) > 3 for w in words)

    def _may_begin(self, word: str) -> bool:
        return self._begins(word)

    def _find_may_begin(self, word: str) -> bool:
        """Whether a first word that is no heading word may be one that was read wrongly or written in other letters."""
        word = word if word.isascii() else fold(word).text
        return word in self._status or word in _CONDITIONS or word.translate(_LIKE) in self._read_wrongly

    def inside(self, text: str, begin: int) -> list[int]:
        """Where further headings and labels begin within a line: "... daily. ALLERGIES: codeine", "... Sig: one daily Disp: 30"."""
        found = []
        text = _without_slash(text)
        for m in _COLON.finditer(text, begin):
            words = list(_WORD_BEFORE.finditer(text, max(begin, m.start() - _LONGEST_TITLE), m.start()))
            run: list[str] = []
            at = -1
            for word in reversed(words[-_MOST_INSIDE:]):
                if (
                    word.group().lower() in _ANSWERS
                    or (run and text[word.end() : at].strip(" "))
                    or word.group().lower() not in self._status
                ):
                    break
                run.insert(0, word.group().lower())
                at = word.start()
            if not run or at <= begin or text[words[-1].end() : m.start()].strip(" *_"):
                continue
            before = text[begin:at]
            last = before.rstrip(" *_")[-1:]
            parted = before.endswith("  ") or last in (".", ";", "|", "/", "") or (last == "," and text[at : m.start()].isupper())
            parted = parted or (len(run) > 1 and text[at : m.start()].istitle())  # "... qhs Past Surgical History: none"
            if label_role(run, text[m.end() :]) or _NOUNS & set(run) or (parted and any(self._status[w] for w in run)):
                found.append(at)
        return found

    def _words(self, title: str) -> list[str] | None:
        """The words of a title when all are heading words, letters read wrongly put right ("MEDlCATl0NS"); else None."""
        tokens = tokenise(title).words
        if all(t in self._status or t.isdigit() or t in _CONDITIONS for t in tokens) and not set(tokens) <= _CONDITIONS:
            return tokens
        words = []
        for word in _RAW_WORD.findall(fold(title).text.replace("'", "")):
            if word in self._status or word.isdigit():
                words.append(word)
                continue
            known = self._read_wrongly.get(word.translate(_LIKE))
            if known is None:
                return None
            words.append(known)
        return words

    def _phrases(self, words: list[str]) -> list[str]:
        """The words, a known group of two or three as one: "not taking" says more than "not" and "taking"."""
        out: list[str] = []
        k = 0
        while k < len(words):
            length = next((n for n in (3, 2) if k + n <= len(words) and " ".join(words[k : k + n]) in self._status), 1)
            out.append(" ".join(words[k : k + length]))
            k += length
        return out


def _without_slash(text: str) -> str:
    """ "D/C'd" as one word of the same length, so that offsets stay."""
    return _DISCONTINUED.sub(lambda m: ("dcd" if len(m.group()) > 3 else "dc").ljust(len(m.group())), text) if "/" in text else text


def _speaks_of_now(phrases: list[str], said: list[str]) -> bool:
    return bool(said) and said[0] in ("stopped", "completed", "not-taken") and bool(_NOW & set(phrases))


def _looks_like_title(text: str, tokens: list[str]) -> bool:
    words = re.findall(r"[A-Za-z]+", text)
    if not words or len(words) > _MOST_WORDS or set(tokens) <= _INSTRUCTING:
        return False
    return (text.isupper() and len(words) <= 6) or any(w in _NOUNS for w in tokens)
