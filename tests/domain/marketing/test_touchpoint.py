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


def touched(**values: Any) -> Touchpoint:
    touchpoint = Touchpoint(CLICK)
    touch(touchpoint, **values)
    return touchpoint


def touch(touchpoint: Touchpoint, **values: Any) -> None:
    defaults: dict[str, Any] = {"channel": "web", "kind": "click", "customer_id": ADA}
    touchpoint.touch(live(), **defaults | values)


def test_the_subject_of_a_touchpoint_is_its_customer_or_else_itself() -> None:
    known, visitor = touched(), touched(customer_id=None, anonymous_id="v-1")
    assert [touchpoint.pending[0][1].subject for touchpoint in (known, visitor)] == [ADA, CLICK]
    assert Recorded(channel="web", kind="form", lead_id=UUID(int=8)).subject(CLICK) == UUID(int=8)


def test_values_are_recorded_in_normalised_form() -> None:
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


def test_the_same_values_again_record_nothing_and_other_values_are_refused() -> None:
    touchpoint = touched()
    touch(touchpoint, utm=Utm())
    assert touchpoint.version == 1
    with pytest.raises(TouchpointRecordedOtherwise):
        touch(touchpoint, kind="visit")


def test_a_repeat_is_recognised_after_personal_data_were_erased() -> None:
    touchpoint = touched(anonymous_id="v-1")
    assert touchpoint.recorded is not None
    touchpoint.recorded = msgspec.structs.replace(touchpoint.recorded, anonymous_id=None)
    touch(touchpoint, anonymous_id="v-1")
    assert touchpoint.version == 1


def test_a_touchpoint_needs_a_customer_a_lead_or_an_anonymous_id() -> None:
    with pytest.raises(NobodyTouched):
        touched(customer_id=None)


@pytest.mark.parametrize(
    "wrong",
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
def test_codes_and_texts_are_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        touched(**wrong)
