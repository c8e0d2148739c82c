"""A row's text that does not fit the mapping."""

from __future__ import annotations

from collections.abc import Sequence


class Unusable(Exception):
    """A row's text does not fit the mapping. `field` is the path of the mapping's key, `columns` are the columns it reads.

    The reason never contains the row's text, because that may be personal.
    """

    def __init__(self, reason: str, field: str = "", columns: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason, self.field, self.columns = reason, field, tuple(columns)

    def within(self, path: str, columns: Sequence[str] = ()) -> Unusable:
        """The same below `path`. The `columns` are those of the innermost key that names any."""
        joint = "." if self.field and not self.field.startswith("[") else ""
        return Unusable(self.reason, f"{path}{joint}{self.field}", self.columns or columns)
