"""The commands on value models."""

from __future__ import annotations

from commands.shared.deciding import begins, decides
from domain.segmentation.value_model import ValueModel

fit = begins(ValueModel, ValueModel.fit, "model_id")
"""Records the first fit of a model."""
refit = decides(ValueModel, ValueModel.refit, "model_id")
"""Records another fit of an existing model."""
