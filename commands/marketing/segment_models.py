"""The commands on segment models."""

from __future__ import annotations

from uuid import UUID

from commands.shared.deciding import decides
from commands.shared.unit_of_work import UnitOfWork
from domain.marketing.segment_model import Fitted, SegmentModel


def fit(work: UnitOfWork, *, model_id: UUID, fitted: Fitted, activate: bool = True) -> SegmentModel:
    """Records the result of a fit, for a new or an existing model. An active model uses the result immediately."""
    model = work.load(SegmentModel, model_id)
    model.fit(work.context, fitted)
    if activate and model.active_since is None:
        model.activate(work.context)
    return model


activate = decides(SegmentModel, SegmentModel.activate, "model_id")
retire = decides(SegmentModel, SegmentModel.retire, "model_id")
name_clusters = decides(SegmentModel, SegmentModel.name_clusters, "model_id")
"""Names the clusters: one name for each, in the clusters' order."""
