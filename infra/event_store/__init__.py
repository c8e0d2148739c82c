"""The event store: the log, the keys of subjects, receipts and claims, on PostgreSQL or SQLite."""

from infra.event_store.mapper import Mapper, Stored, UnknownEventType
from infra.event_store.postgres import PostgresRecorder
from infra.event_store.sqlite import SqliteRecorder
from infra.event_store.store import EventStore
from infra.event_store.vault import SubjectKey, Vault, WrongMasterKey

__all__ = [
    "EventStore",
    "Mapper",
    "PostgresRecorder",
    "SqliteRecorder",
    "Stored",
    "SubjectKey",
    "UnknownEventType",
    "Vault",
    "WrongMasterKey",
]
