"""The format of the event store. A store of another format is refused by name before anything in it is read or changed."""

from __future__ import annotations

FORMAT = b"3"
WITHOUT_CONTACTS = b"2"
"""The format before this one. A store that has it gets the register of contacts when it is opened, and then this format."""
MARKER = "format"
TABLES = ("stored_events", "markers")
"""A database that has one of these tables is an event store. If it has no format, it is a store of Recount 0.1.0."""


class OtherFormat(Exception):
    """The event store has a format that this version of Recount does not read."""


def refuse_other(found: bytes | None) -> None:
    """Raises OtherFormat unless this version reads the format. None is a store that names no format."""
    if found in (FORMAT, WITHOUT_CONTACTS):
        return
    ours = FORMAT.decode()
    if found is None:
        made, then = "has format 1, which Recount 0.1.0 wrote", "open it with Recount 0.1.0"
    else:
        made = f"has format {found.decode(errors='replace')}, which another version of Recount wrote"
        then = "open it with that version"
    raise OtherFormat(
        f"the event store {made}; this version needs format {ours}. A store is not converted: {then}, or begin an empty store"
        " and import your data again. Nothing was changed."
    )
