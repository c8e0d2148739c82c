"""One text, one form: composed and decomposed, with CRLF or LF, with blanks around it or not, it is the same text."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable
from functools import partial
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some

from domain.customers.field_definition import FieldDefinition
from domain.shared.attributes import checked_attributes
from domain.shared.ids import derived_id, external_id
from domain.shared.refusals import Malformed
from domain.shared.text import MARKS_OF_MARKS, check_code, code, composed, is_composed, one_form, own_id, text
from tests.domain.given import live
from tests.effort import with_little_cpu

SECRET = b"\x01" * 32
FORMS = ["größe", "gro\u0308ße", " größe", "gro\u0308ße\u3000", "\u00a0gro\u0308ße\t"]
"""The same text in several forms: composed, decomposed, and with blanks around it."""

TEXTS = some.text(some.characters(exclude_categories=("Cs", "Cc")), max_size=30)


@pytest.mark.parametrize("given", FORMS)
def test_every_form_of_a_text_is_recorded_as_the_same_text(given: str) -> None:
    assert text(given, "name") == one_form(given) == code(given.strip(), "tag") == "größe"


@pytest.mark.parametrize("given", FORMS)
def test_every_form_of_an_external_id_is_the_same_aggregate(given: str) -> None:
    assert external_id("customer", "shop", given, SECRET) == external_id("customer", "shop", "größe", SECRET)
    assert external_id("customer", given, "1", SECRET) == external_id("customer", "größe", "1", SECRET)
    assert derived_id("team", given) == derived_id("team", "größe")


@pytest.mark.parametrize("given", [" ada@example.org", "ada@example.org\n", "\u3000ada@example.org "])
def test_every_form_of_a_personal_id_is_the_same_aggregate(given: str) -> None:
    assert external_id("customer", "shop", given, SECRET) == external_id("customer", "shop", "ada@example.org", SECRET)


@pytest.mark.parametrize("given", FORMS)
def test_every_form_of_an_attributes_key_and_text_is_the_same(given: str) -> None:
    assert checked_attributes({given: given, "n": 1}) == {"größe": "größe", "n": 1}


def test_an_attribute_with_two_forms_of_its_key_is_refused() -> None:
    for twice in ({"größe": 1, "gro\u0308ße": 2}, {"size": 1, "size ": 2}, {"a\nb": 1, "a\r\nb": 1}):
        with pytest.raises(Malformed):
            checked_attributes(twice)


@pytest.mark.parametrize("lines", ["one\r\ntwo", "one\rtwo", "one\ntwo", "\r\none\r\ntwo\r\n"])
def test_every_end_of_a_line_is_the_same(lines: str) -> None:
    assert text(lines, "note") == "one\ntwo"
    assert checked_attributes({"note": lines}) == {"note": "one\ntwo"}


@pytest.mark.parametrize("check", [lambda given: text(given, "name"), lambda given: checked_attributes({"a": given})])
@pytest.mark.parametrize("wrong", ["A\x00", "\x01A", "A\x1f", "\x1cA", "A\x7f", "A\x85", "\x9bA", "A\ud800"])
def test_a_control_character_is_refused_even_where_blanks_are_trimmed(check: Callable[[str], object], wrong: str) -> None:
    with pytest.raises(Malformed):
        check(wrong)


@pytest.mark.parametrize("given", FORMS)
def test_every_form_of_a_choice_is_accepted(given: str) -> None:
    field = FieldDefinition(uuid4())
    field.define(live(), entity="customer", key="size", kind="choice", name="Size", options=(given, "klein"))
    assert field.options == ("größe", "klein")
    assert all(field.admits(form) for form in FORMS)


@pytest.mark.parametrize("given", FORMS[1:])
def test_what_is_recorded_unchanged_must_be_in_the_one_form(given: str) -> None:
    for check in (lambda: own_id(given, 100), lambda: check_code(given, "reason")):
        with pytest.raises(Malformed):
            check()


@given(TEXTS)
def test_the_form_is_the_same_for_all_forms_of_a_text(anything: str) -> None:
    form = one_form(anything)
    decomposed = unicodedata.normalize("NFD", anything)
    assert form == one_form(form) == one_form(decomposed) == one_form(f" \t{decomposed}\r\n")
    assert unicodedata.is_normalized("NFC", form)


@given(TEXTS, TEXTS)
def test_a_text_keeps_the_blanks_within_it(first: str, second: str) -> None:
    assert one_form(f"({first} \r\n\t {second})") == f"({composed(first + ' ')}\n\t{composed(' ' + second)})"


MARKS = some.text(some.sampled_from("\u0301\u0308\u0323\u0334\u0344\u05b4\u0f71\u0f72\u0f73\u0f81\u3099"), max_size=80)


@given(some.lists(some.tuples(some.text(some.sampled_from("aeé한가x "), max_size=2), MARKS), max_size=3))
def test_any_number_of_marks_is_composed_as_unicode_defines_it(letters: list[tuple[str, str]]) -> None:
    value = "".join(letter + marks for letter, marks in letters)
    assert composed(value) == unicodedata.normalize("NFC", value)
    assert is_composed(value) == (composed(value) == value)
    assert is_composed(composed(value))


def test_composing_a_text_that_consists_of_marks_takes_a_moment() -> None:
    """Python's own composition takes seconds for as many."""

    def compose(marks: str) -> None:
        assert is_composed(composed("a" + marks * 50_000))
        assert not is_composed("a\u0301" * 50_000)

    for marks in ("\u0301\u0323", "\u0f73", "a\u0344\u0334"[1:]):
        with_little_cpu(1.0, partial(compose, marks))


def test_the_marks_that_are_made_of_marks_are_known() -> None:
    everything = map(chr, range(sys.maxunicode + 1))
    starters = (one for one in everything if unicodedata.combining(one) == 0)
    made = [one for one in starters if unicodedata.combining(unicodedata.normalize("NFD", one)[0])]
    assert "".join(made) == MARKS_OF_MARKS
