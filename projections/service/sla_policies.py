"""sla_policies: what is promised for which tickets, as each policy says it now, and as it said before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, Text, Uuid, select

from domain.service.service_level import PolicyVersion
from domain.service.sla_policy import Defined, Retired, Revised, SlaPolicy, Terms
from domain.shared.events import Event, type_name
from projections.shared.pages import Order, Page, page
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Instant, Row, Rows
from projections.shared.search import SORTED_TEXT

metadata = MetaData()

POLICY_EVENTS: tuple[type[Event], ...] = tuple(SlaPolicy.events)

policy_rows = Table(
    "sla_policies",
    metadata,
    Column("policy_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("code", SORTED_TEXT, nullable=False, index=True),
    Column("since", Instant, nullable=False),
    # The last terms that there were; a policy that was retired has them no more.
    Column("terms", Text, nullable=False),
    Column("retired_at", Instant),
)
policy_versions = Table(
    "sla_policy_versions",
    metadata,
    Column("policy_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("code", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("terms", Text),
)

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(Terms).decode

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    ours = [d.recorded for d in batch if d.at_home and isinstance(d.recorded.event, POLICY_EVENTS)]
    known = rows.load(policy_rows, {recorded.stream for recorded in ours})
    versions: list[Row] = []
    for recorded in ours:
        before, since = known.get(recorded.stream, {}), recorded.metadata.occurred_at
        terms = _terms(recorded.event)
        code = recorded.event.code if isinstance(recorded.event, Defined) else before["code"]
        told = {"policy_id": recorded.stream, "version": recorded.version, "code": code, "since": since}
        versions.append(told | {"terms": terms})
        if not before or since >= before["since"]:
            before = before | told | ({"retired_at": since} if terms is None else {"terms": terms, "retired_at": None})
        known[recorded.stream] = before | {"version": recorded.version, "position": recorded.position}
    rows.save(policy_rows, list(known.values()))
    rows.insert(policy_versions, versions)


def _terms(event: Event) -> str | None:
    if isinstance(event, Retired):
        return None
    assert isinstance(event, Defined | Revised), "there are no other events of policies"
    return _encode(event.terms).decode()


# How it is queried


def get(connection: Connection, policy_id: UUID) -> Row | None:
    """The policy as it stands; `retired_at` is None where it is in force."""
    row = connection.execute(select(policy_rows).where(policy_rows.c.policy_id == policy_id)).mappings().first()
    return None if row is None else _shown(row)


def listing(connection: Connection, *, limit: int = 50, cursor: str | None = None) -> Page:
    """Policies in the order of their codes. Raises MalformedCursor."""
    found = page(connection, select(policy_rows), Order(policy_rows.c.code, policy_rows.c.policy_id), limit, cursor)
    return Page([_shown(row) for row in found.rows], found.next)


def policies(connection: Connection) -> list[PolicyVersion]:
    """All that policies ever said."""
    return [
        PolicyVersion(row.policy_id, row.code, row.version, row.since, None if row.terms is None else _decode(row.terms))
        for row in connection.execute(select(policy_versions))
    ]


def _shown(row: Mapping[Any, Any]) -> Row:
    terms = _decode(row["terms"])
    told = {name: row[name] for name in ("policy_id", "version", "position", "code", "since", "retired_at")}
    return told | {name: msgspec.to_builtins(getattr(terms, name)) for name in terms.__struct_fields__}


sla_policies = Projection(
    name="sla_policies",
    version=1,
    tables=(policy_rows, policy_versions),
    apply=apply,
    reads=frozenset(map(type_name, POLICY_EVENTS)),
)
