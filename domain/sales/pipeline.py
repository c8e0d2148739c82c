"""A sales pipeline, known by its code: the stages that deals go through, each with how likely a deal there is to be won."""

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
    """There is no such pipeline."""


class StageUnknown(NotThere):
    """The pipeline has no such stage."""


def pipeline_id(code: str) -> UUID:
    return derived_id("pipeline", code)


class Stage(Value, frozen=True):
    """`probability` is the share of deals in this stage that are won in the end, from 0 to 1. The name is plain."""

    code: str
    name: str
    probability: Decimal


class Defined(Event, frozen=True, tag="crm.pipeline.defined.v1"):
    """The name is plain: it names a thing. Stages are in their order."""

    code: str
    name: str
    stages: tuple[Stage, ...]

    def apply(self, pipeline: Pipeline, metadata: Metadata) -> None:
        pipeline.title, pipeline.stages = self.name, self.stages


class Revised(Event, frozen=True, tag="crm.pipeline.revised.v1"):
    """Deals stay in the stages in which they are, also where those are no longer."""

    name: str
    stages: tuple[Stage, ...]

    def apply(self, pipeline: Pipeline, metadata: Metadata) -> None:
        pipeline.title, pipeline.stages = self.name, self.stages


class Pipeline(Aggregate):
    """`title` is what the pipeline is called."""

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
        """Defines it; one that is there is revised. Refused as Malformed."""
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
        raise Malformed(f"A pipeline has 1 to {STAGE_LIMIT} stages, each with a code of its own.")
    return tuple(_exact(stage) for stage in stages)


def _exact(stage: Stage) -> Stage:
    probability = money.rate(stage.probability)
    if not 0 <= probability <= 1:
        raise Malformed("A probability lies between 0 and 1.")
    name = text(stage.name, "name")
    return msgspec.structs.replace(stage, code=checked_code(stage.code, "stage"), name=name, probability=probability)
