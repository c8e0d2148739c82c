"""The form in which names are searched: case, width and Latin, Greek and Cyrillic marks make no difference, nothing else."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from projections.shared.search import normalised

TEXTS = some.text(some.characters(exclude_categories=["Cs"]), max_size=12)
MARKED = some.text(
    some.sampled_from("aAeEioOnsSzZæÆøŁđıİßẞſǰΐᾳΑάςΣйЙёЁїґ王がカﾞ한ㅎبِकिไท ")
    | some.characters(min_codepoint=0x300, max_codepoint=0x36F)
    | some.characters(min_codepoint=0x483, max_codepoint=0x489),
    max_size=12,
)
"""Letters with many marks in any order, among letters of other scripts."""

LETTERS = some.sampled_from("aeiouAEIOUсиеαεηου")
OTHER_SCRIPTS = some.text(
    some.one_of(
        *(
            some.characters(min_codepoint=first, max_codepoint=last, exclude_categories=["Cn"])
            for first, last in (
                (0x0590, 0x05FF),  # Hebrew
                (0x0600, 0x06FF),  # Arabic
                (0x0900, 0x097F),  # Devanagari
                (0x0E00, 0x0E7F),  # Thai
                (0x1100, 0x11FF),  # Hangul, as single sounds
                (0x3040, 0x30FF),  # Hiragana and Katakana
                (0x4E00, 0x4FFF),  # Han
                (0xAC00, 0xAFFF),  # Hangul
            )
        )
    ),
    max_size=12,
)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("Müller", "Muller"),
        ("Muller", "MÜLLER"),
        ("Straße", "strasse"),
        ("STRASSE", "straße"),
        ("GROẞ", "gross"),
        ("Zoë", "Zoe\u0308"),
        ("Łódź", "Lodz"),
        ("Sørensen", "Sorensen"),
        ("Đỗ Nguyễn", "do nguyen"),
        ("Guðmundur Þórsson", "gudmundur thorsson"),
        ("Œuvre", "oeuvre"),
        ("Işık", "isik"),
        ("İstanbul", "istanbul"),
        ("Ελένη", "ελενη"),
        ("Ὀδυσσεύς", "οδυσσευσ"),
        ("ᾳ", "α"),
        ("Ёлкин", "елкин"),
        ("Андрей", "андреи"),
        ("Київ", "киів"),
        ("Ａｄａ  Müller", "ada muller"),
    ],
)
def test_a_name_is_found_without_its_marks(name: str, asked: str) -> None:
    assert normalised(name) == normalised(asked)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("が", "か"),
        ("ぱ", "は"),
        ("ガ", "カ"),
        ("한", "하"),
        ("हिन्दी", "हन्द"),
        ("שָׁלוֹם", "שלום"),
        ("مُحَمَّد", "محمد"),
        ("น้ำ", "นำ"),
        ("ґ", "г"),
        ("ñandu", "mandu"),
    ],
)
def test_another_word_is_not_found(word: str, other: str) -> None:
    assert normalised(other) not in normalised(word)


@given(TEXTS | MARKED)
@example("\u0344ǰ\u0345")
@example("a\u00a8")
@example("i\u064b\u0330")
@example("\u1e2d\u064b")
def test_to_fold_twice_changes_nothing(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@given(TEXTS | MARKED)
def test_every_form_of_a_text_is_folded_to_the_same(text: str) -> None:
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    assert normalised(composed) == normalised(decomposed) == normalised(text)


@given(OTHER_SCRIPTS)
def test_words_of_other_scripts_stay_what_they_are(text: str) -> None:
    same = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    assert normalised(text) == " ".join(same.split())


@given(some.text(LETTERS, min_size=1), some.characters(min_codepoint=0x300, max_codepoint=0x36F))
def test_a_mark_on_any_letter_makes_no_difference(letters: str, mark: str) -> None:
    assert normalised("".join(letter + mark for letter in letters)) == normalised(letters)
