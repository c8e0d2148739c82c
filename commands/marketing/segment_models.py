"""What can be asked of segment models."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from commands.shared.unit_of_work import UnitOfWork
from domain.marketing.segment_model import Fitted, SegmentModel


def fit(work: UnitOfWork, *, model_id: UUID, fitted: Fitted, activate: bool = True) -> SegmentModel:
    """Record what a fit found, for a new model or for one that is there. One that is active goes by it at once."""
    model = work.load(SegmentModel, model_id)
    model.fit(work.context, fitted)
    if activate and model.active_since is None:
        model.activate(work.context)
    return model


def activate(work: UnitOfWork, *, model_id: UUID) -> SegmentModel:
    model = work.existing(SegmentModel, model_id)
    model.activate(work.context)
    return model


def retire(work: UnitOfWork, *, model_id: UUID) -> SegmentModel:
    model = work.existing(SegmentModel, model_id)
    model.retire(work.context)
    return model


def name_clusters(work: UnitOfWork, *, model_id: UUID, names: Sequence[str]) -> SegmentModel:
    """A name for each cluster, in their order."""
    model = work.existing(SegmentModel, model_id)
    model.name_clusters(work.context, names)
    return model
