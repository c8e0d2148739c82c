"""JSON Schema of responses about field definitions."""

from __future__ import annotations

from api.shared.schemas import FLAG, KNOWN, MAYBE_INSTANT, TEXT, TEXTS, fields

FIELD_DEFINITION = fields(
    KNOWN
    | {
        "entity": TEXT,
        "key": TEXT,
        "kind": {"enum": ["text", "number", "flag", "choice", "date"]},
        "personal": FLAG,
        "name": TEXT,
        "options": TEXTS,
        "retired_at": MAYBE_INSTANT,
    }
)
