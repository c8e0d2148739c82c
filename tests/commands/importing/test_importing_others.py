"""Other real files with known answers, imported with short mappings. The files are not part of the repository."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from commands.importing.report import Report
from domain.customers.customer.events import Registered
from domain.sales.order.placing import Placed
from tests.commands.importing.given_importing import Store

FILES = Path(__file__).parent.parent.parent.parent.parent / "shared" / "data"

GROUPS = {
    "Fresh": 5_280_131,
    "Milk": 2_550_357,
    "Grocery": 3_498_562,
    "Frozen": 1_351_650,
    "Detergents_Paper": 1_267_857,
    "Delicassen": 670_943,
}

WHOLESALE = """
system = "wholesale"
occurred_at = "2011-12-31"
[[make]]
command = "customer.register"
id = "{CustomerID}"
[make.facts]
name = "Customer {CustomerID}"
kind = "organisation"
attributes = { region = { number = "{Region}" } }
[[make]]
command = "order.place"
id = "{CustomerID}"
[make.facts]
customer = "{CustomerID}"
number = "{CustomerID}"
channel = { text = "{Channel}", map = { 1 = "horeca", 2 = "retail" } }
currency = "EUR"
""" + "".join(
    f'[[make.facts.lines]]\nline_id = "{group}"\nname = "{group}"\nquantity = "1"\nunit_price = "{{{group}}}"\n'
    for group in GROUPS
)

PERSONALITY = """
system = "marketing"
occurred_at = "{Dt_Customer}"
[[make]]
command = "customer.register"
id = "{ID}"
[make.facts]
name = "Customer {ID}"
[make.facts.attributes]
education = "{Education}"
income = { number = "{Income}" }
complained = { flag = "{Complain}" }
response = { flag = "{Response}" }
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    if not FILES.is_dir():
        pytest.skip("the real data sets are not next to the repository")
    store = Store(tmp_path)
    yield store
    store.close()


def test_a_years_spending_by_product_group_becomes_orders_of_six_lines(store: Store) -> None:
    report = _load(store, WHOLESALE, FILES / "wholesale" / "wholesale_customers.csv")
    spent: Counter[str] = Counter()
    for placed in store.recorded(Placed):
        spent.update({line.line_id: int(line.total) for line in placed.lines})
    assert (report.accepted, report.refused) == (440, 0)
    assert spent == GROUPS
    assert sum(placed.total for placed in store.recorded(Placed)) == Decimal(sum(GROUPS.values()))


def test_facts_that_a_file_does_not_have_are_left_out(store: Store) -> None:
    report = _load(store, PERSONALITY, FILES / "customer_personality" / "marketing_campaign_full.csv")
    numbers = [registered.numbers for registered in store.recorded(Registered)]
    assert (report.accepted, report.refused) == (2_240, 0)
    assert sum("income" not in known for known in numbers) == 24
    assert sum(known["complained"] for known in numbers) == 21
    assert sum(known["response"] for known in numbers) == 334


def _load(store: Store, mapping: str, file: Path) -> Report:
    written = store.folder / "mapping.toml"
    written.write_text(mapping)
    return store.load_file(written, file)
