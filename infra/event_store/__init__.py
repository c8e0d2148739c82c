"""The event store: the log, the keys of subjects, receipts and claims, on PostgreSQL or SQLite."""
