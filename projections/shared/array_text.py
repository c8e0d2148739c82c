"""A column of values as the text of a PostgreSQL array.

psycopg converts each item of a list on its own. The text is made at once by the JSON encoder: the array of JSON and that of
PostgreSQL differ only in the brackets, and in texts with control characters or backslashes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ARRAY, Dialect, LargeBinary, TypeDecorator
from sqlalchemy.types import TypeEngine

_encode = msgspec.json.Encoder().encode


class ArrayText(TypeDecorator[Sequence[Any]]):
    """The array type of these items, for parameters of statements on PostgreSQL."""

    impl = ARRAY
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__(item)
        self._item = item

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str]:
        if not isinstance(self._item, TypeDecorator):
            return text_of_bytes if isinstance(self._item, LargeBinary) else array_text
        if isinstance(self._item.impl_instance, LargeBinary):
            # Its own processor would make objects of the driver from bytes.
            to_bytes = self._item.process_bind_param
            return lambda values: text_of_bytes([to_bytes(value, dialect) for value in values])
        made = self._item.bind_processor(dialect)
        return (lambda values: array_text(list(map(made, values)))) if made else array_text


def array_text(values: Sequence[Any]) -> str:
    """The text of an array of ids, numbers, flags, texts, days or moments in UTC, or None. Raises TypeError otherwise."""
    text = _encode(values)
    # Then a backslash is only in front of a quotation mark, as in PostgreSQL.
    alike = text.count(b"\\") == text.count(b'\\"')
    return (b"{" + text[1:-1] + b"}").decode() if alike else _quoted(values)


def text_of_bytes(values: Sequence[bytes | None]) -> str:
    return f"{{{','.join('NULL' if value is None else _hexadecimal(value) for value in values)}}}"


def _hexadecimal(value: bytes) -> str:
    return rf'"\\x{value.hex()}"'


def _quoted(texts: Sequence[str | None]) -> str:
    return f"{{{','.join('NULL' if text is None else _quote(text) for text in texts)}}}"


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
