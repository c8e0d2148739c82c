"""The unfinished work of each user: computed when it is read, from tickets, leads and users."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection, func, select

from projections.operations.users import user_rows
from projections.sales.leads import lead_rows
from projections.service.ticket_course import FINISHED
from projections.service.tickets import ticket_rows

READ = ("tickets", "leads", "users")
"""The read models that it reads."""
PURSUED = ("open", "qualified")

_UNSOLVED = ticket_rows.c.status.not_in(FINISHED)
_PURSUED = lead_rows.c.status.in_(PURSUED) & lead_rows.c.erased_at.is_(None)


def open_things(connection: Connection, team: str) -> dict[str, int]:
    """The number of unfinished tickets and leads of each available user of the team, by the user's code."""
    row = user_rows.c
    there = select(row.code).where(row.team == team, row.available, row.deactivated_at.is_(None))
    people = list(connection.execute(there).scalars())
    counts = Counter[str]()
    for owner, unfinished in ((ticket_rows.c.agent, _UNSOLVED), (lead_rows.c.owner, _PURSUED)):
        query = select(owner, func.count()).where(unfinished, owner.in_(people)).group_by(owner)
        for code, number in connection.execute(query):
            counts[code] += number
    return {code: counts[code] for code in people}
