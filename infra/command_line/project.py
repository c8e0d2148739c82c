"""`recount project`: events out of Kafka into read models, in the distributed deployment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from infra.command_line import logs
from infra.command_line.failures import distributed_settings
from infra.command_line.stopping import when_asked_to_stop
from infra.command_line.terminal import WrongUsage

if TYPE_CHECKING:
    from infra.read_models import ReadModels
    from infra.routing import Held
    from infra.settings import Settings
    from projections.projection import Projection

Names = Annotated[
    list[str] | None, typer.Argument(metavar="[NAMES]", help="Read models to keep; those of RECOUNT_PROJECTIONS, or all.")
]


def project(names: Names = None) -> None:
    """Keep read models up to date. Processes with the same names share the partitions."""
    settings, kafka = distributed_settings("project")
    logs.configure(settings.log_level)
    from consumers.project import Projector
    from infra.command_line.measuring import measured
    from infra.kafka.consumer import KafkaSource
    from infra.kafka.topic import Topics
    from infra.read_models.completeness import Completeness
    from infra.read_models.tables import prepare
    from infra.wiring import deploy

    projections = _chosen(",".join(names or ()), settings)
    with ExitStack() as stack:
        deployment = deploy(settings)
        stack.callback(deployment.close)
        store, read_models, partitions = deployment.store, deployment.read_models, deployment.partitions
        prepare(read_models)
        topics = Topics(kafka)
        stack.callback(topics.close)
        topic = topics.ensure(settings.topic, partitions, settings.replication_factor)
        source = KafkaSource(
            kafka,
            topics,
            topic,
            group_of(projections, settings),
            furthest_behind(projections, read_models, topic.id),
            session_timeout=settings.session_timeout,
        )
        stack.callback(source.close)
        completeness = Completeness(read_models, partitions, settings.topic)
        projector = Projector(
            projections,
            source,
            store,
            read_models,
            partitions,
            completeness=completeness,
            patience=settings.chain_patience,
        )
        stack.enter_context(measured(settings))
        stack.enter_context(when_asked_to_stop(lambda _: projector.stop()))
        projector.run()


def _chosen(names: str, settings: Settings) -> Sequence[Projection]:
    from infra.wiring import chosen

    try:
        return chosen(names or settings.projections)
    except ValueError as error:
        raise WrongUsage(f"{'project' if names else 'RECOUNT_PROJECTIONS'}: {error}") from None


def group_of(projections: Sequence[Projection], settings: Settings) -> str:
    """The consumer group: one for each set of read models."""
    from infra.wiring import PROJECTIONS

    names = sorted(projection.name for projection in projections)
    everything = sorted(projection.name for projection in PROJECTIONS)
    return f"{settings.topic}.{'all' if names == everything else '+'.join(names)}"


def furthest_behind(
    projections: Sequence[Projection], read_models: ReadModels, topic_id: str
) -> Callable[[Collection[int]], Mapping[int, Held]]:
    """Where to read partitions from: what the read model that is furthest behind holds of each."""
    from infra.read_models.positions import held

    def stored(partitions: Collection[int]) -> Mapping[int, Held]:
        with read_models.reader.connect() as connection:
            places = [held(connection, projection.name) for projection in projections]
        found = {}
        for partition in partitions:
            known = [each[partition] for each in places if partition in each]
            if len(known) == len(places):
                found[partition] = min(known, key=lambda place: (place.topic_id == topic_id, place.next_offset))
        return found

    return stored
