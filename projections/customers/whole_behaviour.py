"""Behaviour of a merge survivor: their own plus that of everyone merged into them.

A row stays with the customer it was recorded for. The behaviour is added up at query time, so unmerging restores the earlier
answers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, select

from projections.customers.customer_behaviour import Behaviour, load
from projections.customers.customer_features import customer_features
from projections.customers.merging import EVERYONE, Wholes, of_everyone, whole_customers


class SurvivorBehaviours(NamedTuple):
    """The behaviour of every merge survivor; `parts` are the survivors and everyone merged into them."""

    behaviours: Mapping[UUID, Behaviour]
    parts: Collection[UUID]


def survivor_behaviours(connection: Connection) -> SurvivorBehaviours:
    """The behaviour of every survivor. Survivors who were erased have no behaviour any more and are left out."""
    made_of = whole_customers(connection)
    parts = sorted({id for ids in made_of.values() for id in ids})
    known = dict(_behaviours(connection, parts))
    found = {survivor: _together([known[id] for id in ids if id in known]) for survivor, ids in made_of.items()}
    return SurvivorBehaviours({id: found[id] for id in sorted(found) if id in known}, frozenset(parts))


def behaviour_of(connection: Connection, customer_id: UUID, merged: Collection[UUID]) -> Behaviour | None:
    """The behaviour of the customer and of those `merged` into them; None if the customer is unknown or erased."""
    return behaviours_of(connection, {customer_id: [customer_id, *merged]}).get(customer_id)


def behaviours_of(connection: Connection, wholes: Wholes) -> dict[UUID, Behaviour]:
    """The behaviour of each customer and everyone merged into them. Customers who are unknown or erased are left out."""
    known = dict(_behaviours(connection, {id for everyone in wholes.values() for id in everyone}))
    return {
        whole: _together([known[id] for id in everyone if id in known]) for whole, everyone in wholes.items() if whole in known
    }


_STATES = select(customer_features.c.customer_id, customer_features.c.state).where(
    customer_features.c.customer_id.in_(EVERYONE), customer_features.c.state.is_not(None)
)


def _behaviours(connection: Connection, ids: Collection[UUID]) -> Iterator[tuple[UUID, Behaviour]]:
    return ((id, load(state)) for id, state in of_everyone(connection, _STATES, ids))


def _together(behaviours: Sequence[Behaviour]) -> Behaviour:
    found = Behaviour()
    for behaviour in behaviours:
        found.add(behaviour)
    return found
