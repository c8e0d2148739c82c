from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from domain.operations.saved_view import Defined, Retired, Revised, SavedView, SavedViewDefinedOtherwise, SavedViewRetired, View
from domain.shared.ids import external_id
from domain.shared.personal import without_personal
from domain.shared.refusals import Malformed
from tests.domain.given import facts, flags, imported, live, state, stored

URGENT = View(name="Urgent", resource="tickets", sort="-opened_at", owner="agent-7", filters={"q": "Ada"})


def defined() -> SavedView:
    saved = SavedView(external_id("saved_view", "test", "1", b""))
    saved.define(live(), URGENT)
    return saved


def test_a_view_is_defined_revised_and_retired() -> None:
    saved = defined()
    saved.define(live(), URGENT)
    saved.revise(live(), replace(URGENT, shared=True))
    saved.revise(live(), replace(URGENT, shared=True))
    saved.retire(live())
    assert facts(saved) == [Defined(view=URGENT), Revised(view=replace(URGENT, shared=True)), Retired()]
    assert state(stored(saved)) == state(saved)


def test_the_filters_of_a_view_are_personal() -> None:
    assert without_personal(URGENT).filters is None


def test_another_view_with_the_same_id_is_refused() -> None:
    with pytest.raises(SavedViewDefinedOtherwise):
        defined().define(live(), replace(URGENT, name="Other"))


def test_a_retired_view_cannot_be_revised_and_on_import_it_is_flagged() -> None:
    saved = defined()
    saved.retire(live())
    with pytest.raises(SavedViewRetired):
        saved.revise(live(), replace(URGENT, shared=True))
    saved.revise(imported(), replace(URGENT, shared=True))
    assert flags(saved) == ("saved-view-retired",)


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"resource": "my tickets"}, {"sort": "--x"}, {"owner": "Ada L"}, {"fields": ("a b",)}]
)
def test_an_invalid_view_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        SavedView(external_id("saved_view", "test", "2", b"")).define(live(), replace(URGENT, **wrong))


def test_a_view_can_have_at_most_a_hundred_filters() -> None:
    with pytest.raises(Malformed):
        defined().revise(live(), replace(URGENT, filters={f"f{n}": "x" for n in range(101)}))
