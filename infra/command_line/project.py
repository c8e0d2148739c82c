"""`recount project`: applies events from Kafka to read models, in the distributed deployment."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from infra.command_line.failures import distributed_settings
from infra.command_line.terminal import WrongUsage
from infra.processes import logs
from infra.processes.stopping import when_asked_to_stop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from consumers.projecting.projector import Projector
    from infra.kafka.connection import Brokers
    from infra.settings import Settings
    from projections.shared.projection import Projection

Names = Annotated[
    list[str] | None, typer.Argument(metavar="[NAMES]", help="Read models to update; default: RECOUNT_PROJECTIONS, or all.")
]


def project(names: Names = None) -> None:
    """Keep read models up to date. Processes with the same names share the partitions."""
    settings, brokers = distributed_settings("project")
    logs.configure(settings.log_level)
    from infra.processes.measuring import measured

    projections = _chosen(",".join(names or ()), settings)
    with suppress(KeyboardInterrupt), ExitStack() as stack:
        stack.enter_context(measured(settings))
        projector = _projector(projections, settings, brokers, stack)
        stack.enter_context(when_asked_to_stop(lambda _: projector.stop()))
        projector.run()


def _projector(projections: Sequence[Projection], settings: Settings, brokers: Brokers, stack: ExitStack) -> Projector:
    from consumers.projecting.projector import Projector
    from infra.processes.log_watch import watched
    from infra.processes.sources import kafka_source
    from infra.read_models.completeness import Completeness
    from infra.read_models.tables import prepare
    from infra.wiring import deploy

    deployment = deploy(settings)
    stack.callback(deployment.close)
    prepare(deployment.read_models)
    stack.enter_context(watched(deployment.store, deployment.read_models))
    return Projector(
        projections,
        stack.enter_context(kafka_source(projections, settings, brokers, deployment)),
        deployment.store,
        deployment.read_models,
        deployment.partitions,
        completeness=Completeness(deployment.read_models, deployment.partitions, deployment.topic),
        patience=settings.chain_patience,
    )


def _chosen(names: str, settings: Settings) -> Sequence[Projection]:
    from infra.wiring import chosen

    try:
        return chosen(names or settings.projections)
    except ValueError as error:
        raise WrongUsage(f"{'project' if names else 'RECOUNT_PROJECTIONS'}: {error}") from None
