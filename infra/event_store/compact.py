"""The JSON of an event as the store keeps it: compressed, with a dictionary of what events have in common.

A compact state is one byte, the number of the dictionary; four with the CRC-32 of the JSON; and a Zstandard frame (RFC 8878)
without its magic number. JSON begins with another byte. So rows of format 3, which have the JSON itself, stay as they are.
"""

from __future__ import annotations

import struct
import threading
from pathlib import Path
from zlib import crc32

from zstandard import (
    FORMAT_ZSTD1_MAGICLESS,
    ZstdCompressionDict,
    ZstdCompressionParameters,
    ZstdCompressor,
    ZstdDecompressor,
    ZstdError,
    get_frame_parameters,
)

DICTIONARY = 1
FILE = Path(__file__).with_name(f"dictionary_{DICTIONARY}")
"""What is written with it can be read only with it, so it never changes. A better one would be a second one."""
LEVEL = 3
_FIRST, HEAD = bytes([DICTIONARY]), struct.Struct(">BI")
LARGEST = 1 << 20
"""A state of more bytes is kept as JSON. A frame that claims to have more is damaged: nothing is reserved for it."""


class _Tools(threading.local):
    """Of each thread its own, because none of them may be used by two at a time."""

    def __init__(self) -> None:
        dictionary = ZstdCompressionDict(FILE.read_bytes())
        written = ZstdCompressionParameters.from_level(LEVEL, format=FORMAT_ZSTD1_MAGICLESS, write_dict_id=False)
        self.compress = ZstdCompressor(dict_data=dictionary, compression_params=written).compress
        self.decompress = ZstdDecompressor(dict_data=dictionary, format=FORMAT_ZSTD1_MAGICLESS).decompress


_tools = _Tools()


def dump(state: bytes) -> bytes:
    """The state as it is stored."""
    return state if len(state) > LARGEST else head(state) + _tools.compress(state)


def head(state: bytes) -> bytes:
    """The first bytes of the state as it is stored, if it is compact."""
    return HEAD.pack(DICTIONARY, crc32(state))


def load(stored: bytes) -> bytes:
    """The state; what is damaged stays as it is, and is no JSON."""
    if stored[:1] != _FIRST:
        return stored
    frame = stored[HEAD.size :]
    try:
        if get_frame_parameters(frame, FORMAT_ZSTD1_MAGICLESS).content_size > LARGEST:
            return stored
        state = _tools.decompress(frame)
    except ZstdError:
        return stored
    return state if stored[1 : HEAD.size] == crc32(state).to_bytes(4) else stored
