"""Which errors pass by themselves, and what of an error may be kept."""

from __future__ import annotations

import traceback
from pathlib import PurePath

from sqlalchemy import exc

from commands.shared.commit import StoreUnavailable

FOLDERS_SHOWN = 3


def is_transient(error: BaseException) -> bool:
    """Whether trying again later may help: the database, its connection, a lock, the event store."""
    if isinstance(error, exc.DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, exc.OperationalError | exc.InterfaceError | exc.TimeoutError | StoreUnavailable)


def name_of(error: BaseException) -> str:
    """The error's type and those of its causes. Its text may hold personal data and is not kept."""
    names = []
    cause: BaseException | None = error
    while cause is not None:
        names.append(type(cause).__name__)
        cause = cause.__cause__
    return " from ".join(names)


def frames_of(error: BaseException) -> str:
    """Where it was raised, outermost first: file, line and function of each frame, and no values."""
    frames = traceback.extract_tb(error.__traceback__)
    return "\n".join(f"{_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames)


def _short(filename: str) -> str:
    return "/".join(PurePath(filename).parts[-FOLDERS_SHOWN:])
