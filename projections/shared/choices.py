"""Columns with one of a few fixed texts, stored as its place in their list."""

from __future__ import annotations

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
        self._places = {text: place for place, text in enumerate(texts)}

    def process_bind_param(self, value: str | None, dialect: Dialect) -> int | None:
        return None if value is None else self._places[value]

    def process_result_value(self, value: int | None, dialect: Dialect) -> str | None:
        return None if value is None else self.texts[value]


ACTOR_TYPES = ("user", "api_key", "policy", "system", "customer")
ORIGINS, PRECISIONS = get_args(Origin), get_args(Precision)
