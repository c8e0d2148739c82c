"""Lists are sorted by an index. So a page costs the same, however many rows have the same time."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any, get_args

import projections
from projections.shared.lists import Listing


def listings() -> Iterator[tuple[str, Listing[Any, str], tuple[str, ...]]]:
    """Each list with the names that it can be sorted by."""
    for module in pkgutil.walk_packages(projections.__path__, "projections."):
        made = importlib.import_module(module.name)
        for one in vars(made).values():
            if isinstance(one, Listing) and hasattr(made, "Sort"):
                yield module.name, one, get_args(made.Sort)


def test_every_order_of_a_list_has_an_index_with_the_key() -> None:
    asked, missing = 0, []
    for module, one, names in listings():
        for name in names:
            column = one._personal.get(name, one.table.c.get(name, one.key))
            indexes = [list(index.columns) for index in column.table.indexes]
            # A position is that of one row only.
            wanted = [column] if name == "position" else [column, one.key]
            asked += 1
            if not any(columns[-len(wanted) :] == wanted for columns in indexes):
                missing.append((module, name))
    assert asked > 25
    assert missing == []
