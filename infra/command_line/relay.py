"""`recount relay`: sends the log to Kafka, in the distributed deployment."""

from __future__ import annotations

from contextlib import ExitStack, suppress

from infra.command_line.failures import distributed_settings
from infra.processes import logs
from infra.processes.stopping import when_asked_to_stop


def relay() -> None:
    """Send the log to Kafka. One relay is active; others stand by and take over."""
    settings, brokers = distributed_settings("relay")
    logs.configure(settings.log_level)
    from consumers.relay import Relay
    from infra.processes.log_watch import watched
    from infra.processes.measuring import measured
    from infra.read_models.tables import prepare
    from infra.wiring import deploy

    with suppress(KeyboardInterrupt), ExitStack() as stack:
        deployment = deploy(settings)
        stack.callback(deployment.close)
        prepare(deployment.read_models)
        stack.enter_context(watched(deployment.store, deployment.read_models))
        relay = Relay(
            deployment.store,
            deployment.read_models,
            brokers,
            settings.topic,
            epoch=deployment.store.identity().epoch,
            partitions=deployment.partitions,
            replication=settings.replication_factor,
        )
        stack.enter_context(measured(settings))
        stack.enter_context(when_asked_to_stop(lambda _: relay.stop()))
        relay.run()
