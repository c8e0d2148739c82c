"""The result of each row: accepted, repeated or refused; a refused row with its line, field and reason."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest

from commands.importing.reading import COLUMNS, LINES, LONGEST_LINE, MISFITS, FileUnreadable
from commands.importing.report import RefusedRow, Report
from commands.importing.run import ImportInterrupted
from commands.shared.executor import Executor, Limits
from domain.customers.customer.customer import Customer
from domain.customers.customer.events import ContactMethodAdded, DetailsChanged, Registered
from domain.operations.imports import Completed, Started
from domain.sales.order.order import Order
from domain.sales.order.payments import PaymentCaptured
from domain.sales.order.placing import Placed
from domain.sales.order.processing import Completed as OrderCompleted
from domain.sales.order.processing import Confirmed
from domain.shared.aggregate import replayed
from domain.shared.ids import external_id
from tests.commands.importing.given_importing import Store

CUSTOMERS = """
system = "shop"
occurred_at = "{since}"
[ids]
customer = "{id}"
[[make]]
command = "customer.create_or_change"
[make.facts]
name = "{name}"
email = "{email}"
"""

ORDERS = """
system = "shop"
occurred_at = "{day}"
[ids]
customer = "{customer}"
order = "{order}"
[[make]]
command = "customer.register"
[make.facts]
name = "{customer}"
[[make]]
command = "order.place"
[make.facts]
number = "{order}"
customer = "{customer}"
channel = "web"
currency = "EUR"
lines = [{ line_id = "1", name = "Tea", quantity = "{packs}", unit_price = "{price}" }]
"""

ORDERS_ONLY = ORDERS.replace('[[make]]\ncommand = "customer.register"\n[make.facts]\nname = "{customer}"\n', "")

HEADER = "order,customer,day,packs,price\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


def test_a_row_becomes_a_customer_and_their_order(store: Store) -> None:
    report = store.load(ORDERS, HEADER + "o-1,Ada,2024-05-01,2,3.50\n")
    [placed] = store.recorded(Placed)
    assert (report.accepted, report.commands) == (1, 2)
    assert (placed.number, placed.total) == ("o-1", Decimal("7.00"))
    assert placed.customer_id == external_id("customer", "shop", "Ada", store.events.secret)


def test_the_log_has_the_digest_of_a_file_only_sealed_because_a_file_of_one_row_can_be_guessed(store: Store) -> None:
    rows = HEADER + "o-1,Ada,2024-05-01,2,3.50\n"
    store.load(ORDERS, rows)
    digest = sha256(rows.encode()).hexdigest()
    assert [started.file_sha256 for started in store.recorded(Started)] == [digest]
    assert not any(digest.encode() in stored.state for stored in store.events.log(0, 100))


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("o-1,Ada,2024-05-01,two,3.50", "order.place: facts.lines[0].quantity"),
        ("o-1,Ada,2024-05-01,,3.50", "order.place: facts.lines[0].quantity"),
        ("o-1,Ada,yesterday,2,3.50", "customer.register: occurred_at"),
        ("o-1,Ada,,2,3.50", "customer.register: occurred_at"),
        (",Ada,2024-05-01,2,3.50", "order: id"),
        ("o-1,Ada,2024-05-01,2", "columns"),
    ],
)
def test_a_row_that_cannot_be_read_records_nothing(store: Store, row: str, field: str) -> None:
    report = store.load(ORDERS, HEADER + "o-0,Bob,2024-05-01,1,1\n" + row + "\n")
    assert [(refused.line, refused.field, refused.rule) for refused in report.refusals] == [(3, field, "unusable")]
    assert len(store.recorded(Registered)) == len(store.recorded(Placed)) == 1


def test_a_refusal_names_its_rule_and_the_commands_that_ran_before(store: Store) -> None:
    report = store.load(ORDERS, HEADER + "o-1,Ada,2024-05-01,0,3.50\n")
    assert report.refusals == [
        RefusedRow(
            line=2,
            field="order.place",
            rule="quantity-not-positive",
            reason="0 is not greater than zero.",
            done=("customer.register",),
        )
    ]
    assert (report.refused, report.refused_by_rule) == (1, {"quantity-not-positive": 1})
    assert len(store.recorded(Registered)) == 1


def test_after_a_refused_command_the_later_commands_of_the_row_do_not_run(store: Store) -> None:
    report = store.load(
        ORDERS.replace('name = "{customer}"', 'name = "{customer}"\nlanguage = "never"'),
        HEADER + "o-1,Ada,2024-05-01,2,3.50\n",
    )
    assert [(refused.field, refused.done) for refused in report.refusals] == [("customer.register", ())]
    assert store.recorded(Registered, Placed) == []


def test_a_row_from_the_future_is_refused(store: Store) -> None:
    report = store.load(ORDERS_ONLY.replace('customer = "{customer}"\nchannel', "channel"), HEADER + "o-1,,2990-01-01,1,1\n")
    assert [refused.rule for refused in report.refusals] == ["in-the-future"]


def test_all_facts_of_a_row_about_one_thing_are_recorded_or_none(store: Store) -> None:
    capture = '[[make]]\ncommand = "order.capture_payment"\nfacts = { payment_id = "1", amount = "{price}" }\n'
    report = store.load(ORDERS + capture, HEADER + "o-1,Ada,2024-05-01,2,0.001\n")
    assert [refused.field for refused in report.refusals] == ["order.capture_payment"]
    assert store.recorded(Placed, PaymentCaptured) == []


def test_a_fact_that_breaks_a_rule_is_recorded_and_flagged(store: Store) -> None:
    report = store.load(ORDERS + '[[make]]\ncommand = "order.complete"\n', HEADER + "o-1,Ada,2024-05-01,2,3.50\n")
    assert (report.accepted, report.irregular) == (1, {"order-not-confirmed": 1})
    assert len(store.recorded(OrderCompleted)) == 1
    assert store.recorded(Completed)[0].irregular == {"order-not-confirmed": 1}


def test_a_number_that_another_order_has_is_refused(store: Store) -> None:
    mapping = ORDERS.replace('order = "{order}"\n', 'order = "{#}"\n')
    report = store.load(mapping, HEADER + "o-1,Ada,2024-05-01,1,1\no-1,Ada,2024-05-01,1,1\n")
    assert [(refused.line, refused.rule) for refused in report.refusals] == [(3, "number-taken")]


def test_an_order_refused_because_its_customer_is_missing_is_accepted_once_the_customer_exists(store: Store) -> None:
    rows = HEADER + "o-1,Ada,2024-05-01,2,3.50\n"
    refused = store.load(ORDERS_ONLY, rows)
    store.load(CUSTOMERS, "id,name,email,since\nAda,Ada,,2024-01-01\n")
    again = store.load(ORDERS_ONLY, rows)
    assert [row.rule for row in refused.refusals] == ["customer-unknown"]
    assert (again.accepted, again.refused) == (1, 0)


def test_rows_run_in_the_order_of_time_and_not_of_the_file(store: Store) -> None:
    mapping = ORDERS_ONLY.replace('customer = "{customer}"\nchannel', "channel") + (
        '[[make]]\ncommand = "order.confirm"\nid = "{order}"\noccurred_at = "{customer}"\n'
    )
    store.load(mapping, HEADER + "b,2024-05-04,2024-05-02,1,1\na,2024-05-03,2024-05-01,1,1\n")
    assert [placed.number for placed in store.recorded(Placed)] == ["a", "b"]
    assert len(store.recorded(Confirmed)) == 2


def test_a_customer_in_many_rows_is_changed_only_by_rows_that_differ(store: Store) -> None:
    report = store.load(
        CUSTOMERS,
        "id,name,email,since\n"
        "1,Ada King,,2024-02-01\n"
        "1,Ada Byron,,2024-01-01\n"
        "1,Ada King,ada@example.org,2024-03-01\n"
        "1,Ada King,ada@example.org,2024-04-01\n",
    )
    assert [type(fact) for fact in store.recorded(Registered, DetailsChanged, ContactMethodAdded)] == [
        Registered,
        DetailsChanged,
        ContactMethodAdded,
    ]
    assert (report.accepted, report.repeated) == (3, 1)
    assert _customer(store, "1").details["name"] == "Ada King"


def test_a_later_export_with_the_same_rows_adds_only_the_new_ones(store: Store) -> None:
    rows = "id,name,email,since\n1,Ada Byron,,2024-01-01\n1,Ada King,,2024-02-01\n"
    store.load(CUSTOMERS, rows, "may.csv")
    report = store.load(CUSTOMERS, rows + "2,Bob,,2024-03-01\n", "june.csv")
    assert (report.accepted, report.repeated) == (1, 2)
    assert _customer(store, "1").details["name"] == "Ada King"


def test_a_row_whose_conditions_do_not_hold_is_skipped(store: Store) -> None:
    mapping = CUSTOMERS.replace("[make.facts]", 'when = { email = true }\nunless = { name = ["Bob"] }\n[make.facts]')
    report = store.load(
        mapping,
        "id,name,email,since\n1,Ada,,2024-01-01\n2,Bob,b@example.org,2024-01-01\n3,Cy,c@example.org,2024-01-01\n",
    )
    assert (report.rows, report.accepted, report.skipped) == (3, 1, 2)
    assert store.recorded(Completed)[0].rows == 1


def test_a_row_of_totals_becomes_one_line_for_each_column(store: Store) -> None:
    mapping = ORDERS_ONLY.replace('customer = "{customer}"\nchannel', "channel").split("lines =")[0] + "lines = [\n"
    for column in ("fresh", "milk"):
        mapping += f'{{ line_id = "{column}", name = "{column}", quantity = "1", unit_price = "{{{column}}}" }},\n'
    store.load(mapping + "]\n", "order,customer,day,fresh,milk\n1,,2024-05-01,12669,9656\n2,,2024-05-01,,7.5\n")
    assert [[line.line_id for line in placed.lines] for placed in store.recorded(Placed)] == [["fresh", "milk"], ["milk"]]


def test_numbers_dates_and_codes_in_a_german_format_are_read(store: Store) -> None:
    mapping = """
    system = "kontor"
    time_zone = "Europe/Berlin"
    [file]
    delimiter = ";"
    encoding = "cp1252"
    decimal = ","
    thousands = "."
    nulls = ["", "k. A."]
    [[make]]
    command = "customer.register"
    id = "{Nr}"
    occurred_at = { time = "{Seit}", format = "%d.%m.%Y %H:%M" }
    facts.name = "{Name}"
    facts.kind = { text = "{Art}", map = { F = "organisation" }, otherwise = "person" }
    facts.phone = "{Telefon}"
    facts.region = "DE"
    facts.attributes.turnover = { number = "{Umsatz}" }
    facts.attributes.active = { flag = "{Aktiv}" }
    """
    store.folder.joinpath("kunden.csv").write_bytes(
        'Nr;Name;Art;Telefon;Seit;Umsatz;Aktiv\n7;"Müller; Söhne";F;030 901820;01.03.2024 09:30;1.234,5;1\n'
        "8;Jürgen;P;k. A.;02.03.2024 09:30;k. A.;0\n".encode("cp1252")
    )
    store.folder.joinpath("kunden.toml").write_text(mapping)
    report = store.load_file(store.folder / "kunden.toml", store.folder / "kunden.csv")
    first, second = store.recorded(Registered)
    assert report.refusals == []
    assert (first.name, first.kind, first.numbers) == ("Müller; Söhne", "organisation", {"turnover": 1234.5, "active": True})
    assert first.contact_methods[0].value == "+4930901820"
    assert (second.kind, second.contact_methods, second.numbers) == ("person", (), {"active": False})
    assert [str(recorded.metadata.occurred_at) for recorded in store.log()[1:2]] == ["2024-03-01 08:30:00+00:00"]


def test_an_import_waits_if_the_queue_is_full(store: Store) -> None:
    store.executor.close()
    store.executor = Executor(store.events, Limits(queue=2, batch=2))
    rows = "".join(f"o-{number},Ada,2024-05-01,1,1\n" for number in range(50))
    assert store.load(ORDERS, HEADER + rows).accepted == 50


def test_progress_is_reported_up_to_the_last_row(store: Store) -> None:
    calls: list[tuple[int, int]] = []
    mapping, file = store.folder / "orders.toml", store.folder / "orders.csv"
    mapping.write_text(ORDERS)
    file.write_text(HEADER + "".join(f"o-{number},Ada,2024-05-01,1,1\n" for number in range(300)))
    store.load_file(mapping, file, progress=lambda done, rows: calls.append((done, rows)))
    assert calls == sorted(calls)
    assert calls[-1] == (300, 300)


class Asked(Exception):
    """The process is asked to end."""


@pytest.mark.parametrize("steps", [1, 2, 4, 6])
def test_an_import_ends_at_each_of_its_steps_and_records_nothing_while_it_reads(store: Store, steps: int) -> None:
    mapping, file = store.folder / "orders.toml", store.folder / "orders.csv"
    mapping.write_text(ORDERS)
    file.write_text(HEADER + "".join(f"o-{number},Ada,2024-05-01,1,1\n" for number in range(3 * LINES)))
    left = iter(range(steps - 1))

    def progress(done: int, rows: int) -> None:
        if next(left, None) is None:
            raise Asked

    with pytest.raises(Asked):
        store.load_file(mapping, file, progress=progress)
    assert store.events.head() == 0


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("", "no header line"),
        ("a,a\n1,2\n", "Two columns are called 'a'"),
        (HEADER + 'o-1,"Ada,2024-05-01,2,3.50\n', "line 2"),
        (HEADER + 'o-1,"A"da,2024-05-01,2,3.50\n', "line 2"),
        (",".join(map(str, range(COLUMNS + 1))) + "\n", f"{COLUMNS + 1} columns"),
        (",".join(map(str, range(100_000))) + "\n", "100000 columns"),
        ("a,b\n" + "1\n" * (MISFITS + 1), f"More than {MISFITS} lines do not have 2 fields"),
        (HEADER + "," * (LONGEST_LINE + 1) + "\n", "Line 2 has more than"),
        (HEADER + '"' + "x\n" * 200_000, "line 2"),
    ],
    ids=[
        "empty",
        "same names",
        "open quote",
        "text after a quote",
        "columns",
        "many columns",
        "other fields",
        "long line",
        "endless quote",
    ],
)
def test_a_file_that_cannot_be_read_imports_nothing(store: Store, rows: str, message: str) -> None:
    with pytest.raises(FileUnreadable, match=message):
        store.load(ORDERS, rows)
    assert store.events.head() == 0


def test_an_error_in_the_encoding_names_the_key(store: Store) -> None:
    file, mapping = store.folder / "latin.csv", store.folder / "orders.toml"
    file.write_bytes((HEADER + "o-1,Ren\xe9,2024-05-01,2,3.50\n").encode("latin-1"))
    mapping.write_text(ORDERS)
    with pytest.raises(FileUnreadable, match=r"file\.encoding"):
        store.load_file(mapping, file)


def test_a_quoted_text_with_a_line_break_counts_as_two_lines(store: Store) -> None:
    report: Report = store.load(ORDERS, HEADER + '"o-1","Ada\nKing",2024-05-01,1,1\n\no-2,Bob,2024-05-01,x,1\n')
    assert [refused.line for refused in report.refusals] == [5]


def _customer(store: Store, name: str) -> Customer:
    id = external_id("customer", "shop", name, store.events.secret)
    return replayed(Customer, id, store.events.streams([id])[id])


def test_the_id_of_an_order_is_the_one_that_live_requests_derive(store: Store) -> None:
    store.load(ORDERS, HEADER + "o-1,Ada,2024-05-01,2,3.50\n")
    id = external_id(Order.name, "shop", "o-1", store.events.secret)
    assert store.events.streams([id])[id][0].event == store.recorded(Placed)[0]


def test_an_import_whose_executor_ends_is_interrupted_and_can_be_continued(store: Store) -> None:
    rows = HEADER + "o-1,Ada,2024-05-01,2,3.50\n"
    store.executor.close()
    store.executor = Executor(store.events, Limits(settle=0.01))
    store.executor.close()
    with pytest.raises(ImportInterrupted):
        store.load(ORDERS, rows)
    store.executor = Executor(store.events)
    assert store.load(ORDERS, rows).accepted == 1
