"""What can be asked of pipelines."""

from __future__ import annotations

from commands.shared.deciding import begins
from domain.sales.pipeline import Pipeline, pipeline_id

define_or_revise = begins(Pipeline, Pipeline.define, pipeline_id)
"""The same values again are a repeat; other ones revise it. Deals stay in the stages in which they are."""
