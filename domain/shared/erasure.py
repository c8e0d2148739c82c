"""Why a person's data is erased, who asked for it, and why an import may not do so."""

from __future__ import annotations

from typing import Literal

from domain.shared.refusals import Refusal

ErasureReason = Literal["requested", "consent_withdrawn", "no_longer_needed", "unlawful", "legal_obligation", "other"]
Requester = Literal["customer", "representative", "authority", "organisation"]


class ImportMayNotErase(Refusal):
    """An import erases nobody."""
