"""When scikit-learn is loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

STORY = """
import sys, threading
from pathlib import Path
import msgspec
from api.segmentation.fitting_libraries import FittingLibraries
from infra.read_models.database import sqlite_read_models
from infra.read_models.tables import create_tables
from projections.segmentation.segment_models import model_states
from projections.shared.rows import Rows
from tests.benchmarks.reports.segments import FEATURES, MODEL, model_of

def ended():
    while running := [thread for thread in threading.enumerate() if thread.name == "fitting-libraries"]:
        running[0].join()

def loaded():
    return "sklearn.cluster" in sys.modules

libraries = FittingLibraries()
read_models = sqlite_read_models(Path(sys.argv[1]))
libraries.load_if_needed(read_models.reader)
ended()
print("no table:", loaded())
with read_models.writer.begin() as connection:
    from projections.segmentation.segment_models import TABLES
    create_tables(connection, TABLES)
libraries.load_if_needed(read_models.reader)
ended()
print("no model:", loaded())
with read_models.writer.begin() as connection:
    state = msgspec.json.encode(model_of(FEATURES)).decode()
    Rows(connection).insert(model_states, [{"model_id": MODEL, "position": 1, "state": state}])
libraries.load_if_needed(read_models.reader)
ended()
print("a model:", loaded())
libraries.wait()
libraries.load()
print("threads:", threading.active_count())
"""


def test_it_is_loaded_only_if_there_is_a_model_and_only_once(tmp_path: Path) -> None:
    run = [sys.executable, "-c", STORY, str(tmp_path / "read-models.db")]
    ended = subprocess.run(run, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == ["no table: False", "no model: False", "a model: True", "threads: 1"]


WAITING = """
import sys, time
from api.segmentation.fitting_libraries import FittingLibraries

libraries = FittingLibraries()
libraries.load()
print("at once:", "sklearn.cluster" in sys.modules)
libraries.wait()
print("then:", "sklearn.cluster" in sys.modules)
"""


def test_a_load_holds_up_nobody_who_does_not_wait_for_it() -> None:
    ended = subprocess.run([sys.executable, "-c", WAITING], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == ["at once: False", "then: True"]
