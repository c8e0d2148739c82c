"""What can be asked of saved views."""

from __future__ import annotations

from uuid import UUID

from commands.shared.unit_of_work import UnitOfWork
from domain.operations.saved_view import SavedView, View


def define(work: UnitOfWork, *, view_id: UUID, view: View) -> SavedView:
    """The same values again are a repeat. Raises SavedViewDefinedOtherwise."""
    saved = work.load(SavedView, view_id)
    saved.define(work.context, view)
    return saved


def revise(work: UnitOfWork, *, view_id: UUID, view: View) -> SavedView:
    """All of it anew."""
    saved = work.existing(SavedView, view_id)
    saved.revise(work.context, view)
    return saved


def retire(work: UnitOfWork, *, view_id: UUID) -> SavedView:
    saved = work.existing(SavedView, view_id)
    saved.retire(work.context)
    return saved
