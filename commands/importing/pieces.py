"""Columns whose text is several: what a row says of each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from commands.importing.expressions import EACH, Unusable
from commands.importing.mapping import Each, FileFormat, MappingError
from commands.importing.reading import LINE, Row

LARGEST = 1_000


class Pieces:
    """A column's text, split. Making it raises MappingError, with the key's path."""

    def __init__(self, each: Each, columns: Mapping[str, int], format: FileFormat, path: str) -> None:
        if each.column not in columns:
            raise MappingError(f"{path}.column: there is no column {each.column!r}.")
        if not each.split:
            raise MappingError(f"{path}.split: a text that stands between the pieces.")
        self._place, self._split, self._nulls = columns[each.column], each.split, frozenset(format.nulls)

    def rows(self, row: Row) -> Sequence[Row]:
        """The row once for each piece, which then is the column's text. Those that say nothing are left out; the others keep
        their numbers.

        Raises Unusable where there are too many.
        """
        pieces = (row.texts[self._place] or "").split(self._split, LARGEST)
        if len(pieces) > LARGEST:
            raise Unusable(f"It has more than {LARGEST} pieces.")
        numbered = ((number, piece.strip()) for number, piece in enumerate(pieces, 1))
        return [self._told(row, number, piece) for number, piece in numbered if piece not in self._nulls and piece]

    def _told(self, row: Row, number: int, piece: str) -> Row:
        texts = (*row.texts[: self._place], piece, *row.texts[self._place + 1 :], str(number))
        return Row(row.line, texts, number)


def with_numbers(columns: Mapping[str, int]) -> Mapping[str, int]:
    """The columns of rows for each piece: the piece's number comes after the line."""
    return {**columns, EACH: columns[LINE] + 1}
