"""Columns with JSON, compressed with a text that is like it: what every row repeats, such as names of fields, takes few bytes.

The state of an order has some 700 bytes as JSON, and 100 packed. Packing takes 2 µs, unpacking less than 1 µs.
"""

from __future__ import annotations

import threading
from functools import cache

from sqlalchemy import Dialect, LargeBinary, TypeDecorator
from zstandard import (
    DICT_TYPE_RAWCONTENT,
    FORMAT_ZSTD1_MAGICLESS,
    ZstdCompressionDict,
    ZstdCompressionParameters,
    ZstdCompressor,
    ZstdDecompressor,
)

LEVEL = 3


class Packed(TypeDecorator[str]):
    """A text, packed with the text `like`. With another one, the read model needs its next version."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, like: str) -> None:
        super().__init__()
        self.like = like

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _tools(self.like).pack(value.encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else _tools(self.like).unpack(value).decode()


class _Tools(threading.local):
    """Of each thread its own, because none of them may be used by two at a time."""

    def __init__(self, like: str) -> None:
        dictionary = ZstdCompressionDict(like.encode(), dict_type=DICT_TYPE_RAWCONTENT)
        written = ZstdCompressionParameters.from_level(LEVEL, format=FORMAT_ZSTD1_MAGICLESS, write_dict_id=False)
        self.pack = ZstdCompressor(dict_data=dictionary, compression_params=written).compress
        self.unpack = ZstdDecompressor(dict_data=dictionary, format=FORMAT_ZSTD1_MAGICLESS).decompress


_tools = cache(_Tools)
