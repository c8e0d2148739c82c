"""Notes in HOME that a process works on the embedded stores, so that the next start knows whether the last end was clean."""

from __future__ import annotations

from pathlib import Path

from infra.on_disk import to_disk

RUNNING = "running"


class Unclean:
    """Whether the last process on this HOME ended without its end, so that the files need a verification."""

    def __init__(self, home: Path) -> None:
        self._file = home / RUNNING
        self.verified = not self._file.exists()
        """Whether the files are as a clean end left them, or were verified since."""
        if self.verified:
            self._file.touch()
            to_disk(self._file)
            to_disk(home)

    def close(self) -> None:
        """At a clean end. If the files are not verified yet, the next start begins again."""
        if self.verified:
            self._file.unlink(missing_ok=True)
