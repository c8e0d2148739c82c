"""Threads are known to the system by their names, so that `top -H` and `ps -L` show which part of a process is busy.

Python does so itself from version 3.14 on.
"""

import sys
import threading
from contextlib import suppress

LENGTH = 15
"""Bytes that Linux keeps of a name."""


def show_thread_names() -> None:
    """From now on, each new thread of this process shows its name, also those of libraries."""
    if sys.platform == "linux" and sys.version_info < (3, 14):
        threading.setprofile(_show)


def _show(*_: object) -> None:
    """Python calls this once in each new thread, before its work."""
    sys.setprofile(None)
    name = threading.current_thread().name.encode()[:LENGTH]
    with suppress(OSError), open(f"/proc/self/task/{threading.get_native_id()}/comm", "wb") as comm:
        comm.write(name)
