from __future__ import annotations

from typing import Any

import pytest

from domain.customers.field_definition import (
    Defined,
    FieldDefinedOtherwise,
    FieldDefinition,
    Kind,
    Retired,
    Revised,
    field_definition_id,
)
from domain.shared.refusals import Malformed, NotThere
from tests.domain.given import facts, live, state, stored


def defined(kind: Kind = "choice", **values: Any) -> FieldDefinition:
    field = FieldDefinition(field_definition_id("customer", "size"))
    options = ("small", "large") if kind == "choice" else ()
    field.define(live(), **{"entity": "customer", "key": "size", "kind": kind, "name": "Size", "options": options, **values})
    return field


def test_texts_are_personal_by_default_and_numbers_never() -> None:
    assert [defined(kind).defined.personal for kind in ("text", "choice", "date")] == [True] * 3  # type: ignore[union-attr]
    assert [defined(kind).defined.personal for kind in ("number", "flag")] == [False] * 2  # type: ignore[union-attr]
    assert not defined("choice", personal=False).defined.personal  # type: ignore[union-attr]
    with pytest.raises(Malformed):
        defined("number", personal=True)


def test_values_are_plain_while_their_field_is_in_force_and_not_personal() -> None:
    field = defined("text", personal=False)
    assert (field.plain, defined("text").plain, FieldDefinition(field.id).plain) == (True, False, False)
    field.define(live(), entity="customer", key="size", kind="text", name="How large", personal=False)
    assert field.plain
    with pytest.raises(FieldDefinedOtherwise):
        field.define(live(), entity="customer", key="size", kind="text", name="How large", personal=True)
    field.retire(live())
    assert not field.plain


def test_a_field_is_revised_retired_and_defined_again() -> None:
    field = defined()
    values: dict[str, Any] = {"entity": "customer", "key": "size", "kind": "choice", "options": ("small", "large")}
    field.define(live(), **values, name="Size")
    field.define(live(), **values, name="How large")
    field.retire(live())
    field.retire(live())
    field.define(live(), **values, name="How large")
    assert [type(fact) for fact in facts(field)] == [Defined, Revised, Retired, Defined]
    assert state(stored(field)) == state(field)


@pytest.mark.parametrize("otherwise", [{"kind": "text", "options": ()}, {"personal": False}])
def test_the_kind_and_personal_of_a_field_cannot_change(otherwise: dict[str, Any]) -> None:
    field = defined()
    values = {"entity": "customer", "key": "size", "kind": "choice", "name": "Size", "options": ("small", "large")}
    with pytest.raises(FieldDefinedOtherwise):
        field.define(live(), **values | otherwise)


@pytest.mark.parametrize(
    ("kind", "fitting", "unfitting"),
    [
        ("text", ["x"], [1, True]),
        ("number", [1, 1.5], ["1", True]),
        ("flag", [True, False], [1, "true"]),
        ("choice", ["small"], ["medium", 1]),
        ("date", ["2026-02-28"], ["2026-02-30", "20260228", 2026]),
    ],
)
def test_a_field_accepts_values_of_its_kind(kind: Kind, fitting: list[Any], unfitting: list[Any]) -> None:
    field = defined(kind)
    assert all(map(field.admits, fitting))
    assert not any(map(field.admits, unfitting))


def test_an_undefined_or_retired_field_accepts_any_value() -> None:
    field = defined("number")
    field.retire(live())
    assert field.admits("x")
    assert FieldDefinition(field_definition_id("customer", "x")).admits("x")


@pytest.mark.parametrize(
    "wrong", [{"kind": "list"}, {"options": ()}, {"options": ("a", "a")}, {"kind": "text"}, {"key": "a b"}, {"name": ""}]
)
def test_an_invalid_field_is_refused(wrong: dict[str, Any]) -> None:
    values = {"entity": "customer", "key": "size", "kind": "choice", "name": "Size", "options": ("small", "large")}
    with pytest.raises(Malformed):
        FieldDefinition(field_definition_id("customer", "size")).define(live(), **values | wrong)


def test_a_field_that_was_never_defined_cannot_be_retired() -> None:
    with pytest.raises(NotThere):
        FieldDefinition(field_definition_id("customer", "x")).retire(live())
