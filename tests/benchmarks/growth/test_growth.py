"""A log grows, and everything that is said about its growth is measured, recorded, drawn and shown."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from infra.read_models.positions import followed, positions
from tests.benchmarks.figures import Figure, alone, compared
from tests.benchmarks.growth import record
from tests.benchmarks.growth.__main__ import estimated, measure
from tests.benchmarks.growth.drawing import SHEETS, draw
from tests.benchmarks.growth.ground import made
from tests.benchmarks.growth.rebuilding import rebuilt
from tests.benchmarks.growth.record import DOCS, MEASURES, Record, Stage
from tests.benchmarks.growth.section import section
from tests.benchmarks.growth.stage import Effort, write
from tests.benchmarks.guard import Place
from tests.benchmarks.load import node

PLACE = Place(
    commit="297b3170", changed=False, date="2026-03-01", machine="x86_64", cores=2, python="3.11.7", load="Node.js v20"
)
SVG = "{http://www.w3.org/2000/svg}"


def _stage(events: int, **figures: Figure) -> Stage:
    named = {name.replace("_", "-"): figure for name, figure in figures.items()}
    return Stage(place=PLACE, processor="EPYC", events=events, figures=named)


def _grown() -> Record:
    every = {name: compared([(30.0, 40.0)]) if name.startswith("register") else alone([30.0]) for name in MEASURES}
    stages = {aim: Stage(place=PLACE, processor="EPYC", events=aim + 7, figures=every) for aim in (10_000, 1_000_000)}
    return {"sqlite": stages, "postgresql": stages}


def test_every_figure_is_measured_at_every_stage(tmp_path: Path) -> None:
    try:
        node()
    except RuntimeError as reason:
        pytest.skip(str(reason))
    measure("sqlite", [200], tmp_path, Effort(starts=1, rounds=1, seconds=0.1))
    [stage] = record.read(tmp_path)["sqlite"].values()
    assert stage.events >= 200
    assert [*stage.figures] == [*MEASURES]
    assert all(figure.ours > 0 for figure in stage.figures.values())
    assert {name for name, figure in stage.figures.items() if figure.ratio} == {
        name for name in MEASURES if name.startswith("register")
    }


def test_each_stage_grows_what_is_there_and_fills_all_read_models_up_to_its_head(tmp_path: Path) -> None:
    ground = made("sqlite", "grown", tmp_path, None)
    for aim in (200, 400):
        _, events = write(ground, aim, seed=aim)
        assert aim <= events < aim + 100
        with ground.opened() as deployment:
            assert rebuilt(deployment).events == events == deployment.store.head()
            with deployment.read_models.reader.connect() as connection:
                assert {*connection.execute(select(positions.c.position)).scalars()} == {events}
                assert {*connection.execute(select(followed.c.position)).scalars()} == {events}


def test_an_interrupted_run_keeps_what_it_has(tmp_path: Path) -> None:
    record.begin("sqlite", 200, _stage(207), tmp_path)
    record.note("sqlite", 200, "start", alone([1.5]), tmp_path)
    record.note("sqlite", 200, "register-64", compared([(900.0, 1000.0)]), tmp_path)
    record.begin("postgresql", 200, _stage(208), tmp_path)
    assert record.read(tmp_path) == {
        "sqlite": {200: _stage(207, register_64=compared([(900.0, 1000.0)]), start=alone([1.5]))},
        "postgresql": {200: _stage(208)},
    }
    assert [file.name for file in tmp_path.iterdir()] == [record.FILE]


def test_a_stage_that_is_measured_again_begins_without_figures(tmp_path: Path) -> None:
    record.begin("sqlite", 200, _stage(207, start=alone([1.5])), tmp_path)
    record.begin("sqlite", 400, _stage(407, start=alone([1.6])), tmp_path)
    record.begin("sqlite", 200, _stage(209), tmp_path)
    assert record.read(tmp_path) == {"sqlite": {200: _stage(209), 400: _stage(407, start=alone([1.6]))}}


def test_the_section_shows_each_stage_and_its_ratio_to_an_empty_store() -> None:
    text = section(
        {"sqlite": {200: _stage(207, register_64=compared([(900.0, 1000.0)])), 400: _stage(407, start=alone([1.5]))}}
    )
    assert "| what | unit | 207 | 407 |" in text
    assert "| Commands, 64 connections | per second | 900 (0.90) | – |" in text
    assert "| Start of a server until its first answer | s | – | 1.5 |" in text
    assert "### SQLite" in text
    assert "### PostgreSQL" not in text
    assert text.count("2026-03-01") == 1, "stages that were measured in one run say so once"


def test_without_a_record_there_is_no_section() -> None:
    assert section({}) == ""


def test_a_drawing_is_the_same_to_the_byte_and_its_texts_are_texts(tmp_path: Path) -> None:
    files = draw(_grown(), tmp_path)
    drawn = [file.read_bytes() for file in files]
    for file, panels in zip(files, SHEETS.values(), strict=True):
        texts = {element.text for element in ElementTree.parse(file).iter(f"{SVG}text")}
        assert {panel.title for panel in panels} <= texts
        assert {"10 k", "1 M", "events in the log"} <= texts
        assert {"SQLite", "PostgreSQL"} <= texts
    assert [file.read_bytes() for file in draw(_grown(), tmp_path)] == drawn


def test_a_record_with_nothing_yet_is_drawn(tmp_path: Path) -> None:
    for file in draw({"sqlite": {200: _stage(207)}}, tmp_path):
        assert ElementTree.parse(file).getroot().tag == f"{SVG}svg"


def test_the_pictures_are_drawn_from_the_record(tmp_path: Path) -> None:
    found = record.read()
    if found:
        for file in draw(found, tmp_path):
            assert (DOCS / file.relative_to(tmp_path)).read_bytes() == file.read_bytes(), (
                "python -m tests.benchmarks.growth --draw"
            )


def test_the_estimate_is_that_of_all_engines_and_stages() -> None:
    assert estimated(2, [10_000]) == 2 * estimated(1, [10_000])
    assert estimated(1, [10_000, 1_000_000]) > estimated(1, [1_000_000]) > 1
