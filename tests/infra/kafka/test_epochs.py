"""Each epoch of the log has a topic of its own."""

from infra.event_store.identity import Identity
from infra.kafka.epochs import earlier_topics, last_epoch, later_topics, topic_name
from infra.settings import Settings


def test_the_first_epoch_has_the_topic_in_the_settings_and_later_ones_have_its_name_with_their_number() -> None:
    settings = Settings(master_key="5a" * 32, topic="crm.events")
    names = [topic_name(settings, Identity("a1", epoch)) for epoch in (1, 2, 10)]
    assert names == ["crm.events", "crm.events.2", "crm.events.10"]


def test_the_last_epoch_is_found_among_all_topics_of_a_cluster() -> None:
    others = ["crm.events.dead", "crm.events.2.dead", "crm.events2", "crm-events.7", "other.crm.events.9", "crm.events.02"]
    assert last_epoch("crm.events", others) == 0
    assert last_epoch("crm.events", [*others, "crm.events"]) == 1
    assert last_epoch("crm.events", [*others, "crm.events", "crm.events.2", "crm.events.10"]) == 10


def test_epochs_without_a_topic_are_left_out() -> None:
    assert earlier_topics("crm.events", 4, ["crm.events", "crm.events.3", "crm.events.4"]) == ["crm.events", "crm.events.3"]
    assert later_topics("crm.events", 4)[:2] == ["crm.events.5", "crm.events.6"]
