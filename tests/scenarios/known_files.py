"""Imports of the real files with known answers, and what scenarios read of them.

The embedded deployment imports whole files. The other one imports a part of the long ones: it must give the same answers, and
for that a part is enough. What a test expects is counted in the rows that were imported, and what is known of a whole file is
compared with its rows.
"""

from __future__ import annotations

import csv
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
    """The files by the names of their mappings, the report of each import, and the highest position of them."""

    files: Mapping[str, Path]
    reports: Mapping[str, Report]
    position: int

    def rows(self, name: str) -> list[dict[str, str]]:
        return rows_of(self.files[name])


def imported_by(recount: Recount, files: Mapping[str, Path], *paths: str) -> Imported:
    """The files by name, imported by the command line, one after the other, and followed by the read models of these paths."""
    reports = {name: recount.run("import", *arguments(name, file)) for name, file in files.items()}
    position = max(report["position"] for report in reports.values())
    recount.caught_up(position, *paths)
    return Imported(files, reports, position)


def arguments(name: str, file: Path) -> tuple[str, str]:
    return str(MAPPINGS / f"{name}.toml"), str(file)


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open() as lines:
        return list(csv.DictReader(lines, delimiter=";" if file.name == "paths.csv" else ","))


def whole_or(rows: int, whole: Path, recount: Recount, folder: Path) -> Path:
    """The file for this deployment: the whole one, or a new one in the folder with its header and its first `rows` rows."""
    return beginning(whole, folder, rows) if recount.settings.distributed else whole


def beginning(whole: Path, folder: Path, rows: int, header: int = 1) -> Path:
    """A file with the header and the first `rows` rows of another file."""
    part = folder / whole.name
    part.write_text("".join(whole.read_text().splitlines(keepends=True)[: rows + header]))
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
