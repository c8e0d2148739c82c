"""Acts of a random history: assignment rules and rotas."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from domain.service.assignment_rule import AssignmentRule, Condition, Terms
from domain.service.rota import Rota
from domain.shared.ids import external_id
from domain.shared.reference import Reference
from tests.projections.harness import History


def _terms(n: int) -> Terms:
    conditions = (Condition(field="channel", values=("email",)),) if n % 3 else ()
    return Terms(order=n % 4, kind="lead" if n % 2 else "ticket", team=f"team-{n % 2}", conditions=conditions)


def _rule(history: History, who: int, n: int) -> None:
    rule = history.of(AssignmentRule, f"assignment rule {who % 3}")
    circumstances = {"occurred_at": history.now - timedelta(hours=n % 7)} if n % 2 else {}
    if n % 4:
        history.do(rule, lambda context: rule.define(context, f"rule-{who % 3}", _terms(n)), **circumstances)
    else:
        history.do(rule, rule.retire, **circumstances)


def _rota(history: History, who: int, n: int) -> None:
    rota, team = history.of(Rota, f"rota {who % 2}"), f"team-{who % 2}"
    given = Reference(kind="ticket", id=external_id("ticket", "rota", str(n % 5), b""))
    match n % 3:
        case 0:
            history.do(rota, lambda context: rota.queue(context, team=team, rule="rule-0", given=given))
        case 1:
            history.do(rota, lambda context: rota.take_turn(context, team=team, rule="rule-0", agent="ann", given=given))
        case 2:
            history.do(rota, lambda context: rota.leave(context, given))


ASSIGNMENT_ACTS: dict[str, Callable[[History, int, int], None]] = {"assignment rule": _rule, "rota": _rota}
