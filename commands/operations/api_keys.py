"""The commands on API keys."""

from __future__ import annotations

from commands.shared.deciding import begins, decides
from domain.operations.api_key import ApiKey

issue = begins(ApiKey, ApiKey.issue, "key_id")
"""`hash` is the SHA-256 of the secret in hexadecimal; the secret itself is never recorded."""
set_expiry = decides(ApiKey, ApiKey.set_expiry, "key_id")
revoke = decides(ApiKey, ApiKey.revoke, "key_id")
