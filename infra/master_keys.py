"""Where master keys come from: a text in a setting or a file, or the output of a command, such as one that asks a KMS.

A key has 64 hexadecimal digits. There may be several, on a line each; the last one is the newest (docs/decisions/0044).
"""

from __future__ import annotations

import os
import re
import selectors
import shlex
import signal
import subprocess
import time
from typing import IO

KEYS = r"^\s*[0-9a-fA-F]{64}(\s+[0-9a-fA-F]{64})*\s*$"
COMMAND_SECONDS = 30.0
LARGEST_OUTPUT = 4096


def parsed(text: str) -> tuple[bytes, ...]:
    """Raises ValueError. Its message has nothing of the text."""
    if not re.match(KEYS, text):
        raise ValueError("there must be 64 hexadecimal digits, or several keys on a line each")
    keys = tuple(map(bytes.fromhex, text.split()))
    if len(set(keys)) < len(keys):
        raise ValueError("one of the keys is there twice")
    return keys


def printed_by(command: str, seconds: float = COMMAND_SECONDS) -> str:
    """What the command prints. It runs without a shell and without input, and what it says besides is dropped.

    Raises ValueError if it cannot be started, fails, takes longer than `seconds` or prints more than LARGEST_OUTPUT bytes.
    The message names the program only: its arguments and output may be secret.
    """
    words = shlex.split(command)
    if not words:
        raise ValueError("the command is empty")
    try:
        process = subprocess.Popen(  # noqa: S603 (the operator's own setting)
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )
    except OSError as error:
        raise ValueError(f"{words[0]} cannot be started: {error.strerror}") from None
    with process:
        until = time.monotonic() + seconds
        try:
            output = _read(process.stdout, until)
            status = process.wait(max(0.0, until - time.monotonic()))
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, TimeoutError | subprocess.TimeoutExpired):
                raise ValueError(f"{words[0]} did not end within {seconds:g} seconds") from None
            if isinstance(error, _TooLong):
                raise ValueError(f"{words[0]} printed more than {LARGEST_OUTPUT} bytes") from None
            raise
    if status:
        raise ValueError(f"{words[0]} ended with status {status}")
    return output.decode(errors="replace")


class _TooLong(Exception):
    pass


def _read(stream: IO[bytes] | None, until: float) -> bytes:
    """Raises TimeoutError and _TooLong."""
    assert stream
    output = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while selector.select(max(0.0, until - time.monotonic())):
            some = os.read(stream.fileno(), LARGEST_OUTPUT)
            if not some:
                return output
            output += some
            if len(output) > LARGEST_OUTPUT:
                raise _TooLong
    raise TimeoutError
