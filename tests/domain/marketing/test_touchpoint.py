"""Touchpoints: one fact each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest

from domain.marketing.touchpoint import NobodyTouched, Recorded, Touchpoint, TouchpointRecordedOtherwise
from domain.shared.ids import external_id
from domain.shared.refusals import Malformed
from domain.shared.utm import Utm
from tests.domain.given import facts, live, state, stored

CLICK = external_id("touchpoint", "ads", "1", b"")
ADA = UUID(int=7)


def touched(**told: Any) -> Touchpoint:
    touchpoint = Touchpoint(CLICK)
    touch(touchpoint, **told)
    return touchpoint


def touch(touchpoint: Touchpoint, **told: Any) -> None:
    asked: dict[str, Any] = {"channel": "web", "kind": "click", "customer_id": ADA}
    touchpoint.touch(live(), **asked | told)


def test_a_touchpoint_is_about_its_customer_or_else_about_itself() -> None:
    known, visitor = touched(), touched(customer_id=None, anonymous_id="v-1")
    assert [touchpoint.pending[0][1].subject for touchpoint in (known, visitor)] == [ADA, CLICK]
    assert Recorded(channel="web", kind="form", lead_id=UUID(int=8)).subject(CLICK) == UUID(int=8)


def test_what_is_said_is_recorded_in_one_form() -> None:
    touchpoint = touched(utm=Utm(source=" news ", medium=None), click_ids={"gclid": "x "}, anonymous_id=" v-1")
    assert facts(touchpoint) == [
        Recorded(
            channel="web",
            kind="click",
            customer_id=ADA,
            utm=Utm(source="news"),
            anonymous_id="v-1",
            click_ids={"gclid": "x"},
        )
    ]
    assert state(stored(touchpoint)) == state(touchpoint)


def test_the_same_again_is_a_repeat_and_anything_else_is_refused() -> None:
    touchpoint = touched()
    touch(touchpoint, utm=Utm())
    assert touchpoint.version == 1
    with pytest.raises(TouchpointRecordedOtherwise):
        touch(touchpoint, kind="visit")


def test_what_was_erased_since_makes_no_other_touchpoint() -> None:
    touchpoint = touched(anonymous_id="v-1")
    assert touchpoint.recorded is not None
    touchpoint.recorded = msgspec.structs.replace(touchpoint.recorded, anonymous_id=None)
    touch(touchpoint, anonymous_id="v-1")
    assert touchpoint.version == 1


def test_nobody_is_touched_by_nobodys_click() -> None:
    with pytest.raises(NobodyTouched):
        touched(customer_id=None)


@pytest.mark.parametrize(
    "told",
    [
        {"channel": "a b"},
        {"kind": "stare"},
        {"anonymous_id": " "},
        {"anonymous_id": "x" * 256},
        {"utm": Utm(source="")},
        {"click_ids": {"g clid": "1"}},
        {"click_ids": {"gclid": ""}},
        {"click_ids": {f"id{n}": "1" for n in range(21)}},
    ],
)
def test_codes_and_texts_are_checked(told: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        touched(**told)
