"""JSON Schemas of responses about static lists."""

from __future__ import annotations

from api.shared.schemas import ID, INSTANT, INTEGER, KNOWN, MAYBE_INSTANT, TEXT, fields

LIST = fields(KNOWN | {"name": TEXT, "members": INTEGER, "created_at": INSTANT, "retired_at": MAYBE_INSTANT})
MEMBER = fields({"customer_id": ID, "added_at": INSTANT, "since": INTEGER})
