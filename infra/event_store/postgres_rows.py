"""What a commit writes on PostgreSQL besides its events, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from commands.shared.commit import Committed, Stale
from infra.event_store import postgres_contacts
from infra.event_store.rows import CommitRows

TAKEN_ALONG = (
    "WITH RECURSIVE gone (subject) AS (SELECT %s::uuid UNION"
    " SELECT links.subject FROM subject_links AS links JOIN gone ON links.other = gone.subject"
    " WHERE (links.subject, links.other) NOT IN (SELECT * FROM unnest(%s::uuid[], %s::uuid[]))) SELECT subject FROM gone"
)


def insert(connection: Any, rows: CommitRows, committed: Committed) -> None:
    """Raises Stale if other subjects than the store knew are erased together with one of the erased."""

    def insert_all(statement: str, columns: Sequence[Sequence[Any]]) -> None:
        if columns:
            connection.execute(statement, [list(column) for column in zip(*columns, strict=True)], prepare=True)

    connection.execute("INSERT INTO batches (id, positions, head) VALUES (%s, %s, %s)", [rows.batch, *committed], prepare=True)
    terms = [(term, at) for at, event in zip(committed.positions, rows.events, strict=True) for term in event.terms]
    if terms:
        # As two texts: psycopg converts each number of a list on its own, which takes twenty times as long.
        arrays = [f"{{{','.join(map(str, column))}}}" for column in zip(*terms, strict=True)]
        statement = "INSERT INTO event_index SELECT * FROM unnest(%s::text::bigint[], %s::text::bigint[])"
        connection.execute(statement, arrays, prepare=True)
    insert_all("INSERT INTO subject_keys SELECT * FROM unnest(%s::uuid[], %s::bytea[])", rows.keys)
    insert_all("INSERT INTO claims SELECT * FROM unnest(%s::text[], %s::text[], %s::uuid[])", rows.claims)
    insert_all("INSERT INTO subject_links SELECT * FROM unnest(%s::uuid[], %s::uuid[]) ON CONFLICT DO NOTHING", rows.links)
    insert_all(
        "DELETE FROM subject_links WHERE (subject, other) IN (SELECT * FROM unnest(%s::uuid[], %s::uuid[]))", rows.parted
    )
    insert_all(
        "INSERT INTO receipts (scope, key, digest, position, answer)"
        " SELECT * FROM unnest(%s::text[], %s::bytea[], %s::bytea[], %s::bigint[], %s::bytea[])",
        [receipt.values(committed) for receipt in rows.receipts],
    )
    postgres_contacts.write(connection, rows.contacts)
    for subject, along in rows.erased.items():
        if taken_along(connection, subject) != along:
            raise Stale({subject: 0})
        connection.execute("DELETE FROM subject_keys WHERE subject = ANY(%s)", [[subject, *along]], prepare=True)
        postgres_contacts.erase(connection, [subject, *along])


def taken_along(connection: Any, subject: UUID, parted: Sequence[tuple[UUID, UUID]] = ()) -> set[UUID]:
    """The subjects that are linked to this one, and those linked to them, and so on, without the links in `parted`."""
    without = [[one for one, _ in parted], [other for _, other in parted]]
    found = connection.execute(TAKEN_ALONG, [subject, *without], prepare=True)
    return {row["subject"] for row in found.fetchall()} - {subject}
