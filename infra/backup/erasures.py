"""The list of erasures, which is kept apart from the store, so that a restored backup does not bring erased people back.

Each erasure appends a line of JSON to the list: which subjects were erased, and the event itself, which has no personal data.
Each line names the position of the line before it, so a missing line shows, and the store's secret seals it, so nobody else can
add one. The list is written from the log: what a crash kept out of it is appended at the next start, before anything else is.
"""

from __future__ import annotations

import fcntl
import hmac
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple, Protocol
from uuid import UUID

import msgspec

from domain.shared.ids import keyed_digest
from infra.event_store.identity import Identity
from infra.event_store.mapper import Stored, metadata_of
from infra.settings import Settings

AT_ONCE = 500

_encode = msgspec.json.Encoder().encode


class ErasureReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """An erasure: `event` is the state of the event at `position` that erased the stream, and `along` those who went with it.

    `previous` is the position of the line before, or 0.
    """

    store: str
    position: int
    previous: int
    stream: UUID
    version: int
    type: str
    along: tuple[UUID, ...]
    event: msgspec.Raw
    seal: str = ""

    def sealed(self, secret: bytes) -> ErasureReceipt:
        return msgspec.structs.replace(self, seal=self._seal(secret))

    def is_sealed_with(self, secret: bytes) -> bool:
        return hmac.compare_digest(self.seal, self._seal(secret))

    def stored(self) -> Stored:
        return Stored(self.position, self.stream, self.version, self.type, bytes(self.event))

    def stored_as(self, type: str) -> Stored:
        """The same facts as an event of another type, for a subject of another kind who went along."""
        event = msgspec.json.decode(self.event)
        event["data"]["type"] = type
        return self.stored()._replace(type=type, state=_encode(event))

    def _seal(self, secret: bytes) -> str:
        return keyed_digest(secret, "erasure receipt", _encode(msgspec.structs.replace(self, seal=""))).hex()


_decode = msgspec.json.Decoder(ErasureReceipt).decode


class BadList(Exception):
    """The list of erasures cannot be relied on. The message names the file and the line."""


class ForeignList(Exception):
    """The file is the list of another store. Appending to it would lose this store's erasures: its positions mean others."""


class Log(Protocol):
    """The part of the event store that writing the list needs."""

    @property
    def secret(self) -> bytes: ...
    def identity(self) -> Identity: ...
    def head(self) -> int: ...
    def raise_positions(self, above: int) -> None: ...
    def erasures(self, after: int, limit: int) -> Sequence[Stored]:
        """The first events after this position that erased a subject."""


class ErasureList:
    """The list in the file, which several processes may append to."""

    def __init__(self, file: Path, log: Log) -> None:
        self._file, self._log = file, log
        self._read_to = self._last = 0

    def catch_up(self) -> int:
        """Append all erasures of the log that the list does not have; returns how many. They are on disk then.

        Raises ForeignList, OSError and StoreUnavailable.
        """
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._read_on(file)
            if self._last > self._log.head():
                # A copy of the log was put back. Otherwise, a new erasure at a position that is listed would not be listed.
                self._log.raise_positions(self._last)
            count, after = 0, self._last
            while found := self._log.erasures(after, AT_ONCE):
                for receipt in filter(None, map(self._receipt, found)):
                    file.write(_encode(receipt) + b"\n")
                    self._last, count = receipt.position, count + 1
                file.flush()
                os.fsync(file.fileno())
                self._read_to, after = file.tell(), found[-1].position
            return count

    def _read_on(self, file: IO[bytes]) -> None:
        """Read what others appended. Cut off a line that a crash left unfinished. Of a list that was replaced, read all."""
        if file.seek(0, os.SEEK_END) < self._read_to:
            self._read_to = self._last = 0
        file.seek(self._read_to)
        for line in file:
            if not line.endswith(b"\n"):
                break
            self._read_to += len(line)
            self._last = max(self._last, self._position(line))
        file.seek(self._read_to)
        file.truncate()

    def _position(self, line: bytes) -> int:
        """Of a damaged line 0: it stays where it is, and a restore refuses the list. Raises ForeignList."""
        try:
            receipt = _decode(line)
        except msgspec.MsgspecError:
            return 0
        if receipt.store != self._log.identity().store:
            raise ForeignList(f"{self._file} is the list of another store: move it away, and keep it as long as its backups")
        return receipt.position

    def _receipt(self, stored: Stored) -> ErasureReceipt | None:
        """None if the event is damaged: the list has only what can be applied again."""
        metadata = metadata_of(stored)
        if metadata is None:
            return None
        return ErasureReceipt(
            store=self._log.identity().store,
            position=stored.position,
            previous=self._last,
            stream=stored.stream,
            version=stored.version,
            type=stored.type,
            along=metadata.concerns,
            event=msgspec.Raw(stored.state),
        ).sealed(self._log.secret)


class Listed(NamedTuple):
    """The erasures of after a backup, in their order. `last` is the position of the list's last line; 0 if it is empty."""

    later: Sequence[ErasureReceipt]
    last: int


def read_list(file: Path, secret: bytes, head: int, last_known: int) -> Listed:
    """The erasures that a backup with the log up to `head` does not have; `last_known` is the position of the last one it has.

    Raises BadList if a line is damaged or was not made by this store, or if the list has a gap between the backup and its end.
    """
    later: dict[int, ErasureReceipt] = {}
    seen, last = {0}, 0
    for receipt in receipts(file, secret):
        seen |= {receipt.position, receipt.previous} if receipt.previous <= head else {receipt.position}
        last = max(last, receipt.position)
        if receipt.position > head:
            later[receipt.position] = receipt
    if last_known not in seen:
        raise BadList(f"{file} ends before the backup or begins after it: it does not have the erasure at {last_known}")
    for receipt in later.values():
        if receipt.previous not in seen:
            raise BadList(f"{file} has a gap: the erasure at position {receipt.previous} is missing")
    return Listed([later[position] for position in sorted(later)], last)


def receipts(file: Path, secret: bytes) -> Iterator[ErasureReceipt]:
    """All lines of the list. Raises BadList."""
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.endswith(b"\n"):
                    return  # A crash came before the end of this line, and before anybody heard that it was written.
                try:
                    receipt = _decode(line)
                except msgspec.MsgspecError:
                    raise BadList(f"{file}, line {number}: it is not a receipt of an erasure") from None
                if not receipt.is_sealed_with(secret):
                    raise BadList(f"{file}, line {number}: another store wrote it, or it was changed")
                yield receipt
    except OSError as error:
        raise BadList(f"{file}: {error.strerror}") from None


def last_listed(file: Path, identity: Identity) -> int:
    """The highest position in the list of this store; 0 if there is none. Lines that cannot be read are passed over."""
    highest = 0
    with suppress(OSError), file.open("rb") as lines:
        for line in lines:
            with suppress(msgspec.MsgspecError):
                receipt = _decode(line)
                highest = max(highest, receipt.position if receipt.store == identity.store else 0)
    return highest


def erasures_file(settings: Settings) -> Path:
    """Where the list is."""
    return settings.erasures_file or settings.home / "erasures.ndjson"
