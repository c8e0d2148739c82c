"""Columns with one of a few fixed texts, stored as its place in their list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import get_args

from sqlalchemy import Dialect, SmallInteger, TypeDecorator

from domain.shared.events import Origin, Precision


class Choice(TypeDecorator[str]):
    """One of these texts. Their order is permanent, and a new one comes last."""

    impl = SmallInteger
    cache_ok = True

    def __init__(self, texts: tuple[str, ...]) -> None:
        super().__init__()
        self.texts = texts
        self._places: Mapping[str | None, int | None] = {None: None} | {text: place for place, text in enumerate(texts)}
        self._texts: Mapping[int | None, str | None] = {None: None} | dict(enumerate(texts))

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], int | None]:
        return self._places.__getitem__

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[int | None], str | None]:
        return self._texts.__getitem__


ACTOR_TYPES = ("user", "api_key", "policy", "system", "customer")
ORIGINS, PRECISIONS = get_args(Origin), get_args(Precision)
