"""Who may read files: what Recount writes is for its own user only, and a secret that others can read is reported.

These messages go through Python's own logging, so that commands without a log show them on standard error.
"""

from __future__ import annotations

import grp
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)

OTHERS = 0o077
"""What the group and all others may do."""
STORES = ("events.db*", "read-models.db*", "erasures.ndjson")
OURS = (*STORES, "lock", "server.json*", "up.env", "first-admin-key*", "tmp", "servers")
"""Everything that Recount writes in HOME. Other files there are not ours to change."""
POSTGRES_DATA = ("postgres", "data")
"""PostgreSQL checks the modes in its own folder itself."""
SYSTEM_USER = "pgserver"
"""If root runs PostgreSQL, it runs as this user, who may pass through the folders above its own."""
NAMED = 5


def write_only_for_us() -> None:
    """From now on, no other user can read what this process and its children write."""
    os.umask(OTHERS)


def repair(home: Path) -> None:
    """Take from group and others what they may do with HOME and the files in it that Recount made. Log what changed."""
    repaired, failed = [], []
    for path in (home, *_made_in(home)):
        try:
            if _tightened(path):
                repaired.append(path)
        except FileNotFoundError:
            continue
        except OSError:
            failed.append(path)
    if repaired:
        log.warning("Other users could read or change %s: now only its owner can.", _named(repaired, home))
    if failed:
        log.warning("Other users can read or change %s, and this user may not change that.", _named(failed, home))


def warn_of_readers(setting: str, file: Path) -> None:
    """Log a warning if group or others can read the file of this setting: it holds a secret, and we did not make it."""
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except OSError:
        return
    if mode & 0o044:
        log.warning("%s: other users can read %s (mode %04o). Only this user should: chmod 600 %s", setting, file, mode, file)


def _made_in(home: Path) -> Iterator[Path]:
    for path in (found for pattern in OURS for found in home.glob(pattern)):
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _inside(path)


def _inside(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if (Path(parent).name, name) != POSTGRES_DATA]
        yield from (Path(parent) / name for name in (*folders, *files))


def _tightened(path: Path) -> bool:
    """Whether the mode was too wide and is right now. Raises OSError if it stays too wide."""
    found = path.lstat()
    mode = stat.S_IMODE(found.st_mode)
    # A folder that all users share, such as /tmp, is never ours, even if HOME names it.
    wide = 0 if stat.S_ISLNK(found.st_mode) or mode & stat.S_ISVTX else mode & OTHERS & ~_passing(found)
    if wide:
        path.chmod(mode & ~wide)
    return bool(wide)


def _passing(found: os.stat_result) -> int:
    """What the group may do: root lets PostgreSQL's user pass through folders, but not list them."""
    return stat.S_IXGRP if found.st_gid == group_of_postgres() and stat.S_ISDIR(found.st_mode) else 0


def group_of_postgres() -> int | None:
    """The group of PostgreSQL's own user. None unless we are root and the group exists."""
    try:
        return grp.getgrnam(SYSTEM_USER).gr_gid if os.geteuid() == 0 else None
    except KeyError:
        return None


def _named(paths: list[Path], home: Path) -> str:
    names = [str(path if path == home else path.relative_to(home)) for path in paths]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more} ({home})"
