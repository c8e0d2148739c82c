from __future__ import annotations

import pytest

from domain.segmentation import static_list
from domain.segmentation.static_list import (
    Created,
    ListCreatedOtherwise,
    ListFull,
    ListRetired,
    MembersAdded,
    MembersRemoved,
    Retired,
    StaticList,
)
from domain.shared.ids import external_id
from domain.shared.refusals import Malformed, NotThere
from tests.domain.given import facts, flags, imported, live, state, stored

ADA, BOB, EVE = sorted(external_id("customer", "test", name, b"") for name in ("ada", "bob", "eve"))


def created() -> StaticList:
    made = StaticList(external_id("static_list", "test", "1", b""))
    made.create(live(), "Invited")
    return made


def test_customers_are_added_to_a_list_and_removed() -> None:
    made = created()
    made.create(live(), "Invited")
    made.add_members(live(), [BOB, ADA, ADA])
    made.add_members(live(), [ADA, EVE])
    made.remove_members(live(), [ADA])
    made.remove_members(live(), [ADA])
    assert facts(made) == [
        Created(name="Invited"),
        MembersAdded(customer_ids=(ADA, BOB)),
        MembersAdded(customer_ids=(EVE,)),
        MembersRemoved(customer_ids=(ADA,)),
    ]
    assert state(stored(made)) == state(made)


def test_the_name_of_a_list_cannot_change() -> None:
    with pytest.raises(ListCreatedOtherwise):
        created().create(live(), "Others")


def test_a_retired_list_cannot_change_and_on_import_it_is_flagged() -> None:
    made = created()
    made.retire(live())
    made.retire(live())
    assert facts(made)[1:] == [Retired()]
    with pytest.raises(ListRetired):
        made.add_members(live(), [ADA])
    made.add_members(imported(), [ADA])
    assert flags(made) == ("list-retired",)


def test_a_command_can_have_at_most_a_thousand_members(monkeypatch: pytest.MonkeyPatch) -> None:
    made = created()
    for ids in ([], [ADA] * 1001):
        with pytest.raises(Malformed):
            made.add_members(live(), ids)
    monkeypatch.setattr(static_list, "MEMBER_LIMIT", 2)
    made.add_members(live(), [ADA, BOB])
    with pytest.raises(ListFull):
        made.add_members(live(), [EVE])


def test_a_list_that_was_never_created_cannot_change() -> None:
    with pytest.raises(NotThere):
        StaticList(external_id("static_list", "test", "2", b"")).add_members(live(), [ADA])
