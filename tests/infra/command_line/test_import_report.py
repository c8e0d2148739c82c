"""What `recount import` prints about refused rows."""

from __future__ import annotations

from typing import Any

import pytest

from infra.command_line.imports import show

REPORT: dict[str, Any] = {
    **dict.fromkeys(("rows", "accepted", "repeated", "refused", "skipped"), 1),
    "seconds": 0.0,
    "irregular": {},
    "refused_by_rule": {"unusable": 1},
}


@pytest.mark.parametrize(
    ("column", "shown"),
    [
        ("price", "line 3, column price, order.place: facts.lines[0].unit_price: It is not a number."),
        ("", "line 3, order.place: facts.lines[0].unit_price: It is not a number."),
        ("[red]", "line 3, column [red], order.place: facts.lines[0].unit_price: It is not a number."),
    ],
)
def test_a_refused_row_is_shown_with_line_column_and_key(column: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"line": 3, "column": column, "field": "order.place: facts.lines[0].unit_price", "reason": "It is not a number."}
    show("orders.csv", {**REPORT, "refusals": [row]})
    assert shown in " ".join(capsys.readouterr().out.split())
