"""Imports of the real files with known answers, and what scenarios read of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.scenarios.recount import Recount

MAPPINGS = Path(__file__).parents[1] / "data" / "mappings"
DATA = Path(__file__).parents[3] / "shared" / "data"

needs_data = pytest.mark.skipif(not DATA.exists(), reason="the real files are not next to the repository, in ../shared/data")

Report = dict[str, Any]


class Imported(NamedTuple):
    """The report of each import, and the highest position of them."""

    reports: Mapping[str, Report]
    position: int


def imported_by(recount: Recount, files: Mapping[str, str], *paths: str) -> Imported:
    """The files by name, imported by the command line, one after the other, and followed by the read models of these paths."""
    reports = {name: recount.run("import", *arguments(name, file)) for name, file in files.items()}
    position = max(report["position"] for report in reports.values())
    recount.caught_up(position, *paths)
    return Imported(reports, position)


def arguments(name: str, file: str) -> tuple[str, str]:
    return str(MAPPINGS / f"{name}.toml"), str(DATA / file)


def beginning(whole: Path, folder: Path, rows: int) -> Path:
    """A file with the header and the first `rows` rows of another file."""
    part = folder / whole.name
    part.write_text("".join(whole.read_text().splitlines(keepends=True)[: rows + 1]))
    return part


def events_since(recount: Recount, imported: Imported, again: Report) -> list[dict[str, Any]]:
    """The events of a repeated import, after all files were imported."""
    answer = recount.get("/v1/events", cursor=imported.position, correlation=again["import_id"]).json()
    events: list[dict[str, Any]] = answer["items"]
    return events


def campaign(recount: Recount, system: str, name: str) -> dict[str, Any]:
    answer: dict[str, Any] = recount.get(f"/v1/campaigns/by/{system}/{name}").json()
    return answer


def effects(recount: Recount, **params: Any) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = recount.get("/v1/reports/campaign-effect", **params).json()["groups"]
    return groups
