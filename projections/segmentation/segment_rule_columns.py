"""Segment rules on many customers at once: the first rule that matches each, exactly as `segment_rule_labels` finds it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial, reduce
from operator import and_, or_
from typing import TYPE_CHECKING

from domain.segmentation.segment_expression import (
    RELATIONS,
    And,
    Compare,
    Expression,
    In,
    IsNull,
    Not,
    Or,
    Seen,
    Window,
    feature_of,
    features_of,
)
from projections.customers.behaviour_figures import Behaviours
from projections.segmentation.segment_rules import Rule

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.customers.behaviour_figures import Numbers
    from projections.shared.vectors import Whole

    Flags = NDArray[np.bool_]

NO_RULE = -1


class RuleColumns:
    """What rules see of some customers. Their attributes and purchase days must have been read if the rules need them."""

    def __init__(self, behaviours: Behaviours) -> None:
        self._behaviours = behaviours
        self._found: dict[tuple[Seen, date], Numbers] = {}

    def first_matches(self, rules: Sequence[Rule], ended: date | None) -> Whole:
        """The place of the first of the rules that matches each customer, or NO_RULE."""
        import numpy as np

        places = np.full(len(self._behaviours), NO_RULE, np.int64)
        for place, rule in enumerate(rules):
            matched = holds(rule.expression, partial(self._value, day=rule.day(ended)))
            places[matched & (places == NO_RULE)] = place
        return places

    def as_of(self, rule: Rule, ended: date | None) -> Numbers:
        """The day as of which the rule sees each customer."""
        return self._behaviours.as_of(rule.day(ended))

    def facts(self, rule: Rule, ended: date | None) -> list[Numbers]:
        """A column for each feature of the rule, in the order in which it names them; NaN where a customer lacks it."""
        return [self._value(seen, day=rule.day(ended)) for seen in features_of(rule.expression)]

    def _value(self, seen: Seen, *, day: date) -> Numbers:
        key = (seen, day)
        if key not in self._found:
            self._found[key] = self._computed(seen, day)
        return self._found[key]

    def _computed(self, seen: Seen, day: date) -> Numbers:
        feature = feature_of(seen.feature)
        if seen.window is None:
            return self._behaviours.values(feature, day)
        first, end = _edges(seen.window, self._behaviours.as_of(day))
        return self._behaviours.within(first, end).value(feature.name, feature.currency)


def need_attributes(rules: Sequence[Rule]) -> bool:
    return any(feature_of(seen.feature).attribute is not None for rule in rules for seen in features_of(rule.expression))


def need_days(rules: Sequence[Rule]) -> bool:
    """Whether one of the rules has a window, for which purchase days are needed."""
    return any(seen.window is not None for rule in rules for seen in features_of(rule.expression))


def holds(expression: Expression, value: Callable[[Seen], Numbers]) -> Flags:
    """Which customers match, as `segment_expression.holds` decides it for each; `value` looks up a feature."""
    import numpy as np

    match expression:
        case And(of=parts):
            return reduce(and_, (holds(part, value) for part in parts))
        case Or(of=parts):
            return reduce(or_, (holds(part, value) for part in parts))
        case Not(of=part):
            return ~holds(part, value)
        case IsNull():
            return np.isnan(value(expression.seen))
        case Compare(is_=relation, value=wanted):
            found = value(expression.seen)
            compared: Flags = RELATIONS[relation](found, wanted)  # type: ignore[arg-type, assignment]
            return compared & ~np.isnan(found)
        case In(values=values):
            return np.isin(value(expression.seen), values)


def _edges(window: Window, as_of: Numbers) -> tuple[Numbers | float, float]:
    """The first day of the window, which may differ from customer to customer, and the day after its last one."""
    first = as_of - (window.last_days - 1) if window.last_days is not None else (window.from_ or date.min).toordinal()
    return first, (window.to or date.max).toordinal()
