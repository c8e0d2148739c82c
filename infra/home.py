"""HOME: the folder of a process. The embedded deployment keeps its stores there, and one process at a time works in it."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from infra.file_modes import repair


class HomeInUse(Exception):
    """Another process holds the lock of the embedded deployment's folder."""


def made(home: Path) -> Path:
    """The folder, which only its owner can enter. Creates a missing one, and repairs the modes of what is in it."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    repair(home)
    return home


def locked(home: Path) -> IO[str]:
    """Takes the folder's lock, which is held until the file is closed or the process ends. Creates a missing folder."""
    file = (made(home) / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise HomeInUse(f"{home} is in use by another process") from None
    return file
