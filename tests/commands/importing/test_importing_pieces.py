"""A column whose text has several pieces: each piece gives a fact."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from commands.importing import run
from commands.importing.facts import Plan
from commands.importing.mapping import MappingError, parse_mapping
from commands.importing.pieces import LARGEST
from commands.importing.reading import Row, read_table
from domain.customers.customer.events import ANNOTATIONS
from domain.marketing.touchpoint import Recorded
from tests.commands.importing.given_importing import Store

Tagged = ANNOTATIONS.tagged

MAPPINGS = Path(__file__).parents[2] / "data" / "mappings"
PATHS = Path(__file__).parents[4] / "shared" / "data" / "channel_attribution" / "paths.csv"
STEPS = """
system = "paths"
occurred_at = { time = "2026 {#each}", format = "%Y %j" }
[ids]
touchpoint = "{who} {#each}"
[[make]]
command = "touchpoint.record"
each = { column = "path", split = ">" }
facts = { channel = "{path}", kind = "visit", anonymous_id = "{who}" }
"""
TAGS = """
system = "shop"
occurred_at = "2026-01-01"
ids.customer = "{who}"
[[make]]
command = "customer.create_or_change"
facts = { name = "{who}" }
[[make]]
command = "customer.tag"
each = { column = "tags", split = ";" }
facts = { tags = ["{tags}"] }
[[make]]
command = "customer.archive"
id = "{who} again"
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


def channels(store: Store) -> list[tuple[int, str]]:
    """The day of the year and the channel of each recorded touchpoint."""
    log = ((recorded.metadata.day(), recorded.event) for recorded in store.log())
    return [(day.timetuple().tm_yday, event.channel) for day, event in log if isinstance(event, Recorded)]


def test_each_piece_is_a_fact_with_a_number(store: Store) -> None:
    report = store.load(STEPS, "who,path\nada,web > shop>web\nbob,shop\n")
    assert (report.rows, report.accepted, report.commands) == (2, 2, 4)
    assert sorted(channels(store)) == [(1, "shop"), (1, "web"), (2, "shop"), (3, "web")]


def test_empty_pieces_are_left_out_and_the_others_keep_their_numbers(store: Store) -> None:
    report = store.load(STEPS, "who,path\nada,web > > shop >\nbob,\ncid,>\n")
    assert (report.accepted, report.skipped, report.refused) == (1, 2, 0)
    assert channels(store) == [(1, "web"), (3, "shop")]


def test_the_same_pieces_again_change_nothing_and_a_new_one_is_added(store: Store) -> None:
    store.load(STEPS, "who,path\nada,web > shop\n")
    assert store.load(STEPS, "who,path\nada,web > shop\n").repeated == 1
    assert store.load(STEPS, "who,path\nada,web > shop > phone\n", "later.csv").accepted == 1
    assert channels(store) == [(1, "web"), (2, "shop"), (3, "phone")]


def test_if_there_are_too_many_pieces_to_keep_they_are_read_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "PARTS_KEPT", 1)
    assert store.load(STEPS, "who,path\nada,web > > shop > phone\n").refused == 0
    assert channels(store) == [(1, "web"), (3, "shop"), (4, "phone")]


def test_a_row_with_a_piece_that_cannot_be_read_records_nothing(store: Store) -> None:
    mapped = STEPS.replace('"{path}"', '{ text = "{path}", map = { web = "web" } }')
    report = store.load(mapped, "who,path\nada,web > shop\nbob,web > web\n")
    assert [(refused.line, refused.field) for refused in report.refusals] == [(2, "touchpoint.record: facts.channel")]
    assert channels(store) == [(1, "web"), (2, "web")]


def test_a_row_with_too_many_pieces_records_nothing(store: Store) -> None:
    mapped = STEPS.replace('"2026 {#each}", format = "%Y %j"', '"2026-01-01"')
    many, most = ">".join(["web"] * (LARGEST + 1)), ">".join(["web"] * LARGEST)
    report = store.load(mapped, f"who,path\nada,{many}\nbob,{most}\n")
    assert [(refused.line, refused.field) for refused in report.refusals] == [(2, "touchpoint: each")]
    assert len(channels(store)) == LARGEST


def test_after_a_refused_piece_the_other_pieces_of_the_row_run_but_no_later_blocks(store: Store) -> None:
    [refused] = store.load(TAGS, "who,tags\nada,loyal;a b;first\n").refusals
    assert (refused.line, refused.field, refused.done) == (2, "customer.tag", ("customer.create_or_change",))
    assert [tag for event in store.recorded(Tagged) for tag in event.tags] == ["loyal", "first"]


def test_a_condition_may_test_the_number_or_the_text_of_a_piece(store: Store) -> None:
    ends = STEPS + 'when = { "#each" = [1, 2] }\nunless = { path = "shop" }\n'
    store.load(ends, "who,path\nada,web > shop > phone\n")
    assert channels(store) == [(1, "web")]


def test_if_the_source_names_its_events_each_piece_is_a_separate_event(store: Store) -> None:
    rows = "who,tags\nada,loyal;loyal\n"
    for _ in range(2):
        report = store.load('event = "{#}"\n' + TAGS.partition('[[make]]\ncommand = "customer.archive"')[0], rows)
    assert (report.repeated, [event.tags for event in store.recorded(Tagged)]) == (1, [("loyal",)])


@pytest.mark.parametrize(
    ("written", "instead", "key"),
    [
        ('column = "path"', 'column = "road"', r"make\[0\].each.column"),
        ('split = ">"', 'split = ""', r"make\[0\].each.split"),
        (', split = ">"', "", "each"),
        ('each = { column = "path", split = ">" }\n', "", "#each"),
    ],
)
def test_a_mapping_whose_split_is_not_usable_is_an_error(written: str, instead: str, key: str) -> None:
    with pytest.raises(MappingError, match=key):
        Plan(parse_mapping(STEPS.replace(written, instead).encode()), {"who": 0, "path": 1, "#": 2}, b"secret")


@pytest.mark.skipif(not PATHS.exists(), reason="the real file is not next to the repository, in ../shared/data")
def test_real_paths_have_the_published_totals() -> None:
    """10,000 real paths, read with their mapping: the facts of the commands, without running them."""
    mapping = parse_mapping((MAPPINGS / "channel_attribution.toml").read_bytes())
    table = read_table(PATHS, mapping.file)
    plan = Plan(mapping, table.columns, b"secret")
    leads, touchpoints = plan.groups
    rows = [row for row in table.rows if isinstance(row, Row)]
    counts = [part.steps[-1].facts["attributes"] for row in rows if (part := plan.part(row, leads))]
    steps = {row.line: [piece.texts[0] for piece in plan.rows(row, touchpoints)] for row in rows}
    assert len(counts) == len(steps) == 10_000
    assert sum(lead["conversions"] for lead in counts) == 19_785
    assert round(sum(Decimal(str(lead["value"])) for lead in counts), 4) == Decimal("74802.9716")
    assert sum(lead["without_conversion"] for lead in counts) == 68_602
    assert len({channel for path in steps.values() for channel in path}) == 12
