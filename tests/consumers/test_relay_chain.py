"""A verification compares the relay's checkpoint with the log."""

from uuid import UUID

import pytest

from consumers.relay_chain import RelayChain
from infra.event_store.verify import verify
from infra.read_models.checkpoints import Checkpoint
from infra.routing import PARTITIONS
from tests.consumers.projecting.test_dead_letters import added
from tests.consumers.tallies import SUBJECTS, Added, Linked, World


@pytest.fixture
def checkpoint(world: World) -> Checkpoint:
    """That of a relay that has sent all but the last two events."""
    events = [(subject, Added(amount=1)) for subject in SUBJECTS]
    world.record(*events, (SUBJECTS[0], Linked(other=SUBJECTS[4])), *added(SUBJECTS[1], UUID(int=99)))
    head = world.store.head()
    sent = [message for message in world.messages(PARTITIONS) if message.stored.position <= head - 2]
    return Checkpoint("topic", PARTITIONS, head - 2, {message.partition: message.stored.position for message in sent})


def found(world: World, checkpoint: Checkpoint) -> list[tuple[str, int | None]]:
    return [(finding.kind, finding.position) for finding in verify(world.store, watches=[RelayChain(checkpoint)])]


def test_a_checkpoint_that_follows_from_the_log_is_no_finding(world: World, checkpoint: Checkpoint) -> None:
    assert found(world, checkpoint) == []


def test_a_checkpoint_of_another_log_is_found(world: World, checkpoint: Checkpoint) -> None:
    partition, true = max(checkpoint.last.items())
    assert found(world, checkpoint._replace(last={**checkpoint.last, partition: true - 1})) == [("relay-chain", true)]
    without = {other: position for other, position in checkpoint.last.items() if other != partition}
    assert found(world, checkpoint._replace(last=without)) == [("relay-chain", true)]
    assert ("relay-chain", None) in found(world, checkpoint._replace(last={**checkpoint.last, 11: 7, 10: 7}))
