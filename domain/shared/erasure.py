"""Erasure of a person's data: its reasons, who may request it, and the refusal of an erasure by import."""

from __future__ import annotations

from typing import Literal

from domain.shared.refusals import Refusal

ErasureReason = Literal["requested", "consent_withdrawn", "no_longer_needed", "unlawful", "legal_obligation", "other"]
Requester = Literal["customer", "representative", "authority", "organisation"]


class ImportMayNotErase(Refusal):
    """An import must not erase a person."""
