"""The commands on segment models."""

from __future__ import annotations

from uuid import UUID

from commands.shared.deciding import decides
from commands.shared.unit_of_work import UnitOfWork
from domain.segmentation.segment_model import Fitted, SegmentModel


def fit(work: UnitOfWork, *, model_id: UUID, fitted: Fitted, activate: bool = True) -> SegmentModel:
    """Records the first fit of a model."""
    model = work.load(SegmentModel, model_id)
    model.fit(work.context, fitted)
    return _activated(work, model) if activate else model


def refit(work: UnitOfWork, *, model_id: UUID, fitted: Fitted, activate: bool = False) -> SegmentModel:
    """Records another fit of an existing model. An active model uses the result immediately."""
    model = work.existing(SegmentModel, model_id)
    model.refit(work.context, fitted)
    return _activated(work, model) if activate else model


def _activated(work: UnitOfWork, model: SegmentModel) -> SegmentModel:
    if model.active_since is None:
        model.activate(work.context)
    return model


activate = decides(SegmentModel, SegmentModel.activate, "model_id")
retire = decides(SegmentModel, SegmentModel.retire, "model_id")
name_clusters = decides(SegmentModel, SegmentModel.name_clusters, "model_id")
"""Names the clusters: one name for each, in the clusters' order."""
