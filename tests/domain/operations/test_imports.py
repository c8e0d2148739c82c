from __future__ import annotations

from typing import Any

import pytest

from domain.operations.imports import Completed, CountsDoNotAddUp, Import, ImportAlreadyCompleted, ImportAlreadyStarted, Started
from domain.shared.events import type_name
from domain.shared.ids import new_id
from domain.shared.refusals import Malformed, NotThere
from tests.domain.given import NOW, facts, live, state, stored

FILE: dict[str, Any] = {"file_sha256": "aa" * 32, "mapping_sha256": "bb" * 32, "system": "olist", "file_name": "orders.csv"}
COUNTS: dict[str, Any] = {"rows": 10, "accepted": 7, "repeated": 2, "refused": 1, "irregular": {"repeated": 3}}


def started() -> Import:
    run = Import(new_id())
    run.start(live(), **FILE, cut_off=NOW)
    return run


def completed() -> Import:
    run = started()
    run.complete(live(), **COUNTS)
    return run


def test_an_import_records_its_file_and_its_counts() -> None:
    assert facts(completed()) == [Started(**FILE, cut_off=NOW), Completed(**COUNTS)]


def test_starting_the_same_import_again_records_nothing() -> None:
    run = started()
    run.start(live(), **FILE, cut_off=NOW)
    assert run.version == 1


def test_another_file_under_the_same_id_is_refused() -> None:
    with pytest.raises(ImportAlreadyStarted):
        started().start(live(), **{**FILE, "file_sha256": "cc" * 32}, cut_off=NOW)


def test_completing_again_with_the_same_counts_records_nothing() -> None:
    run = completed()
    run.complete(live(), **COUNTS)
    assert run.version == 2


def test_completing_again_with_other_counts_is_refused() -> None:
    with pytest.raises(ImportAlreadyCompleted):
        completed().complete(live(), **{**COUNTS, "irregular": {}})


def test_an_import_that_never_started_cannot_be_completed() -> None:
    with pytest.raises(NotThere):
        Import(new_id()).complete(live(), **COUNTS)


@pytest.mark.parametrize(
    "wrong", [{"rows": 11}, {"refused": 2}, {"accepted": 8, "refused": 0, "repeated": 3}, {"irregular": {"repeated": 8}}]
)
def test_counts_that_do_not_add_up_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(CountsDoNotAddUp):
        started().complete(live(), **{**COUNTS, **wrong})


def test_negative_counts_are_refused() -> None:
    with pytest.raises(CountsDoNotAddUp):
        started().complete(live(), rows=1, accepted=2, repeated=0, refused=-1, irregular={})


@pytest.mark.parametrize(
    "wrong",
    [
        {"file_sha256": "abc"},
        {"mapping_sha256": ""},
        {"system": "my system"},
        {"file_name": ""},
        {"cut_off": NOW.replace(tzinfo=None)},
    ],
)
def test_a_malformed_import_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        Import(new_id()).start(live(), **{**FILE, **wrong})


def test_a_replay_gives_the_same_import() -> None:
    run = completed()
    assert state(stored(run)) == state(run)


def test_type_names_are_permanent() -> None:
    assert [type_name(event) for event in Import.events] == ["crm.import.started.v2", "crm.import.completed.v1"]
