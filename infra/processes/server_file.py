"""HOME/server.json: how other commands on this machine reach the running server. Only its owner may read it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec


class RunningServer(msgspec.Struct):
    """`key` has all permissions while the server runs."""

    url: str
    key: str
    pid: int


def _file(home: Path) -> Path:
    return home / "server.json"


def found(home: Path) -> RunningServer | None:
    """The file's content; None if it is missing or unreadable. If no process holds the folder's lock, the file is stale."""
    try:
        return msgspec.json.decode(_file(home).read_bytes(), type=RunningServer)
    except (OSError, msgspec.MsgspecError):
        return None


def remove(home: Path) -> None:
    _file(home).unlink(missing_ok=True)


def new_key() -> str:
    return f"local_{secrets.token_urlsafe(32)}"


@contextmanager
def announced(home: Path, server: RunningServer) -> Iterator[None]:
    """The file exists inside the block, complete from the first moment."""
    unfinished = home / "server.json.unfinished"
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(server))
    unfinished.rename(_file(home))
    try:
        yield
    finally:
        remove(home)
