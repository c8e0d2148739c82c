"""A clock is trusted only as far as the log, the steady clock, other processes or an operator agree with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from infra.event_store.store import EventStore
from infra.trusted_clock import (
    AGREED_SECONDS,
    BEAT_SECONDS,
    LEAP,
    LOOK_SECONDS,
    MARKER,
    QUIET_SECONDS,
)
from tests.domain.given import NOW
from tests.infra.event_store.test_event_store import execute
from tests.infra.machines import LIMIT, NINE_DAYS, Machine, Machines


@pytest.fixture
def machines(where: str) -> Iterator[Machines]:
    machines = Machines(where)
    yield machines
    machines.close()


@pytest.fixture
def idle(machines: Machines) -> Machine:
    """A machine with a right clock, which recorded a fact at NOW and was ended then."""
    machine = machines.start(NOW)
    machine.record()
    machine.close()
    return machine


# At a start


def test_the_clock_of_an_empty_store_is_trusted(machines: Machines) -> None:
    machine = machines.start(NOW)
    assert machine.clock.trusted()
    assert machine.trouble() == ""


def test_after_a_long_weekend_the_clock_is_trusted(machines: Machines, idle: Machine) -> None:
    machine = machines.start(NOW + LIMIT)
    assert machine.clock.trusted()


def test_a_clock_nine_days_ahead_is_doubted_and_commands_go_on(machines: Machines, idle: Machine) -> None:
    machine = machines.start(NOW + NINE_DAYS)
    assert not machine.clock.trusted()
    assert "recount clock confirm" in machine.trouble()
    machine.record()
    assert not machine.is_trusted()


def test_one_fact_by_a_doubted_clock_does_not_prove_it_right_at_the_next_start(machines: Machines, idle: Machine) -> None:
    machine = machines.start(NOW + NINE_DAYS)
    machine.record()
    machine.close()
    again = machines.start(NOW + NINE_DAYS)
    assert not again.clock.trusted()


@examples(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["record", "restart", "minutes pass", "another starts", "another records"]), max_size=7))
def test_no_order_of_facts_and_starts_within_an_hour_makes_a_wrong_clock_trusted(
    machines: Machines, idle: Machine, steps: list[str]
) -> None:
    right = machines.start(NOW)
    right.clock.confirm()
    wrong = machines.start(NOW + NINE_DAYS)
    for step in steps:
        match step:
            case "record":
                wrong.record()
            case "restart":
                wrong.close()
                wrong = machines.start(wrong.now)
            case "minutes pass":
                for machine in (right, wrong):
                    machine.let_pass(timedelta(minutes=8))
            case "another starts":
                right.close()
                right = machines.start(right.now)
            case "another records":
                right.record()
        assert (right.is_trusted(), wrong.is_trusted()) == (True, False)
    for machine in (right, wrong):
        machine.close()


def test_a_doubt_ends_when_facts_were_recorded_for_an_hour(machines: Machines, idle: Machine) -> None:
    machine = machines.start(NOW + timedelta(days=30))
    machine.let_pass(2 * AGREED_SECONDS)
    machine.record()
    assert not machine.is_trusted()
    machine.let_pass(AGREED_SECONDS - 2 * LOOK_SECONDS)
    machine.record()
    assert not machine.is_trusted()
    machine.let_pass(LOOK_SECONDS)
    assert not machine.is_trusted(), "an hour without a fact proves nothing"
    machine.record()
    assert machine.is_trusted()
    assert machine.trouble() == ""


def test_an_operator_confirms_the_clock_for_all_processes_and_later_starts(machines: Machines, idle: Machine) -> None:
    processes = [machines.start(NOW + timedelta(days=30)) for _ in range(2)]
    assert processes[0].clock.confirm() == processes[0].now
    assert [one.is_trusted() for one in processes] == [True, True]
    for process in processes:
        process.close()
    assert machines.start(NOW + timedelta(days=31)).clock.trusted()


def test_a_setting_confirms_a_time_and_no_later_one(machines: Machines, idle: Machine) -> None:
    confirmed = NOW + timedelta(days=30)
    assert machines.start(confirmed, confirmed).clock.trusted()
    assert not machines.start(confirmed + LIMIT + timedelta(seconds=1), confirmed).clock.trusted()


def test_a_doubt_ends_when_the_clock_is_set_right(machines: Machines, idle: Machine) -> None:
    machine = machines.start(NOW + NINE_DAYS)
    machine.now -= NINE_DAYS
    assert machine.is_trusted()


def test_a_time_that_is_confirmed_by_mistake_can_be_confirmed_again(machines: Machines, idle: Machine) -> None:
    machine = machines.start(NOW + NINE_DAYS)
    machine.record()
    machine.clock.confirm()
    machine.close()
    right = machines.start(NOW + timedelta(hours=1))
    right.clock.confirm()
    assert not machines.start(NOW + NINE_DAYS).clock.trusted()


def test_confirming_the_right_time_after_a_wrong_one_lets_a_running_process_notice_the_next_leap(
    machines: Machines, idle: Machine
) -> None:
    machine = machines.start(NOW + NINE_DAYS)
    machine.record()
    machine.clock.confirm()
    machine.now -= NINE_DAYS
    machine.clock.confirm()
    machine.now += NINE_DAYS
    assert not machine.clock.trusted()


# While a process runs


def test_a_clock_that_leaps_while_it_runs_is_doubted_before_the_next_fact(machines: Machines) -> None:
    machine = machines.start(NOW)
    machine.now += LEAP + timedelta(seconds=1)
    machine.record()
    machine.close()
    assert not machines.start(machine.now).clock.trusted()


def test_the_time_that_was_given_before_a_leap_is_the_one_that_is_trusted(machines: Machines) -> None:
    machine = machines.start(NOW)
    machine.now += NINE_DAYS
    assert not machine.clock.trusted()


def test_a_clock_that_is_corrected_by_less_than_an_hour_is_trusted(machines: Machines) -> None:
    machine = machines.start(NOW)
    machine.now += LEAP - timedelta(seconds=1)
    assert machine.is_trusted()


def test_many_small_steps_within_an_hour_are_a_leap(machines: Machines) -> None:
    machine = machines.start(NOW)
    for _ in range(4):
        machine.now += LEAP / 3
        trusted = machine.is_trusted()
    assert not trusted


def test_a_server_that_is_idle_for_a_year_trusts_its_clock(machines: Machines) -> None:
    machine = machines.start(NOW)
    machine.record()
    machine.let_pass(timedelta(days=365))
    assert machine.is_trusted()
    machine.record()


def test_a_clock_that_is_set_back_and_right_again_is_trusted(machines: Machines) -> None:
    machine = machines.start(NOW)
    machine.record()
    for shift in (-NINE_DAYS, NINE_DAYS):
        machine.now += shift
        machine.record()
        assert machine.is_trusted()


def test_a_clock_behind_the_log_is_a_trouble_until_it_has_caught_up(machines: Machines, idle: Machine) -> None:
    behind = machines.start(NOW - timedelta(hours=2))
    assert behind.clock.trusted(), "a clock that is behind ends nothing too early"
    assert "the last fact was recorded at" in behind.trouble()
    behind.let_pass(timedelta(hours=2))
    assert behind.trouble() == ""


def test_a_clock_that_is_set_only_after_the_start_is_compared_as_at_a_start(machines: Machines, idle: Machine) -> None:
    for days, trusted in ((3, True), (9, False)):
        machine = machines.start(NOW - timedelta(days=300))
        assert machine.is_trusted()
        machine.now = NOW + timedelta(days=days)
        assert machine.is_trusted() is trusted
        machine.close()


# Several machines


def test_a_machine_with_a_right_clock_goes_on_while_another_doubts_its_own(machines: Machines, idle: Machine) -> None:
    wrong = machines.start(NOW + NINE_DAYS)
    right = machines.start(NOW + timedelta(hours=1))
    assert right.is_trusted()
    assert "Another process" in right.trouble()
    wrong.record()
    right.record()
    for _ in range(30):
        for machine in (wrong, right):
            machine.let_pass(timedelta(minutes=10))
        assert (wrong.is_trusted(), right.is_trusted()) == (False, True)
        wrong.record()
    assert not machines.start(wrong.now).clock.trusted()
    assert machines.start(right.now).clock.trusted()


def test_a_doubt_of_a_process_that_is_gone_ends(machines: Machines, idle: Machine) -> None:
    machines.start(NOW + NINE_DAYS).close()
    right = machines.start(NOW + timedelta(hours=1))
    assert "Another process" in right.trouble()
    right.let_pass(QUIET_SECONDS)
    assert right.is_trusted()
    assert right.trouble() == ""
    assert machines.start(right.now).trouble() == ""


def test_a_doubt_that_is_repeated_stays_written_down(machines: Machines, idle: Machine) -> None:
    wrong, right = machines.start(NOW + NINE_DAYS), machines.start(NOW)
    for _ in range(round(3 * QUIET_SECONDS / BEAT_SECONDS)):
        for machine in (wrong, right):
            machine.let_pass(BEAT_SECONDS)
            machine.clock.trusted()
    assert "Another process" in right.trouble()


def test_facts_of_a_process_that_nobody_asks_about_its_clock_do_not_prove_another_clock_right(
    machines: Machines, idle: Machine
) -> None:
    wrong, right = machines.start(NOW + NINE_DAYS), machines.start(NOW)
    for _ in range(12):
        for machine in (wrong, right):
            machine.let_pass(timedelta(minutes=10))
        right.record()
        assert not wrong.clock.trusted()


def test_a_doubt_stands_before_a_fact_of_a_process_that_nobody_asks_about_its_clock(machines: Machines, idle: Machine) -> None:
    wrong, right = machines.start(NOW + NINE_DAYS), machines.start(NOW)
    assert not wrong.clock.trusted()
    for _ in range(2):
        for machine in (wrong, right):
            machine.let_pass(QUIET_SECONDS)
        assert right.clock.trusted()
    assert right.trouble() == "", "nobody has repeated the doubt"
    wrong.record()
    wrong.close()
    assert not machines.start(wrong.now).clock.trusted()


def test_a_damaged_note_makes_every_clock_doubted_until_it_is_confirmed(machines: Machines, where: str) -> None:
    first = machines.start(NOW)
    first.clock.confirm()
    bytes_of = "'{'::bytea" if where.startswith("postgresql://") else "x'7b'"
    execute(where, f"UPDATE markers SET value = {bytes_of} WHERE name = '{MARKER}'")
    machine = machines.start(NOW)
    assert not machine.clock.trusted()
    machine.clock.confirm()
    assert machine.clock.trusted()
    assert machines.start(NOW).clock.trusted()


def test_the_log_alone_is_asked_if_nothing_was_ever_doubted(store: EventStore, machines: Machines, idle: Machine) -> None:
    assert store.read_marker(MARKER) is None
