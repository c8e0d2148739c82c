"""`recount follow`: policies, deadlines, the end of days, and webhooks, in the distributed deployment."""

from __future__ import annotations

from contextlib import ExitStack, suppress

from infra.command_line.failures import distributed_settings
from infra.processes import logs
from infra.processes.stopping import when_asked_to_stop


def follow() -> None:
    """Run policies, deadlines, the end of days, and webhooks. One process is active; others stand by and take over."""
    settings, _ = distributed_settings("follow")
    logs.configure(settings.log_level)
    from infra.processes.followers import Following, following
    from infra.processes.measuring import measured
    from infra.processes.parts import opened
    from infra.processes.topic_check import compare_with_topic
    from infra.read_models.lease import FOLLOWERS, Lease

    with suppress(KeyboardInterrupt), ExitStack() as stack:
        parts = stack.enter_context(opened(settings))
        compare_with_topic(parts.deployment)
        lease = Lease(parts.deployment.read_models, FOLLOWERS, settings.session_timeout)
        turns = Following(lease, lambda: following(parts, lease.holds))
        stack.enter_context(measured(settings))
        stack.enter_context(when_asked_to_stop(lambda _: turns.stop()))
        turns.run()
