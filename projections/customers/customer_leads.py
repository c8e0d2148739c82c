"""What is a customer's by way of a lead: what was told of the lead before anybody knew whose it would be."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, select

from projections.customers import merging
from projections.customers.merging import Customers
from projections.sales.leads import lead_rows

READ = (*merging.READ, "leads")
"""The read models that say whose a lead became, and who was merged."""


def leads_of(customers: Customers) -> Select[Any]:
    """The leads that became these customers."""
    return select(lead_rows.c.lead_id).where(lead_rows.c.customer_id.in_(customers))


def theirs(table: Table, customers: Customers, told_of_leads: ColumnElement[bool]) -> ColumnElement[bool]:
    """Rows of these customers; and those of nobody, where they were told of a lead of theirs."""
    [key], row = table.primary_key, table.c
    # Two questions, each with an index to answer it.
    own = select(key).where(row.customer_id.in_(customers))
    return key.in_(own.union(select(key).where(row.customer_id.is_(None), told_of_leads)))
