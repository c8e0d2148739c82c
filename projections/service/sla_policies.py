"""sla_policies: the SLA policies: their targets and the tickets they apply to, with their current and all earlier terms.

`retired_at` is None while a policy is in force.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec
from sqlalchemy import Column, Connection, Text, select

from domain.service.service_level import PolicyVersion
from domain.service.sla_policy import Defined, Revised, SlaPolicy, Terms
from domain.shared.events import Event
from projections.shared.lists import Anything, Listing
from projections.shared.projection import Delivery, Projection, own, types
from projections.shared.registers import encode, fold_versions, opened, versions
from projections.shared.rows import Instant, Rows
from projections.shared.search import SORTED_TEXT
from projections.shared.tables import aggregates

policy_rows = aggregates(
    "sla_policies",
    "policy_id",
    Column("code", SORTED_TEXT, nullable=False, index=True),
    Column("since", Instant, nullable=False),
    # The last terms; a retired policy keeps them here, but they are no longer in force.
    Column("terms", Text, nullable=False),
    Column("retired_at", Instant),
)
policy_versions = versions("sla_policy_versions", "policy_id", Column("terms", Text))

_decode = msgspec.json.Decoder(Terms).decode

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    fold_versions(policy_rows, policy_versions, "terms", _terms, own(batch, SlaPolicy.events), rows)


def _terms(event: Event) -> str | None:
    return encode(event.terms).decode() if isinstance(event, Defined | Revised) else None


# How it is queried

POLICIES = Listing[Anything, str](policy_rows, Anything, "code", show=partial(opened, _decode, "terms"))
get, listing = POLICIES.get, POLICIES.listing


def policies(connection: Connection) -> list[PolicyVersion]:
    """All versions of all policies."""
    return [
        PolicyVersion(row.policy_id, row.code, row.version, row.since, None if row.terms is None else _decode(row.terms))
        for row in connection.execute(select(policy_versions))
    ]


sla_policies = Projection(
    name="sla_policies", version=1, tables=(policy_rows, policy_versions), apply=apply, reads=types(*SlaPolicy.events)
)
