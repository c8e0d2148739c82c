"""The embedded deployment's folder, which one process at a time works in."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO


class HomeInUse(Exception):
    """Another process holds the lock of the embedded deployment's folder."""


def locked(home: Path) -> IO[str]:
    """Takes the folder's lock, which is held until the file is closed or the process ends. Creates a missing folder."""
    home.mkdir(parents=True, exist_ok=True)
    file = (home / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise HomeInUse(f"{home} is in use by another process") from None
    return file
