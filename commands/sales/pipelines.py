"""The commands on pipelines."""

from __future__ import annotations

from commands.shared.deciding import begins
from domain.sales.pipeline import Pipeline, pipeline_id

define_or_revise = begins(Pipeline, Pipeline.define, pipeline_id)
"""Defines a pipeline, or revises it. The same values again change nothing. Deals keep the stages that they have."""
