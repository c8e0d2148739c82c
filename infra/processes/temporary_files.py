"""Temporary files of a process, in a folder of its own under HOME: uploads, large answers before they are sent, sorting.

They may hold personal data. The folder is removed when the process ends. If the process was killed, the next one that starts
with the same HOME removes it: nobody holds its lock any more.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.home import made

SQLITE = "SQLITE_TMPDIR"


@contextmanager
def own_temporary_folder(home: Path) -> Iterator[Path]:
    """Inside the block, Python and SQLite put all temporary files of this process into this folder. Raises OSError."""
    shared = made(home) / "tmp"
    shared.mkdir(mode=0o700, exist_ok=True)
    with _held(shared):
        _sweep(shared)
        own = Path(tempfile.mkdtemp(dir=shared.absolute()))
        lock = _lock(own, fcntl.LOCK_EX)
    before = tempfile.tempdir, os.environ.get(SQLITE)
    tempfile.tempdir = os.environ[SQLITE] = str(own)
    try:
        yield own
    finally:
        tempfile.tempdir = before[0]
        if before[1] is None:
            del os.environ[SQLITE]
        else:
            os.environ[SQLITE] = before[1]
        shutil.rmtree(own, ignore_errors=True)
        os.close(lock)


def _sweep(shared: Path) -> None:
    """Remove the folders of processes that have ended."""
    for folder in (one for one in shared.iterdir() if one.is_dir()):
        try:
            lock = _lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, FileNotFoundError):
            # Its process holds it, or has just removed it.
            continue
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """One process at a time sweeps and makes its folder, so that no folder is swept before it is locked."""
    lock = _lock(folder, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(lock)


def _lock(folder: Path, how: int) -> int:
    """The descriptor of the folder, which holds its lock until it is closed. Raises BlockingIOError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, how)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
