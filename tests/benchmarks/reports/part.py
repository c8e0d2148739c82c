"""What a part of this benchmark is: tables that are filled together, and reports that read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from projections.shared.projection import Projection

Report = Callable[[Connection], Any]
"""Computes an answer, as a route does."""


class Part(NamedTuple):
    """`fill` writes so many rows of each kind into the tables of the read models, which are empty."""

    read_models: Sequence[Projection]
    fill: Callable[[Connection, int], None]
    reports: Mapping[str, Report]
