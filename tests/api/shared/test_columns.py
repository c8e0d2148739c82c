"""The columns of a CSV: declared by the route, the same for every row and for no rows, and none is missing."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pandas
import pytest
from msgspec.structs import replace
from rich.console import Console

from api.shared.cells import Cells
from api.shared.columns import Column, columns
from api.shared.encoding import encode
from api.shared.picking import row_schema
from api.shared.schemas import AMOUNT, MAYBE_TEXT, TEXT, fields, maybe
from infra.drawing.pictures import draw
from infra.reports import parquet
from infra.reports.answer import columns as known
from infra.reports.answer import read
from infra.reports.table import tables
from projections.shared.figures import Figure, PlainDecimal
from projections.shared.ratios import proportion
from tests.api.client import Client
from tests.api.conftest import World
from tests.api.customers.given_customers import registered
from tests.api.given_everything import everything_happened
from tests.api.sales.given_leads import captured, opened

# Their columns depend on the model that the request names.
OF_A_CAMPAIGN = ("/v1/reports/campaign-lift", "/v1/reports/campaign-variants")
SEGMENTS = {
    "/v1/segment-labels": ["model=by-size"],
    "/v1/reports/segments": ["model=by-size", "rules=true"],
    "/v1/reports/segment-flows": ["model=by-size&from=1&to=1"],
    "/v1/reports/segment-drift": ["model=by-size"],
    "/v1/reports/segment-explanation": ["model=by-size"],
    "/v1/predicted-values": ["horizon_days=90"],
    "/v1/reports/customer-value": ["by=decile", "by=repeats"],
    "/v1/reports/value-calibration": ["to=2024-05-02"],
}
AMOUNT_CELL = re.compile(r"-?\d+\.\d+")


def exported(world: World, path: str, form: str) -> str:
    answer = world.client.get(path, headers={"accept": form, "position": str(world.head())})
    assert answer.status_code == 200, (path, answer.text)
    return answer.text


@pytest.fixture(scope="module")
def paths(world: World) -> list[str]:
    """The paths of all routes that answer with CSV, with a value for each path parameter."""
    everything_happened(world.client)
    captured(world.client)
    opened(world.client, registered(world.client))
    invited = world.client.post("/v1/lists", {"name": "Invited"}).headers["Location"]
    ada = registered(world.client).rpartition("/")[2]
    assert world.client.post(f"{invited}/members", {"customer_ids": [ada]}).status_code < 300
    rule = {"name": "all", "rule": {"op": "not", "of": {"op": "is_null", "feature": "attribute:size"}}, "priority": 1}
    assert world.client.post("/v1/segment-rules", rule).status_code < 300
    document = world.app.openapi()["paths"]
    able = [path for path, operations in document.items() if "text/csv" in _content(operations.get("get", {}))]
    [campaign, *_] = world.client.get("/v1/campaigns").json()["items"]
    asked = SEGMENTS | {path: [f"campaign_id={campaign['id']}"] for path in OF_A_CAMPAIGN}
    filled = [_filled(world, path) for path in able if path not in asked]
    return [*filled, *(f"{path}?{question}" for path, questions in asked.items() for question in questions)]


def _content(operation: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = operation.get("responses", {}).get("200", {}).get("content", {})
    return content


def _filled(world: World, path: str) -> str:
    """The path with the first id that has rows, if it has a parameter."""
    parent, _, rest = path.partition("/{")
    if not rest:
        return path
    parameter, _, rest = rest.partition("}")
    answer = world.client.get(parent)
    assert answer.status_code == 200, f"{parent}: {answer.text}"
    lines = answer.json()["items"]
    filled = [f"{parent}/{line[parameter]}{rest}" for line in lines]
    return next((one for one in filled if exported(world, one, "application/x-ndjson")), (filled or [path])[0])


def table(world: World, path: str) -> tuple[list[str], list[list[str]]]:
    """The header and the rows of a CSV."""
    header, *found = csv.reader(io.StringIO(exported(world, path, "text/csv"), newline=""))
    return header, found


def test_every_report_becomes_a_table_a_picture_and_a_parquet_file(world: World, paths: list[str], tmp_path: Path) -> None:
    """As `recount report` shows them. Nothing there knows a report, so a new one must have the form of the others."""
    drawn = 0
    for path in [path for path in paths if path.startswith("/v1/reports/")]:
        answer = read(path.partition("?")[0].rpartition("/")[2], msgspec.json.decode(exported(world, path, "application/json")))
        written = io.StringIO()
        Console(file=written, width=1000).print(tables(answer, 160))
        _, measures = known(answer.groups)
        assert all(name.replace("_", " ") in written.getvalue() for name in measures), path
        lines = exported(world, path, "application/x-ndjson").encode().splitlines()
        parquet.write(lines, tmp_path / "groups.parquet")
        assert len(pandas.read_parquet(tmp_path / "groups.parquet")) == len(lines), path
        if measures:
            draw(answer, tmp_path / "picture.svg")
            drawn += 1
    assert drawn > 10


def test_every_value_of_every_row_has_a_column(world: World, paths: list[str]) -> None:
    seen = 0
    for path in paths:
        header, _ = table(world, path)
        for line in exported(world, path, "application/x-ndjson").splitlines():
            for name in _names(msgspec.json.decode(line), ()):
                above = {name[: len(name) - len(rest)].rstrip(".") for rest in _rests(name)}
                assert name in header or above & set(header), (path, name)
                seen += 1
    assert seen > 5000


def _names(value: Any, path: tuple[str, ...]) -> Iterator[str]:
    """The paths of all values that are there."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _names(part, (*path, name))
    elif value is not None:
        yield ".".join(path)


def _rests(name: str) -> Iterator[str]:
    steps = name.split(".")
    return (".".join(steps[count:]) for count in range(1, len(steps)))


def test_the_header_does_not_depend_on_the_rows_nor_on_the_key(world: World, paths: list[str], client: Client) -> None:
    known = [path for path in paths if path.count("/") <= 3 and "?" not in path]
    analyst = world.key("analyst")
    for path in known:
        header, _ = table(world, path)
        assert header
        empty = client.get(path, headers={"accept": "text/csv"}).text.splitlines()
        assert empty[0].split(",") == header, path
        fewer = world.client.get(path, headers={**analyst, "accept": "text/csv"})
        assert fewer.status_code == 403 or fewer.text.splitlines()[0].split(",") == header, path
    assert len(known) > 25


def test_a_feature_of_the_model_is_a_column_of_its_labels(world: World, paths: list[str]) -> None:
    for path in paths:
        if "model=" in path and path.startswith(("/v1/segment-labels", "/v1/reports/segments")):
            header, _ = table(world, path)
            assert {"features.attribute:size", "measures.mean:attribute:size.value"} & set(header), path
            none, found = table(world, f"{path}&labelled=false&label=1") if "labels" in path else (header, [])
            assert (none, found) == (header, [])


def test_the_value_of_a_member_in_the_campaigns_currency_is_a_column(world: World, paths: list[str]) -> None:
    header, found = table(world, next(path for path in paths if path.startswith("/v1/campaigns/")))
    values = {(row[header.index("value.EUR")], row[header.index("value")]) for row in found}
    assert values == {("", "{}"), ("20.00", '{"EUR":"20.00"}')}


def test_no_amount_is_in_a_column_of_texts(world: World, paths: list[str]) -> None:
    """A negative one would get an apostrophe."""
    document = world.app.openapi()["paths"]
    for path in paths:
        schema = row_schema(document[path]["get"]["responses"]) if path in document else None
        texts = {column.name for column in columns(schema) if column.text} if schema else set()
        header, found = table(world, path)
        for row in found:
            amounts = {name for name, cell in zip(header, row, strict=True) if AMOUNT_CELL.fullmatch(cell)}
            assert not amounts & texts, (path, amounts & texts)


INNER = fields({"value": AMOUNT, "unit": TEXT})
ROW = fields(
    {
        "name": MAYBE_TEXT,
        "ratio": maybe(INNER),
        "either": {"anyOf": [fields({"a": TEXT}), fields({"b": AMOUNT})]},
        "open": {"type": "object"},
        "list": {"type": "array", "items": INNER},
        "amounts": {"type": "object", "properties": {"EUR": AMOUNT}, "additionalProperties": AMOUNT},
    }
)


def test_a_declared_field_is_a_column_and_anything_else_is_json() -> None:
    assert [(column.name, column.text) for column in columns(ROW)] == [
        ("name", True),
        ("ratio.value", False),
        ("ratio.unit", True),
        ("either.a", True),
        ("either.b", False),
        ("open", True),
        ("list", True),
        ("amounts.EUR", False),
        ("amounts", True),
    ]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (["ratio"], ["ratio.value", "ratio.unit"]),
        (["ratio.unit", "name"], ["ratio.unit", "name"]),
        (["name", "ratio.unit", "ratio"], ["name", "ratio.unit", "ratio.value"]),
        (["open.size", "open"], ["open.size", "open"]),
        (["list.unit"], ["list.unit"]),
    ],
)
def test_the_columns_of_requested_fields_are_in_their_order(asked: list[str], found: list[str]) -> None:
    assert [column.name for column in columns(ROW, asked)] == found


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("open", "size"), 3),
        (("open", "nothing"), None),
        (("open",), '{"size":3,"small":1e-7}'),
        (("open", "small"), "0.0000001"),
        (("nothing", "at", "all"), None),
        (("name", "size"), None),
        (("list", "unit"), '["EUR",null]'),
        (("list", "lists", "of"), "[[1,null],null]"),
        (("name",), "'=1"),
    ],
)
def test_a_column_finds_its_value(path: tuple[str, ...], value: Any) -> None:
    row = {"name": "=1", "open": {"size": 3, "small": 1e-7}, "list": [{"unit": "EUR", "lists": [{"of": 1}, {}]}, {}]}
    other = Column(("open", "other"), text=True)
    assert Cells([other, Column(path, text=True)], neutralise=True).of(row) == [None, value]


class Sparse(msgspec.Struct, omit_defaults=True):
    """A struct whose JSON has fewer fields."""

    size: int = 3
    wish: str = "tea"


class Line(msgspec.Struct, kw_only=True):
    group: dict[str, Any]
    figure: Figure
    sparse: Sparse
    at: datetime
    id: UUID
    yes: bool
    small: float
    many: list[Sparse]
    absent: int | msgspec.UnsetType = msgspec.UNSET


def test_a_struct_has_the_cells_of_its_json() -> None:
    rate = replace(proportion(1, 3, "1", "a / b", ""), caution="=few", n=3)
    row = Line(
        group={"channel": "-web", "month": date(2026, 1, 1), "product": None},
        figure=rate,
        sparse=Sparse(wish="+milk"),
        at=datetime(2026, 1, 1, 12, tzinfo=UTC),
        id=UUID(int=7),
        yes=True,
        small=1e-9,
        many=[Sparse(), Sparse(size=4)],
    )
    paths: list[tuple[str, ...]] = [(name,) for name in Line.__struct_fields__]
    paths += [("figure", name) for name in Figure.__struct_fields__] + [("figure", "interval", "low"), ("many", "size")]
    paths += [("sparse", "size"), ("sparse", "wish"), ("group", "channel"), ("group", "month"), ("group", "product")]
    for number in (PlainDecimal("1E-9"), Decimal("12.50")):
        changed = replace(row, figure=replace(rate, value=number))
        cells = Cells([Column(path, text=True) for path in paths], neutralise=True)
        of_json = cells.of(msgspec.json.decode(encode(changed)))
        assert [None if cell is None else str(cell) for cell in cells.of(changed)] == [
            None if cell is None else str(cell) for cell in of_json
        ]
        assert of_json[paths.index(("figure", "value"))] == f"{number:f}"
    assert of_json[paths.index(("many", "size"))] == "[null,4]"


def test_only_texts_are_neutralised_and_only_if_it_is_asked_for() -> None:
    columns, row = [Column(("name",), text=True), Column(("net",), text=False)], {"name": "-1", "net": "-1.00"}
    assert Cells(columns, neutralise=True).of(row) == ["'-1", "-1.00"]
    assert Cells(columns, neutralise=False).of(row) == ["-1", "-1.00"]
