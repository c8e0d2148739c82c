"""Columns whose text has several pieces: one row for each piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from commands.importing.expressions import EACH
from commands.importing.mapping import Each, FileFormat, MappingError
from commands.importing.reading import LINE, Row
from commands.importing.unusable import Unusable
from domain.shared.text import one_form

LARGEST = 1_000


class Pieces:
    """Splits a column's text into pieces. The constructor raises MappingError with the key's path."""

    def __init__(self, each: Each, columns: Mapping[str, int], format: FileFormat, path: str) -> None:
        column = one_form(each.column)
        if column not in columns:
            raise MappingError(f"{path}.column: there is no column {each.column!r}.")
        if not each.split:
            raise MappingError(f"{path}.split: it must be the text between the pieces, not an empty one.")
        self._column = column
        self._place, self._split, self._nulls = columns[column], each.split, frozenset(map(one_form, format.nulls))

    def rows(self, row: Row) -> Sequence[Row]:
        """The row once for each piece, with the piece as the column's text.

        Empty pieces are left out; the others keep their numbers. Raises Unusable if there are too many pieces.
        """
        pieces = (row.texts[self._place] or "").split(self._split, LARGEST)
        if len(pieces) > LARGEST:
            raise Unusable(f"It has more than {LARGEST} pieces.", columns=(self._column,))
        numbered = ((number, one_form(piece)) for number, piece in enumerate(pieces, 1))
        return [self._row(row, number, piece) for number, piece in numbered if piece not in self._nulls and piece]

    def _row(self, row: Row, number: int, piece: str) -> Row:
        texts = (*row.texts[: self._place], piece, *row.texts[self._place + 1 :], str(number))
        return Row(row.line, texts, number)


def with_numbers(columns: Mapping[str, int]) -> Mapping[str, int]:
    """The columns of a piece's row: the number of the piece comes after the line number."""
    return {**columns, EACH: columns[LINE] + 1}
