"""What survives a power failure: files and names that the operating system was asked to write to the disk."""

from __future__ import annotations

import os
from pathlib import Path


def to_disk(path: Path) -> None:
    """Wait until the file is on disk; of a folder, the names in it. A new file keeps its name only if its folder is there too.

    Raises OSError.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
