"""A sales pipeline, identified by its code: the stages of deals, each with the probability of winning a deal."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.shared import money
from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, Event, Metadata, Value
from domain.shared.ids import derived_id
from domain.shared.refusals import Malformed, NotThere
from domain.shared.text import code as checked_code
from domain.shared.text import text

STAGE_LIMIT = 50


class PipelineUnknown(NotThere):
    """The pipeline does not exist."""


class StageUnknown(NotThere):
    """The pipeline has no such stage."""


def pipeline_id(code: str) -> UUID:
    return derived_id("pipeline", code)


class Stage(Value, frozen=True):
    """`probability` is the share of deals in this stage that will be won, from 0 to 1. The name is not personal."""

    code: str
    name: str
    probability: Decimal


class Defined(Event, frozen=True, tag="crm.pipeline.defined.v1"):
    """`stages` are in their order. The name is not personal."""

    code: str
    name: str
    stages: tuple[Stage, ...]

    def apply(self, pipeline: Pipeline, metadata: Metadata) -> None:
        pipeline.title, pipeline.stages = self.name, self.stages


class Revised(Event, frozen=True, tag="crm.pipeline.revised.v1"):
    """Replaces name and stages. Deals keep their stage, even if the pipeline no longer has it."""

    name: str
    stages: tuple[Stage, ...]

    def apply(self, pipeline: Pipeline, metadata: Metadata) -> None:
        pipeline.title, pipeline.stages = self.name, self.stages


class Pipeline(Aggregate):
    """`title` is the name of the pipeline."""

    name = "pipeline"
    events = (Defined, Revised)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.title: str | None = None
        self.stages: tuple[Stage, ...] = ()

    def has_stage(self, code: str) -> bool:
        return any(stage.code == code for stage in self.stages)

    @decision
    def define(self, context: Context, *, code: str, name: str, stages: Sequence[Stage]) -> None:
        """Defines the pipeline, or revises it if it exists. Raises Malformed."""
        defined = Defined(code=checked_code(code, "pipeline"), name=text(name, "name"), stages=_checked(stages))
        if self.was_recorded(context, defined):
            return
        if not self.exists:
            self.record(context, defined)
        elif (self.title, self.stages) != (defined.name, defined.stages):
            self.record_once(context, Revised(name=defined.name, stages=defined.stages))


def _checked(stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """Raises Malformed."""
    if not 0 < len(stages) <= STAGE_LIMIT or len({stage.code for stage in stages}) < len(stages):
        raise Malformed(f"A pipeline must have 1 to {STAGE_LIMIT} stages, each with its own code.")
    return tuple(_exact(stage) for stage in stages)


def _exact(stage: Stage) -> Stage:
    probability = money.rate(stage.probability)
    if not 0 <= probability <= 1:
        raise Malformed("A probability must be between 0 and 1.")
    name = text(stage.name, "name")
    return msgspec.structs.replace(stage, code=checked_code(stage.code, "stage"), name=name, probability=probability)
