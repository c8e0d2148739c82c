"""The commands on saved views."""

from __future__ import annotations

from commands.shared.deciding import begins, decides
from domain.operations.saved_view import SavedView

define = begins(SavedView, SavedView.define, "view_id")
revise = decides(SavedView, SavedView.revise, "view_id")
"""Replaces the whole definition."""
retire = decides(SavedView, SavedView.retire, "view_id")
