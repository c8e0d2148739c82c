"""Which errors are transient, and which parts of an error may be stored."""

from __future__ import annotations

import traceback
from pathlib import PurePath

from sqlalchemy import exc

from commands.shared.commit import StoreUnavailable

FOLDERS_SHOWN = 3


def is_transient(error: BaseException) -> bool:
    """Whether a later retry may help: an error of the database, its connection, a lock or the event store."""
    if isinstance(error, exc.DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, exc.OperationalError | exc.InterfaceError | exc.TimeoutError | StoreUnavailable)


def name_of(error: BaseException) -> str:
    """The names of the error's type and its causes' types. The text may contain personal data and is not stored."""
    names = []
    cause: BaseException | None = error
    while cause is not None:
        names.append(type(cause).__name__)
        cause = cause.__cause__
    return " from ".join(names)


def frames_of(error: BaseException) -> str:
    """The frames of the traceback, outermost first: file, line and function of each, without values."""
    frames = traceback.extract_tb(error.__traceback__)
    return "\n".join(f"{_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames)


def _short(filename: str) -> str:
    return "/".join(PurePath(filename).parts[-FOLDERS_SHOWN:])
