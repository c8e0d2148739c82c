"""Rows that belong to a customer through a lead: they were recorded for the lead before it became that customer."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, select

from projections.customers import merging
from projections.customers.merging import Customers
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
