"""The last messages of a partition are lost, and no later message comes that would show the loss."""

from consumers.projecting.projector import Projector
from infra.read_models import checkpoints
from infra.read_models.checkpoints import Checkpoint
from infra.read_models.completeness import Completeness
from infra.routing import PARTITIONS, partition_of
from tests.consumers.tallies import SUBJECTS, Added, Clock, Schedule, Tallies, World

TOPIC = "crm.test"


def test_last_messages_that_never_arrive_are_read_from_the_store_when_patience_ends(world: World) -> None:
    # Given three events, of which the first was delivered, and a relay that has sent them all
    subject = SUBJECTS[0]
    positions = world.record(*[(subject, Added(amount=number)) for number in (1, 2, 3)])
    partition = partition_of(subject, PARTITIONS)
    source, clock, tallies = Schedule(range(PARTITIONS)), Clock(), Tallies()
    completeness = Completeness(world.read_models, PARTITIONS, TOPIC)
    projector = Projector(
        [tallies.projection], source, world.store, world.read_models, PARTITIONS, completeness=completeness, clock=clock
    )
    source.send(world.messages(PARTITIONS)[:1])
    projector.turn()
    with world.read_models.writer.begin() as connection:
        sent = Checkpoint(source.topic_id, PARTITIONS, positions[-1], {partition: positions[-1]})
        checkpoints.begin(connection, TOPIC, sent)
    # When nothing comes for less than the patience, it waits
    for moment in (20.0, 40.0):
        clock.now = moment
        projector.turn(0)
    assert completeness.up_to(tallies.projection.name) == positions[0]
    # When the patience has ended, it reads the missing events from the store
    clock.now = 100.0
    projector.turn(0)
    assert world.rows(tallies) == world.recomputed(tallies)
    # When the messages come later, they are duplicates
    source.send(world.messages(PARTITIONS)[1:])
    projector.turn(0)
    assert world.rows(tallies) == world.recomputed(tallies)
