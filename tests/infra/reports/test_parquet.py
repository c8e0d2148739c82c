"""Parquet files: numbers are numbers, and what names a group stays as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pandas

from infra.reports.parquet import write
from tests.infra.reports.bodies import WAITING, answer, figure, group


def frame(body: dict[str, object], file: Path) -> pandas.DataFrame:
    groups = body["groups"]
    assert isinstance(groups, list)
    write([json.dumps(one).encode() for one in groups], file)
    return pandas.read_parquet(file)


def test_figures_are_numbers_and_codes_stay_texts(tmp_path: Path) -> None:
    body = answer(
        group({"product": "007", "year": 2026}, {"net": figure("1234567890.12", "EUR")}),
        group({"product": None, "year": 2027}, {"net": figure(None, "EUR", reason="no orders")}),
    )
    read = frame(body, tmp_path / "sales.parquet")
    assert read["group.product"].tolist()[0] == "007"
    assert read["group.product"].isna().tolist() == [False, True]
    assert read["group.year"].tolist() == [2026, 2027]
    assert read["measures.net.value"].dtype == "float64"
    assert read["measures.net.value"].tolist()[0] == 1234567890.12
    assert read["measures.net.unit"].tolist() == ["EUR", "EUR"]


def test_a_list_is_json_and_an_interval_has_columns(tmp_path: Path) -> None:
    read = frame(WAITING, tmp_path / "waiting.parquet")
    assert json.loads(read["curve"][0]) == WAITING["groups"][0]["curve"]
    assert read["measures.median.interval.low"].tolist()[0] == 3600.0


def test_no_groups_are_a_file_without_rows(tmp_path: Path) -> None:
    assert frame(answer(), tmp_path / "empty.parquet").empty
