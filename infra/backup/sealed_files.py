"""Files that only the holder of an age identity can read (https://age-encryption.org/v1), made with the library pyrage.

A file is encrypted for recipients, which are public keys. So the machine that makes backups cannot read them. A file is written
under another name, and gets its own name when it is complete and on disk. Only its owner can read it.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import msgspec
import pyrage
from pyrage import x25519

from infra.backup.contents import LENGTH
from infra.on_disk import to_disk

LEVEL = 3
AT_ONCE = 1 << 20
LARGEST_FRAME = 1 << 30
UNFINISHED = ".unfinished"

Found = Callable[[str, Any, bytes], None]
"""Called with the name, the rows, and the content of each frame."""

_decode = msgspec.msgpack.Decoder(tuple[str, Any]).decode


class BadFile(Exception):
    """A file of a backup cannot be read, is damaged, or is not the right one. The message names it."""


class Recipient(Protocol):
    """A public key, as pyrage has it."""


class Identity(Protocol):
    """A private key, as pyrage has it."""


def recipient(text: str) -> Recipient:
    """The recipient `age1…`. Raises ValueError."""
    try:
        found: Recipient = x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise ValueError(f"{text} is not an age recipient, such as age1…: {error}") from None
    return found


def identities(file: Path) -> Sequence[Identity]:
    """The identities in the file, a line each: AGE-SECRET-KEY-1…. Raises ValueError, without anything of the file's text."""
    try:
        lines = [line.strip() for line in file.read_text(errors="replace").splitlines()]
        found = [x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except (OSError, pyrage.IdentityError):
        raise ValueError(f"{file} cannot be read as a file of age identities (AGE-SECRET-KEY-1…)") from None
    if not found:
        raise ValueError(f"{file} has no age identity (AGE-SECRET-KEY-1…)")
    return found


def new_identity(file: Path) -> str:
    """Writes a new identity into a new file that only its owner can read, and returns its recipient. Raises OSError."""
    identity = x25519.Identity.generate()
    public = str(identity.to_public())
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(f"# {public}\n{identity}\n")
        opened.flush()
        os.fsync(descriptor)
    return public


class Unfinished:
    """A file that is being written, under a lock. `publish` gives it its name; `discard` removes it unless it is published."""

    def __init__(self, path: Path) -> None:
        self._path, self._unfinished = path, path.with_name(f".{path.name}{UNFINISHED}")
        self._file: BinaryIO | None = None

    def write(self, recipients: Sequence[Recipient], frames: Iterable[bytes]) -> None:
        """Raises what the frames raise, and OSError."""
        descriptor = os.open(self._unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        source = _Source(_compressed(frames))
        try:
            pyrage.encrypt_io(source, self._file, recipients)
        except pyrage.EncryptError:
            raise source.failure or OSError(f"{self._path} cannot be encrypted") from None
        self._file.flush()
        os.fsync(descriptor)

    def publish(self) -> None:
        self._unfinished.rename(self._path)
        to_disk(self._path.parent)

    def discard(self) -> None:
        if self._file is not None:
            self._unfinished.unlink(missing_ok=True)
            with suppress(OSError):  # On a full disk, the rest of it cannot be written.
                self._file.close()


def remove_unfinished(folder: Path) -> None:
    """Remove what killed backups left. What a running one writes is locked, and stays."""
    for path in folder.glob(f".recount-*{UNFINISHED}"):
        with suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def read(path: Path, identities: Sequence[Identity], found: Found) -> None:
    """Calls `found` for each frame, in bounded memory. Raises BadFile, and what `found` raises.

    That the file was cut off shows at its end only: until then, nothing that was found may be relied on.
    """
    frames = _Frames(path, found)
    try:
        with path.open("rb") as file:
            pyrage.decrypt_io(file, frames, identities)
    except pyrage.DecryptError as error:
        why = "none of the identities opens it" if "No matching keys" in str(error) else f"it is no age file ({error})"
        raise BadFile(f"{path}: {why}") from None
    except OSError as error:
        why = error.strerror or "it is damaged or was cut off"
        raise BadFile(f"{path}: {why}") from None
    frames.end()


class _Source:
    """The pieces as a file to read from. `failure` is what they raised: pyrage tells only its text."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")
        self.failure: BaseException | None = None

    def read(self, size: int) -> bytes:
        try:
            while not self._rest:
                self._rest = memoryview(next(self._pieces))
        except StopIteration:
            return b""
        except BaseException as error:
            self.failure = error
            raise
        some, self._rest = self._rest[:size], self._rest[size:]
        return bytes(some)


def _compressed(frames: Iterable[bytes]) -> Iterator[bytes]:
    compressing = zlib.compressobj(LEVEL)
    for frame in frames:
        yield compressing.compress(frame)
    yield compressing.flush()


class _Frames:
    """Takes decrypted pieces, and cuts frames out of them. No piece makes it hold more than one frame."""

    def __init__(self, path: Path, found: Found) -> None:
        self._path, self._found = path, found
        self._expanding, self._held = zlib.decompressobj(), bytearray()

    def write(self, piece: bytes) -> int:
        rest = piece
        while rest:
            try:
                self._held += self._expanding.decompress(rest, AT_ONCE)
            except zlib.error:
                raise self._damaged() from None
            rest = self._expanding.unconsumed_tail
            self._cut()
        return len(piece)

    def flush(self) -> None:
        """pyrage may ask for it; there is nothing to do."""

    def end(self) -> None:
        self._held += self._expanding.flush()
        self._cut()
        if self._held or not self._expanding.eof or self._expanding.unused_data:
            raise self._damaged()

    def _cut(self) -> None:
        while len(self._held) >= LENGTH.size:
            length = LENGTH.unpack_from(self._held)[0]
            if length > LARGEST_FRAME:
                raise self._damaged()
            if len(self._held) < LENGTH.size + length:
                return
            content = bytes(self._held[LENGTH.size : LENGTH.size + length])
            del self._held[: LENGTH.size + length]
            try:
                name, rows = _decode(content)
            except msgspec.MsgspecError:
                raise self._damaged() from None
            self._found(name, rows, content)

    def _damaged(self) -> BadFile:
        return BadFile(f"{self._path}: it is damaged, or is not a file of a backup")
