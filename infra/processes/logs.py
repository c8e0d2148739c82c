"""Logging, configured once: JSON lines on standard error, or readable lines if that is a terminal.

An exception's text may contain personal data, so only its type and its frames are logged.
"""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, Processor

LOUD_LIBRARIES = {"kafka": logging.CRITICAL, "uvicorn": logging.WARNING, "httpx": logging.WARNING}


class Lasting:
    """A file whose failures stop nobody's work: a full disk, a pipe that nobody reads any more, a closed file."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            self._file.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._file.flush()


def configure(level: str) -> None:
    """`level` is the name of a level of Python's logging."""
    renderer: Processor = structlog.processors.JSONRenderer()
    if sys.stderr.isatty():
        renderer = structlog.dev.ConsoleRenderer()
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_texts_of_errors,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, Lasting(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    _include_libraries(shared, renderer)


def without_texts_of_errors(_: object, __: str, event: EventDict) -> EventDict:
    """Replace the exception by its type and the place where it was raised."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exception()
    elif isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        from consumers.projecting.faults import frames_of, name_of

        event.update(error=name_of(error), frames=frames_of(error))
    return event


def _include_libraries(shared: list[Processor], renderer: Processor) -> None:
    """Give the same format to what libraries log with Python's logging."""
    handler = logging.StreamHandler()
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[remove, renderer]))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for library, loud in LOUD_LIBRARIES.items():
        logging.getLogger(library).setLevel(loud)
