"""The expression of a segment rule: a condition on a customer's features, in JSON. It is interpreted, never executed as code.

    {"op": "and", "of": [
        {"op": "compare", "feature": "total:EUR", "is": ">=", "value": 500, "window": {"last_days": 90}},
        {"op": "not", "of": {"op": "is_null", "feature": "attribute:income"}},
        {"op": "in", "feature": "attribute:size", "values": [1, 2]}]}

A window limits a feature to purchases on its days: the last `last_days` days up to the as-of day, or the days from `from` to
before `to`. A feature that a customer lacks is null: `compare` and `in` are false for it, so `not` of them is true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from math import isfinite
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Literal

import msgspec

from domain.segmentation.segment_model import ATTRIBUTE, DAY_FEATURES, FEATURE_NAMES, Feature, check_features, feature_name
from domain.shared.events import Value
from domain.shared.refusals import Malformed

DEPTH_LIMIT = 10
NODE_LIMIT = 200
VALUE_LIMIT = 1_000
LONGEST_WINDOW = 36_500
WINDOWED = frozenset({"orders", "frequency", "recency", "total", "monetary"})

Relation = Literal["<", "<=", "=", "!=", ">=", ">"]
RELATIONS: Mapping[Relation, Callable[[float, float], bool]] = {"<": lt, "<=": le, "=": eq, "!=": ne, ">=": ge, ">": gt}


class RuleTooLarge(Malformed):
    """The expression of a rule can have at most 10 levels and at most 200 parts."""


class Window(Value, frozen=True, rename={"from_": "from"}):
    """The last `last_days` days up to the as-of day, or the days from `from_` to before `to`; None leaves that side open."""

    last_days: int | None = None
    from_: date | None = None
    to: date | None = None


class Seen(Value, frozen=True):
    """A feature of a customer that a rule reads, with its window."""

    feature: str
    window: Window | None = None


class Leaf(Value, frozen=True, kw_only=True, tag_field="op"):
    feature: str
    window: Window | None = None

    @property
    def seen(self) -> Seen:
        return Seen(feature=self.feature, window=self.window)


class Compare(Leaf, frozen=True, kw_only=True, tag="compare", rename={"is_": "is"}):
    is_: Relation
    value: float


class In(Leaf, frozen=True, kw_only=True, tag="in"):
    values: tuple[float, ...]


class IsNull(Leaf, frozen=True, tag="is_null"):
    pass


class And(Value, frozen=True, tag_field="op", tag="and"):
    of: tuple[Expression, ...]


class Or(Value, frozen=True, tag_field="op", tag="or"):
    of: tuple[Expression, ...]


class Not(Value, frozen=True, tag_field="op", tag="not"):
    of: Expression


Expression = And | Or | Not | Compare | In | IsNull

# Evaluation


def parsed(given: Mapping[str, Any]) -> Expression:
    """Parses JSON into an expression. Raises Malformed, RuleTooLarge, UnknownFeature, CurrencyMissing, UnknownCurrency."""
    _check_size(given)
    try:
        expression = _named(msgspec.convert(given, Expression))
    except msgspec.ValidationError as error:
        raise Malformed(f"The rule is not a valid expression: {error}.") from None
    for leaf in leaves(expression):
        _check(leaf)
    return _whole(expression)


def holds(expression: Expression, value: Callable[[Seen], float | None]) -> bool:
    """Whether the customer matches; `value` looks up a feature."""
    match expression:
        case And(of=parts):
            return all(holds(part, value) for part in parts)
        case Or(of=parts):
            return any(holds(part, value) for part in parts)
        case Not(of=part):
            return not holds(part, value)
        case IsNull():
            return value(expression.seen) is None
        case Compare(is_=relation, value=wanted):
            found = value(expression.seen)
            return found is not None and RELATIONS[relation](found, wanted)
        case In(values=values):
            return value(expression.seen) in values


def leaves(expression: Expression) -> Iterator[Compare | In | IsNull]:
    """All leaves of the expression, in their order in it."""
    match expression:
        case And(of=parts) | Or(of=parts):
            for part in parts:
                yield from leaves(part)
        case Not(of=part):
            yield from leaves(part)
        case _:
            yield expression


def features_of(expression: Expression) -> tuple[Seen, ...]:
    """The features that the expression reads, without duplicates."""
    return tuple(dict.fromkeys(leaf.seen for leaf in leaves(expression)))


def depends_on_the_day(expression: Expression) -> bool:
    """Whether the result can change from one day to the next without any event of the customer."""
    return any(
        feature_of(seen.feature).name in DAY_FEATURES or (seen.window is not None and seen.window.last_days is not None)
        for seen in features_of(expression)
    )


@lru_cache(maxsize=1024)
def feature_of(label: str) -> Feature:
    """The feature with this label, such as `total:EUR` or `attribute:size`."""
    if label.startswith(ATTRIBUTE):
        return Feature(name=label)
    name, _, currency = label.partition(":")
    return Feature(name=name, currency=currency or None)


# Checks


def _check_size(given: object, depth: int = 1) -> int:
    """Counts the parts. Raises RuleTooLarge. Invalid parts are found later, by the conversion."""
    parts = given.get("of") if isinstance(given, Mapping) else None
    inner = parts if isinstance(parts, list | tuple) else [parts] if isinstance(parts, Mapping) else []
    if depth > DEPTH_LIMIT or len(inner) >= NODE_LIMIT:
        raise RuleTooLarge
    nodes = 1 + sum(_check_size(part, depth + 1) for part in inner)
    if nodes > NODE_LIMIT:
        raise RuleTooLarge
    return nodes


def _named(expression: Expression) -> Expression:
    """The expression with the names of its features in their one form."""
    match expression:
        case And(of=parts) | Or(of=parts):
            return msgspec.structs.replace(expression, of=tuple(map(_named, parts)))
        case Not(of=part):
            return Not(of=_named(part))
        case _:
            return msgspec.structs.replace(expression, feature=feature_name(expression.feature))


def _check(leaf: Compare | In | IsNull) -> None:
    feature = feature_of(leaf.feature)
    check_features([feature])
    if leaf.window is not None:
        _check_window(feature, leaf.window)
    numbers = leaf.values if isinstance(leaf, In) else (leaf.value,) if isinstance(leaf, Compare) else ()
    if isinstance(leaf, In) and not 0 < len(numbers) <= VALUE_LIMIT:
        raise Malformed(f"A feature must be compared with 1 to {VALUE_LIMIT} values.")
    if not all(map(isfinite, numbers)):
        raise Malformed("A feature must be compared with finite numbers.")


def _check_window(feature: Feature, window: Window) -> None:
    if feature.name not in WINDOWED:
        raise Malformed(f"A window is only possible for {', '.join(name for name in FEATURE_NAMES if name in WINDOWED)}.")
    last, from_, to = window.last_days, window.from_, window.to
    if (last is None) == (from_ is None and to is None):
        raise Malformed("A window must have either last_days, or from, or to, or from and to.")
    if last is not None and not 0 < last <= LONGEST_WINDOW:
        raise Malformed(f"A window must have 1 to {LONGEST_WINDOW} days.")
    if from_ is not None and to is not None and from_ >= to:
        raise Malformed("A window must end after it begins.")


def _whole(expression: Expression) -> Expression:
    """The expression. Raises Malformed if an `and` or `or` has no parts."""
    match expression:
        case And(of=parts) | Or(of=parts):
            if not parts:
                raise Malformed("`and` and `or` must have at least one part.")
            for part in parts:
                _whole(part)
        case Not(of=part):
            _whole(part)
    return expression
