"""Rows that belong to a customer through a lead: they were recorded for the lead before it became that customer."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, CompoundSelect, FromClause, Select, Table, literal_column, select

from projections.customers import merging
from projections.customers.customers import customers as customer_rows
from projections.customers.merging import EVERYONE, Customers
from projections.sales.leads import lead_rows

READ = (*merging.READ, "leads")
"""The read models with the customer that each lead became, and with the merges."""


def leads_of(customers: Customers) -> Select[Any]:
    """The leads that became these customers."""
    return select(lead_rows.c.lead_id).where(lead_rows.c.customer_id.in_(customers))


def rows_of_customers(table: Table, customers: Customers, of_leads: ColumnElement[bool]) -> ColumnElement[bool]:
    """Rows of these customers, and rows without a customer that are about a lead of theirs, which `of_leads` selects."""
    [key], row = table.primary_key, table.c
    # Two queries, so that each uses its own index.
    own = select(key).where(row.customer_id.in_(customers))
    return key.in_(own.union(select(key).where(row.customer_id.is_(None), of_leads)))


def last_of_each(
    table: Table,
    names: Collection[str],
    counts: Callable[[FromClause], ColumnElement[bool]],
    of_lead: Callable[[FromClause, Column[UUID]], ColumnElement[bool]],
) -> CompoundSelect[Any]:
    """The last row of each of `EVERYONE`, and of each lead that became one of them: at most one for each, by `occurred_at`.

    The columns are the customer, `id`, `at`, `position`, then those of `names`. Each row is found by a lookup of its own, so
    the work does not grow with the number of a customer's rows. Only rows that `counts` selects are looked at; `of_lead`
    selects those of a lead.
    """
    [key] = table.primary_key
    other = table.alias()
    row = (key.label("id"), table.c.occurred_at.label("at"), table.c.position, *(table.c[name] for name in names))

    def last(owner: FromClause, *mine: ColumnElement[bool]) -> ColumnElement[Any]:
        found = select(other.c[key.name]).where(*mine, counts(other))
        # The limit is part of the text: for one in a parameter, PostgreSQL plans to sort all rows of a customer.
        found = found.order_by(other.c.occurred_at.desc(), other.c.position.desc()).limit(literal_column("1"))
        return found.correlate(owner).scalar_subquery()

    own = last(customer_rows, other.c.customer_id == customer_rows.c.customer_id)
    leads = last(lead_rows, other.c.customer_id.is_(None), of_lead(other, lead_rows.c.lead_id))
    by_customer = select(customer_rows.c.customer_id.label("whose"), *row).join_from(customer_rows, table, key == own)
    by_lead = select(lead_rows.c.customer_id.label("whose"), *row).join_from(lead_rows, table, key == leads)
    return by_customer.where(customer_rows.c.customer_id.in_(EVERYONE)).union_all(
        by_lead.where(lead_rows.c.customer_id.in_(EVERYONE))
    )
