"""Backups of the event store, and how one becomes an event store again. Read models are built again from the events."""
