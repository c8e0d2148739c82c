"""Makes a backup of the SQLite store in a folder, and stops in the middle of it, for good."""

from __future__ import annotations

import sys
import threading
from contextlib import closing
from pathlib import Path

from infra.backup import tables
from infra.backup.making import Folders, make
from infra.backup.sealed_files import recipient
from infra.event_store.vault import Vault
from infra.settings import Settings


def stop(done: int, total: int) -> None:
    print("in the middle", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    home, folder = map(Path, sys.argv[1:3])
    settings = Settings(home=home, master_key="7c" * 32)
    with closing(tables.source(settings)) as source:
        make(source, Vault(*settings.master_keys), Folders(folder, folder), [recipient(sys.argv[3])], stop)
