"""A line of the log that cannot be written stops nobody's work."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import TextIO

import pytest
import structlog

from infra.processes import logs


def unread() -> TextIO:
    """A pipe that nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w", buffering=1)


def full() -> TextIO:
    """A disk without space."""
    return Path("/dev/full").open("w", buffering=1)


@pytest.fixture(autouse=True)
def _configured_as_before() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.parametrize("made", [unread, full])
def test_a_log_that_cannot_be_written_stops_nobodys_work(made: Callable[[], TextIO], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", made())
    logs.configure("INFO")
    structlog.get_logger().error("batch failed", commands=1)
    structlog.get_logger().error("batch failed", commands=1)


def test_a_log_that_was_closed_stops_nobodys_work(monkeypatch: pytest.MonkeyPatch) -> None:
    file = StringIO()
    monkeypatch.setattr(sys, "stderr", file)
    logs.configure("INFO")
    file.close()
    structlog.get_logger().error("batch failed", commands=1)
