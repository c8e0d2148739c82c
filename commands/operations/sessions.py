"""The commands on sessions."""

from __future__ import annotations

from commands.shared.deciding import begins, decides
from domain.operations.session import Session

open = begins(Session, Session.open, "session_id")
"""`hash` is the SHA-256 of the secret in hexadecimal; the secret itself is never recorded."""
end = decides(Session, Session.end, "session_id")
