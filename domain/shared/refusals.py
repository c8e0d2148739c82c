"""Refusals: a command was understood, and the rules say no. Nothing is recorded.

A refusal's `rule` is its stable name: the problem type over HTTP, and the flag in `irregular` when an import records the
fact all the same. Refusals carry ids, codes and numbers, never personal data, because receipts keep them.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

BY_RULE: dict[str, type[Refusal]] = {}


class Refusal(Exception):
    """Base of every refusal. Its docstring's first line is the title that people read."""

    rule: ClassVar[str] = "refusal"

    def __init__(self, detail: str = "", **facts: Any) -> None:
        super().__init__(detail or type(self).title())
        self.detail = detail or type(self).title()
        self.facts = {name: str(value) for name, value in facts.items()}

    def __init_subclass__(cls) -> None:
        cls.rule = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()
        BY_RULE[cls.rule] = cls

    @classmethod
    def title(cls) -> str:
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0]


class NotThere(Refusal):
    """There is nothing with this id."""


class AlreadyThere(Refusal):
    """Something else already has this id."""


class Malformed(Refusal):
    """A value is not of its kind."""


class InTheFuture(Refusal):
    """A fact may not lie more than five minutes in the future."""


class UnknownCurrency(Malformed):
    """The currency is not in ISO 4217."""


class AmountTooPrecise(Malformed):
    """The amount has more decimals than its currency."""


class AmountNotPositive(Malformed):
    """The amount must be greater than zero."""


class NumberTaken(Refusal):
    """Another one already has this number."""
