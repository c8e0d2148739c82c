"""A process that rotates the master key, five keys at a time, and stops to wait for its end after some portions.

Arguments: the address of the store, the old and the new master key in hexadecimal digits, the number of portions.
"""

import signal
import sys

from infra.event_store import rotation
from infra.event_store.vault import Vault
from tests.commands.event_stores import opened

if __name__ == "__main__":
    where, old, new, portions = sys.argv[1], bytes.fromhex(sys.argv[2]), bytes.fromhex(sys.argv[3]), int(sys.argv[4])
    rotation.AT_ONCE = 5

    def progress(done: int, total: int) -> None:
        if done >= portions * rotation.AT_ONCE:
            print(done, total, flush=True)
            signal.pause()

    opened(where, vault=Vault(old, new)).rotate_master_key(progress)
