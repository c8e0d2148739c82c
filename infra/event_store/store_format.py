"""The format of the event store. A store of another format is refused by name before anything in it is read or changed."""

from __future__ import annotations

FORMAT = b"4"
PLAIN = b"3"
"""The states of events are JSON. A store that has this format gets FORMAT when it is opened: new states are compact."""
UNCOUNTED = b"4 without contacts"
"""As FORMAT, but the register of contacts must be counted. A process that opens the store does so."""
WITHOUT_CONTACTS = b"2"
"""As PLAIN, without a register of contacts."""
MARKER = "format"
TABLES = ("stored_events", "markers")
"""A database that has one of these tables is an event store. If it has no format, it is a store of Recount 0.1.0."""


class OtherFormat(Exception):
    """The event store has a format that this version of Recount does not read."""


def refuse_other(found: bytes | None) -> None:
    """Raises OtherFormat unless this version reads the format. None is a store that names no format."""
    if found in (FORMAT, PLAIN, UNCOUNTED, WITHOUT_CONTACTS):
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
