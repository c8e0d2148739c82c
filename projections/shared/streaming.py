"""Streams the rows of a query, so that memory holds a few of them at a time."""

from __future__ import annotations

from sqlalchemy import Connection

FETCHED_AT_ONCE = 2000


def streaming(connection: Connection) -> dict[str, int]:
    """The execution options. PostgreSQL streams rows only inside a transaction."""
    driver = connection.connection.driver_connection
    if connection.dialect.name == "postgresql" and driver is not None and driver.autocommit:
        return {}
    return {"yield_per": FETCHED_AT_ONCE}
