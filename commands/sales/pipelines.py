"""What can be asked of pipelines."""

from __future__ import annotations

from collections.abc import Sequence

from commands.shared.unit_of_work import UnitOfWork
from domain.sales.pipeline import Pipeline, Stage, pipeline_id


def define_or_revise(work: UnitOfWork, *, code: str, name: str, stages: Sequence[Stage]) -> Pipeline:
    """The same values again are a repeat; other ones revise it. Deals stay in the stages in which they are."""
    pipeline = work.load(Pipeline, pipeline_id(code))
    pipeline.define(work.context, code=code, name=name, stages=stages)
    return pipeline
