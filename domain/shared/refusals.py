"""Refusals: the command is valid, but a rule forbids it. Nothing is recorded.

A refusal's `rule` is its stable name. It is the problem type over HTTP, and the flag in `irregular` if an import records the
fact anyway. Refusals contain ids, codes and numbers, never personal data, because receipts keep them.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

BY_RULE: dict[str, type[Refusal]] = {}


class Refusal(Exception):
    """Base of every refusal. The first line of its docstring is the title shown to people."""

    rule: ClassVar[str] = "refusal"
    kept: ClassVar[bool] = True
    """Whether a repeat of the request gets the same refusal. False if a retry may have another outcome."""

    def __init__(self, detail: str = "", **facts: Any) -> None:
        super().__init__(detail or type(self).title())
        self.detail = detail or type(self).title()
        self.facts = {name: str(value) for name, value in facts.items()}
        self.members: dict[str, Any] = {}
        """What the problem document says instead of facts."""

    def __init_subclass__(cls) -> None:
        cls.rule = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()
        BY_RULE[cls.rule] = cls

    @classmethod
    def title(cls) -> str:
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0]


class NotThere(Refusal):
    """Nothing with this id exists."""

    kept = False


class AlreadyThere(Refusal):
    """Something else already has this id."""


class Malformed(Refusal):
    """A value is not valid."""

    kept = False


class InTheFuture(Refusal):
    """A fact must not be more than five minutes in the future."""


class UnknownCurrency(Malformed):
    """The currency is not an ISO 4217 code."""


class AmountTooPrecise(Malformed):
    """The amount has more decimals than its currency allows."""


class AmountNotPositive(Malformed):
    """The amount must be greater than zero."""


class NumberTaken(Refusal):
    """This number is already taken."""
