"""The events for everyone that change labels: fits, the end of days, rules. Each is a turn, with what labels customers again.

The states that the events have left are kept by position (`segment_models`, `segment_rules`), so the turns between any two
positions can be found at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, CompoundSelect, Table, bindparam, select, union

from projections.segmentation import segment_rules
from projections.segmentation.segment_models import Known, Model, ended_days, known_before, model_states
from projections.segmentation.segment_rules import Rule, rule_states
from projections.shared.rows import Rows


class Turn(NamedTuple):
    """What the event at `position` changes for everyone.

    The models in `labels` label all customers again as of the last day that has `ended`; those in `retires` label nobody from
    now on. `rules` are the rules in evaluation order, or None if the first rule that matches is the same for everyone.
    """

    position: int
    ended: date | None
    labels: Sequence[Model]
    retires: Sequence[Model]
    rules: Sequence[Rule] | None

    def concerns(self, model_id: UUID) -> bool:
        return any(model.model_id == model_id for model in (*self.labels, *self.retires))

    @property
    def changes(self) -> bool:
        return bool(self.labels or self.retires or self.rules is not None)


def turns_between(rows: Rows, after: int, before: int) -> list[Turn]:
    """The turns after one position and before another."""
    tables = tuple(map(rows.table, (model_states, ended_days, rule_states)))
    positions = rows.connection.execute(_positions(tables), {"after": after, "before": before}).scalars().all()
    found: list[Turn] = []
    if not positions:
        return found
    known, rules = known_before(rows, positions[0]), segment_rules.known_before(rows, positions[0])
    for position in positions:
        known_now, rules_now = known_before(rows, position + 1), segment_rules.known_before(rows, position + 1)
        turn = _turn(position, known, known_now, rules, rules_now)
        if turn.changes:
            found.append(turn)
        known, rules = known_now, rules_now
    return found


@lru_cache(maxsize=8)
def _positions(tables: tuple[Table, ...]) -> CompoundSelect[Any]:
    after, before = (bindparam(name, type_=BigInteger()) for name in ("after", "before"))
    some = [select(table.c.position).where(table.c.position > after, table.c.position < before) for table in tables]
    return union(*some).order_by("position")


def _turn(position: int, before: Known, now: Known, rules_before: Sequence[Rule], rules_now: Sequence[Rule]) -> Turn:
    labels, retires = [], []
    for id, model in now.models.items():
        fit_before = before.models[id].fit_in_force if id in before.models else None
        if model.fit_in_force is None:
            if fit_before is not None:
                retires.append(model)
        elif fit_before != model.fit_in_force or _has_another_day(model, before.ended, now.ended):
            labels.append(model)
    changed = _rules_changed(rules_before, rules_now) or any(
        _has_another_day(rule, before.ended, now.ended) for rule in rules_now
    )
    return Turn(position, now.ended, labels, retires, rules_now if changed else None)


def _has_another_day(what: Model | Rule, before: date | None, now: date | None) -> bool:
    return before != now and what.depends_on_the_day and what.day(now) != what.day(before)


def _rules_changed(before: Sequence[Rule], after: Sequence[Rule]) -> bool:
    """Whether another rule may be the first to match; a new name changes no label."""
    return [(rule.rule_id, rule.said_position) for rule in before] != [(rule.rule_id, rule.said_position) for rule in after]
