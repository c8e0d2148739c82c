"""Customers who are asked for together: each has the answer that they have alone, and the work for one does not grow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, event

from api.shared.encoding import encode
from domain.customers.feedback.feedback import Feedback
from domain.customers.interaction import Interaction
from domain.sales.lead.lead import Lead
from domain.shared.reference import Reference
from infra.wiring import PROJECTIONS
from projections.customers import customer_answer, feedback, interactions
from projections.customers.customer_answer import Asked, answers
from projections.customers.customer_dealings import FEEDBACK, INTERACTION
from projections.shared.rows import Row
from tests.projections.harness import History, clear, fold, in_memory, uuid
from tests.projections.histories import SEEDS, random_history

READ = tuple(projection for projection in PROJECTIONS if projection.name in customer_answer.READ)
TODAY = date(2024, 6, 1)
# In St John's the clock went back at one minute past midnight: a later moment could be on an earlier day.
ZONES = (UTC, ZoneInfo("Asia/Shanghai"), ZoneInfo("America/St_Johns"))
CUSTOMERS = [uuid(f"customer {number}") for number in range(5)]
"""The customers of a random history, and one who is unknown."""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    if request.param == "sqlite":
        with in_memory(*READ) as connection:
            yield connection
        return
    engine = create_engine(request.getfixturevalue("prepared_database_url").replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def world(seed: int) -> History:
    """A random history, with what leads said before or after they became customers."""
    history, draw = random_history(seed, 120), Random(seed)
    for number in range(4):
        lead = history.of(Lead, f"lead {number}")
        if lead.exists:
            call, opinion = history.of(Interaction, f"call {number}"), history.of(Feedback, f"opinion {number}")
            at = {"occurred_at": history.now - timedelta(hours=draw.randrange(200))}
            facts: dict[str, Any] = {"lead_id": lead.id, "channel": "phone", "direction": "inbound"}
            history.do(call, lambda context, call=call, facts=facts: call.log(context, **facts), **at)  # type: ignore[misc]
            said: dict[str, Any] = {"kind": "praise", "about": (Reference(kind="lead", id=lead.id),)}
            history.do(opinion, lambda context, one=opinion, said=said: one.submit(context, **said), **at)  # type: ignore[misc]
    return history


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SEEDS, st.randoms(use_true_random=False))
def test_an_answer_among_others_is_the_answer_alone(connection: Connection, seed: int, draw: Random) -> None:
    for projection in READ:
        clear(connection, projection)
    fold(connection, world(seed), *READ)
    everyone = [Asked(id, TODAY, zone, survivor) for id in CUSTOMERS for zone in ZONES for survivor in (False, True)]
    asked = draw.sample(everyone, draw.randint(2, len(everyone)))
    together = answers(connection, asked)
    for one in asked:
        alone = answers(connection, [one])
        assert encode(alone.get(one)) == encode(together.get(one))
        if one in together:
            _has_the_last_that_lists_have(connection, together[one])
    assert not any(one.customer_id == CUSTOMERS[-1] for one in together)
    connection.rollback()


def _has_the_last_that_lists_have(connection: Connection, answer: Row) -> None:
    """The lists of interactions and feedback find the same last ones, among all that the customer and the leads have."""
    id = answer["customer_id"]
    calls = interactions.listing(connection, interactions.Filter(customer_id=id, retracted=False), limit=500).rows
    last = max(calls, key=lambda row: (row["occurred_at"], row["position"]), default=None)
    assert answer["last_interaction"] == (last and {"id": last["interaction_id"], **{name: last[name] for name in INTERACTION}})
    opinions = feedback.listing(connection, feedback.Filter(customer_id=id), limit=500).rows
    said = [row for row in opinions if row["submitted_at"] is not None]
    last = max(said, key=lambda row: (row["submitted_at"], row["position"]), default=None)
    assert answer["last_feedback"] == (last and {"id": last["feedback_id"], **{name: last[name] for name in FEEDBACK}})


def test_many_take_as_many_statements_as_one(connection: Connection) -> None:
    fold(connection, random_history(1, 120), *READ)
    statements: list[str] = []
    event.listen(connection.engine, "before_cursor_execute", lambda _, __, text, *___: statements.append(text))
    asked = [Asked(id, TODAY) for id in CUSTOMERS[:-1]]
    answers(connection, asked[:1])
    alone = len(statements)
    assert len(answers(connection, asked)) == 4
    assert len(statements) == 2 * alone
    assert alone <= 7


def test_what_is_last_is_looked_up_and_not_searched_for() -> None:
    texts: list[tuple[str, Any]] = []
    with in_memory(*READ) as connection:
        fold(connection, random_history(1, 120), *READ)
        event.listen(connection.engine, "before_cursor_execute", lambda _, __, text, given, *___: texts.append((text, given)))
        answers(connection, [Asked(id, TODAY) for id in CUSTOMERS])
        for table in ("interactions", "feedback"):
            [(text, given)] = [one for one in texts if f"JOIN {table} ON" in one[0]]
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given)]
            assert not [step for step in plan if step.startswith("SCAN")]
            assert any(f"INDEX ix_{table}_customer (customer_id=?)" in step for step in plan)
