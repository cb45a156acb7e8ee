"""Folding and tokenising: what is kept, what falls together, and that everything found can be shown where it was written."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medcheck.text import fold, normalise_name, tokenise

HOSTILE = st.text(
    st.one_of(
        st.characters(),  # surrogates included
        st.sampled_from("aаеοΡ01|5ßœﬁ½¼µ’–­​‮\0\t\r\n,./-('‘´é \U0001d419Ａ①㎎"),
    ),
    max_size=80,
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("Zoloft 50MG", "zoloft 50mg", id="ascii-only-lowered"),
        pytest.param("Séroquel", "seroquel", id="accent"),
        pytest.param("Se\u0301roquel", "seroquel", id="combining-accent"),
        pytest.param("ﬂuoxetine", "fluoxetine", id="ligature"),
        pytest.param("Ｐａｘｉｌ　２０", "paxil 20", id="full-width"),
        pytest.param("𝐙𝐨𝐥𝐨𝐟𝐭", "zoloft", id="mathematical-letters"),
        pytest.param("halo\u200bperi\u00addol", "haloperidol", id="zero-width-and-soft-hyphen"),
        pytest.param("\u202eReglan\u202c", "reglan", id="direction-marks"),
        pytest.param("Weißdorn Œstradiol Łysoform", "weissdorn oestradiol lysoform", id="letters-of-europe"),
        pytest.param("100 µg", "100 mcg", id="micro-sign"),
        pytest.param("100 μg", "100 mcg", id="greek-mu"),
        pytest.param("½ tab", " 1/2 tab", id="fraction"),
        pytest.param("St John’s", "st john's", id="typographic-apostrophe"),
        pytest.param("co‑careldopa 1–2", "co-careldopa 1-2", id="typographic-hyphens"),
        pytest.param("25 → 50", "25 > 50", id="arrow"),
        pytest.param("薬 10", "薬 10", id="other-script-kept"),
        pytest.param("", "", id="empty"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text).text == folded


@pytest.mark.parametrize(
    ("text", "folded", "doubtful"),
    [
        pytest.param("zоlоft", "zoloft", {1, 3}, id="cyrillic-o"),
        pytest.param("Ρaxil", "paxil", {0}, id="greek-rho"),
        pytest.param("zo1oft", "zoloft", {2}, id="one-for-l"),
        pytest.param("am|triptyline", "amltriptyline", {2}, id="bar-for-l"),
        pytest.param("hydr0xyzine", "hydroxyzine", {4}, id="zero-for-o"),
        pytest.param("ri5perdal", "risperdal", {2}, id="five-for-s"),
        pytest.param("benadry1", "benadryl", {7}, id="at-the-end-of-a-long-word"),
        pytest.param("gabapentin300mg", "gabapentin300mg", set(), id="a-dose-is-no-letter"),
        pytest.param("adcal1", "adcall", {5}, id="single-digit-after-a-word"),
        pytest.param("vit b1", "vit b1", set(), id="short-word-keeps-its-digit"),
        pytest.param("drug1.5", "drug1.5", set(), id="a-decimal-is-no-letter"),
        pytest.param("zoloft", "zoloft", set(), id="nothing-guessed"),
        pytest.param("séroquel", "seroquel", set(), id="an-accent-is-no-guess"),
    ],
)
def test_guessed_letters_are_marked_doubtful(text: str, folded: str, doubtful: set[int]) -> None:
    found = fold(text)
    assert (found.text, set(found.doubtful)) == (folded, doubtful)


@pytest.mark.parametrize(
    ("text", "span", "origin"),
    [
        pytest.param("Zoloft 50", (0, 6), "Zoloft", id="ascii"),
        pytest.param("– Séroquel 25", (2, 10), "Séroquel", id="accent"),
        pytest.param("ﬂuoxetine 20", (0, 10), "ﬂuoxetine", id="one-character-becomes-two"),
        pytest.param("ﬂuoxetine 20", (1, 10), "ﬂuoxetine", id="inside-a-ligature"),
        pytest.param("halo\u200bperidol x", (0, 11), "halo\u200bperidol", id="invisible-character-inside"),
        pytest.param("a ½ b", (3, 6), "½", id="fraction"),
        pytest.param("Séroquel", (3, 3), "", id="empty-span"),
        pytest.param("Zoloft", (3, 3), "", id="empty-ascii-span"),
    ],
)
def test_origin_points_into_the_text_as_written(text: str, span: tuple[int, int], origin: str) -> None:
    start, end = fold(text).origin(*span)
    assert text[start:end] == origin


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("Co-codamol 8/500mg", ["co", "codamol", "8", "500", "mg"], id="hyphen-slash-and-unit"),
        pytest.param("St. John's-wort", ["st", "johns", "wort"], id="apostrophe-vanishes"),
        pytest.param("St John’s wort", ["st", "johns", "wort"], id="typographic-apostrophe-vanishes"),
        pytest.param("gabapentin300mg", ["gabapentin", "300", "mg"], id="letters-and-digits-part"),
        pytest.param("'quoted' zoloft'", ["quoted", "zoloft"], id="quotes-are-no-apostrophes"),
        pytest.param("2.5mg 1½", ["2", "5", "mg", "1", "1", "2"], id="numbers"),
        pytest.param("薬 — …", ["薬"], id="another-script"),
        pytest.param("Мотилиум 10 мг", ["мотилиум", "10", "мг"], id="a-word-of-another-script-stays-whole"),
        pytest.param("Haldol™ Paxil® 5ᵐᵍ", ["haldol", "paxil", "5", "mg"], id="marks-of-a-brand-vanish"),
        pytest.param("— …", [], id="nothing-to-read"),
    ],
)
def test_tokenise(text: str, words: list[str]) -> None:
    assert tokenise(text).words == words


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Co-careldopa", "co careldopa"),
        ("ZOLOFT", "zoloft"),
        ("Nytol One-A-Night", "nytol one a night"),
        ("Séroplex", "Seroplex"),
        ("Alka-Seltzer  Plus", "alka seltzer plus"),
    ],
)
def test_spellings_of_one_name_have_one_key(a: str, b: str) -> None:
    assert normalise_name(a) == normalise_name(b)


# ---- what holds for every text -----------------------------------------------------------------------------------------
@given(HOSTILE)
def test_folding_never_raises_and_every_character_has_an_origin(text: str) -> None:
    found = fold(text)
    offsets = found.offsets if found.offsets is not None else list(range(len(text)))
    assert len(offsets) == len(found.text)
    assert offsets == sorted(offsets)
    assert all(0 <= o < len(text) for o in offsets)
    assert all(0 <= d < len(found.text) for d in found.doubtful)


@given(HOSTILE)
def test_tokens_are_ordered_words_with_their_place(text: str) -> None:
    tokens = tokenise(text)
    assert len(tokens.words) == len(tokens.starts) == len(tokens.ends)
    last = 0
    for word, start, end in zip(tokens.words, tokens.starts, tokens.ends, strict=True):
        assert last <= start < end
        assert re.fullmatch(r"[a-z]+|[0-9]+|[^\W\d_a-z]+", word)
        assert tokens.folded.text[start:end].replace("'", "") == word
        first, past = tokens.folded.origin(start, end)
        assert 0 <= first < past <= len(text)
        last = end


@given(st.text(st.characters(codec="ascii"), max_size=60))
def test_plain_text_keeps_its_offsets(text: str) -> None:
    assert fold(text).origin(2, 5) == (2, 5)


@given(HOSTILE)
def test_a_key_is_its_own_key(text: str) -> None:
    key = normalise_name(text)
    assert normalise_name(key) == key


@given(
    st.lists(st.sampled_from(["zoloft", "co", "careldopa", "st", "mg", "25", "am"]), max_size=6),
    st.sampled_from([" ", "  ", "-", " / ", ", ", "\t", "\u00a0"]),
)
def test_case_and_separators_do_not_change_the_key(words: list[str], separator: str) -> None:
    text = separator.join(words)
    assert normalise_name(text) == normalise_name(text.upper()) == " ".join(words)


@given(st.text(st.characters(categories=("Ll", "Lu")), min_size=1, max_size=12))
def test_a_compatibility_form_cannot_grow_without_limit(text: str) -> None:
    assert len(fold(text).text) <= 8 * len(text)
    assert not any(unicodedata.combining(c) for c in fold(text).text)
