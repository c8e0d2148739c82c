"""docs/scaling.md says what was measured and simulated, and the simulation keeps the laws that every queue keeps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.benchmarks.scaling import page, record
from tests.benchmarks.scaling.costs import Commits, Cost, Costs, Following, expected
from tests.benchmarks.scaling.page import locked
from tests.benchmarks.scaling.path import Outcome, Site, simulate
from tests.benchmarks.scaling.predicting import checked
from tests.benchmarks.scaling.simulation import Clock, Cores, Lock

RECORD = record.read()
COSTS = RECORD.measured.costs
# Within which part of what was measured the rates are. The page says why small commits of two workers are predicted worse.
BOUNDS = {"1-1": 0.15, "1-16": 0.15, "1-64": 0.15, "2-16": 0.5, "2-64": 0.15}

SECONDS = 0.6
some = st.floats(20, 300)
cost = st.builds(Cost, st.floats(0, 300), some)
commits = st.builds(Commits, *[cost] * 5, some, st.floats(0, 50))
following = st.builds(Following, *[some] * 7, st.just({}))
all_costs = st.builds(Costs, load=some, loop=some, turn=some, crowded=st.floats(1, 1.5), commits=commits, following=following)
sites = st.builds(
    Site,
    cores=st.integers(1, 6),
    workers=st.integers(1, 4),
    connections=st.integers(1, 40),
    load_here=st.booleans(),
    projectors=st.integers(0, 2),
    trip=st.sampled_from([0, 0.0005]),
)


def test_the_tables_of_the_page_are_those_of_the_record() -> None:
    shown = page.PAGE.read_text()
    assert shown == page.text(shown, RECORD), "write them again: python -m tests.benchmarks.scaling --as-measured"


def test_what_is_recorded_is_what_the_simulation_says() -> None:
    """Those of up to two cores; the others take too long."""
    for one in [*RECORD.checked, *RECORD.commands[:2], *RECORD.whole[:2]]:
        assert simulate(COSTS, one.site).rate == pytest.approx(one.outcome.rate, rel=1e-3)


def test_it_is_compared_with_every_site_that_was_measured() -> None:
    assert [one.site for one in RECORD.checked] == checked(RECORD.measured)
    assert {f"{one.site.workers}-{one.site.connections}" for one in RECORD.checked} == {*BOUNDS}


@pytest.mark.parametrize(("name", "bound"), BOUNDS.items())
def test_the_measured_rates_are_predicted(name: str, bound: float) -> None:
    [site] = [one.site for one in RECORD.checked if f"{one.site.workers}-{one.site.connections}" == name]
    assert simulate(COSTS, site).rate == pytest.approx(RECORD.measured.sites[name].rate, rel=bound)


@settings(max_examples=15, deadline=None)
@given(all_costs, sites)
def test_laws_of_queues(costs: Costs, site: Site) -> None:
    outcome = simulate(costs, site, SECONDS)
    # What begins before the counted time and ends within it counts in full.
    edge = 1.02 + (outcome.mean + locked(costs, site.connections, site.trip)) / SECONDS
    assert max(outcome.busy.values()) <= edge
    assert outcome.inside == pytest.approx(site.connections, rel=0.01)
    assert 1 / edge <= outcome.inside / (outcome.rate * outcome.mean) <= edge, "Little's law"
    assert 1 <= outcome.batch <= site.connections
    assert outcome.rate <= edge * _ceiling(costs, site, outcome)


def _ceiling(costs: Costs, site: Site, outcome: Outcome) -> float:
    """The least of what the cores, the workers and the lock can do."""
    here = costs if site.load_here else replace(costs, load=0.0)
    cores = site.cores * 1e6 / expected(here, outcome.batch)
    workers = site.workers * 1e6 / costs.loop
    return min(cores, workers, outcome.batch / locked(costs, outcome.batch, site.trip))


@settings(max_examples=6, deadline=None)
@given(all_costs, sites)
def test_another_core_makes_nothing_slower(costs: Costs, site: Site) -> None:
    more = replace(site, cores=site.cores + 1)
    assert simulate(costs, more, SECONDS).rate >= 0.95 * simulate(costs, site, SECONDS).rate


def test_commands_that_arrive_slowly_wait_for_nothing() -> None:
    outcome = simulate(COSTS, Site(4, 1, rate=50, projectors=1), 2)
    assert outcome.rate == pytest.approx(50, rel=0.3)
    least = (COSTS.loop + 2 * COSTS.turn) / 1e6 + COSTS.commits.run.of(1) + COSTS.commits.look_client.of(1) + locked(COSTS, 1)
    assert least <= outcome.p50 <= 1.2 * least
    assert outcome.lag <= 1


def test_no_commit_begins_before_the_one_before_it_has_ended() -> None:
    clock, lock, seen = Clock(), Lock(), []

    def writer(name: str):  # type: ignore[no-untyped-def]
        yield lock.take
        seen.append(f"{name} begins")
        yield clock.wait(1)
        seen.append(f"{name} ends")
        lock.release()

    for name in "abc":
        clock.start(writer(name))
    clock.run(10)
    assert seen == [f"{name} {what}" for name in "abc" for what in ("begins", "ends")]


@pytest.mark.parametrize(("cores", "processes", "seconds"), [(1, "ab", 2), (2, "ab", 1), (2, "aa", 2), (2, "aab", 2)])
def test_work_shares_cores_and_a_process_does_one_thing_at_a_time(cores: int, processes: str, seconds: float) -> None:
    clock, ended = Clock(), []
    machine = Cores(clock, cores, crowded=1)
    for name in processes:
        machine.work(name, 1)(lambda: ended.append(clock.now))
    clock.run(10)
    assert max(ended) == pytest.approx(seconds, abs=0.006)
    assert sum(machine.spent.values()) == pytest.approx(len(processes))


def test_work_is_slower_beside_other_work() -> None:
    clock, ended = Clock(), []
    machine = Cores(clock, 2, crowded=1.5)
    for name in "ab":
        machine.work(name, 1)(lambda: ended.append(clock.now))
    clock.run(10)
    assert max(ended) == pytest.approx(1.5, abs=0.01)
