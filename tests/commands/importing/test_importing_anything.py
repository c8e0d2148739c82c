"""With any content of file and mapping, an import ends with a report or with one of its own errors."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from commands.importing.facts import Plan
from commands.importing.mapping import MappingError, parse_mapping
from commands.importing.reading import FileUnreadable
from commands.importing.run import run_import
from domain.customers.customer.events import Registered
from tests.commands.importing.given_importing import IMPORTER, MAPPING, Store

LINES = MAPPING.read_text().splitlines()
COLUMNS = {name: place for place, name in enumerate(("customer", "sample", "date", "cds", "dollars", "#"))}

TEXTS = some.text() | some.sampled_from(["{date}", "{nobody}", "{", "}", "%Y", "whitespace", "utf-7", "utf-16", "order.place"])
SCALARS = TEXTS.map(lambda text: '"' + text.encode("unicode_escape").decode().replace('"', "") + '"') | some.sampled_from(
    ["1", "-1", "1.5", "nan", "inf", "true", "[]", "{}", "[[]]", "1979-05-27", "{ time = 1 }", "[{ text = '{cds}' }]", ""]
)
MAPPED = """
system = "x"
occurred_at = "{when}"
%s
[[make]]
command = "customer.create_or_change"
id = "{id}"
[make.facts]
name = "{name}"
email = "{email}"
attributes.spent = { number = "{spent}" }
[[make]]
command = "customer.tag"
id = "{id}"
each = { column = "name", split = "a" }
facts.tags = ["{name}{#each}"]
[[make]]
command = "order.place"
id = "{#}"
[make.facts]
customer = "{id}"
channel = "{name}"
currency = "EUR"
lines = [{ line_id = "{id}", name = "{name}", quantity = "{spent}", unit_price = { divide = ["9", "{spent}"] } }]
"""
HEADER = ("id", "name", "email", "spent", "when")
FORMATS = ["", "", "", '[file]\nencoding = "utf-7"', '[file]\nencoding = "cp1252"', '[file]\ndelimiter = "\\t"\nquote = ""']
NUMBERS = some.sampled_from(
    ["1", "2", "2.5", "3.75", "", "0", "-1", "1e99", "1e-9", "0.001", "9" * 20, "9" * 40, "NaN", "1,5", "٣"]
)
DAYS = some.sampled_from(
    ["2024-05-01", "2024-05-02", "2024-05-03", "2024-05-01T10:30", "1900-01-01", "1899-12-31", "9999-12-31", "2024-02-30", ""]
)
CELLS = some.text(max_size=20) | NUMBERS | some.sampled_from(['"', "\x00", "+ADw-", "+2AA-", "a" * 600, "a@example.org"])
EMAILS = some.sampled_from(["", "", "a@example.org", "A@EXAMPLE.ORG", "a@", "@"]) | CELLS
ROWS = some.lists(some.tuples(NUMBERS | CELLS, CELLS, EMAILS, NUMBERS, DAYS), max_size=8)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(tmp_path_factory.mktemp("anything"))
    yield store
    store.close()


@given(some.binary() | some.text().map(str.encode))
def test_any_bytes_are_a_mapping_or_a_mapping_error(raw: bytes) -> None:
    _planned(raw)


@settings(max_examples=300)
@given(some.integers(0, len(LINES) - 1), SCALARS, some.booleans())
def test_a_mapping_with_any_value_changed_is_usable_or_a_mapping_error(at: int, value: str, drop: bool) -> None:
    key, _, _ = LINES[at].partition("=")
    changed = [*LINES[:at], *([] if drop else [f"{key}= {value}"]), *LINES[at + 1 :]]
    _planned("\n".join(changed).encode())


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.sampled_from(FORMATS), some.binary(max_size=400))
def test_any_bytes_give_a_report_or_a_file_error(store: Store, format: str, raw: bytes) -> None:
    _imported(store, format, b"id,name,email,spent,when\n" + raw)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.sampled_from(FORMATS), ROWS)
def test_the_counts_of_rows_with_any_texts_add_up(store: Store, format: str, rows: list[tuple[str, ...]]) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter="\t" if "delimiter" in format else ",").writerows([HEADER, *rows])
    _imported(store, format, written.getvalue().encode("utf-8", "surrogatepass"))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(CELLS, min_size=1, max_size=4))
@example(["0044 20 7946", "DE89 3704 0044", "ada@example.org"])
def test_any_ids_that_are_imported_again_from_another_file_meet_the_same_customers(store: Store, ids: list[str]) -> None:
    rows = [(id, "Bob", "", "1", "2026-01-02") for id in ids]

    def customers_after(*rows: tuple[str, ...]) -> set[UUID]:
        written = io.StringIO()
        csv.writer(written).writerows([HEADER, *rows])
        _imported(store, FORMATS[0], written.getvalue().encode("utf-8", "surrogatepass"))
        return {recorded.stream for recorded in store.log() if isinstance(recorded.event, Registered)}

    assert customers_after(*rows) == customers_after(*rows, *reversed(rows))


def _planned(raw: bytes) -> None:
    try:
        Plan(parse_mapping(raw), COLUMNS, b"secret")
    except MappingError as error:
        assert str(error)  # noqa: PT017


def _imported(store: Store, format: str, raw: bytes) -> None:
    mapping = parse_mapping((MAPPED % "" + format).encode())
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.csv"
        file.write_bytes(raw)
        try:
            report = run_import(store.executor, store.events.secret, mapping, file, IMPORTER)
        except (FileUnreadable, MappingError) as error:
            assert str(error)  # noqa: PT017
            return
    assert report.rows == report.accepted + report.repeated + report.refused + report.skipped
    assert len(report.refusals) == report.refused
    assert all(refused.reason for refused in report.refusals)
