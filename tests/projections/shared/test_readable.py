"""Every type of event has a line in English and in Chinese."""

from __future__ import annotations

import pytest

from domain.shared.events import Event, type_name
from infra.wiring import EVENTS
from projections.shared.readable import FACTS, OTHERS, THINGS, line


@pytest.mark.parametrize("event", EVENTS, ids=type_name)
def test_an_event_has_a_text_for_its_thing_and_its_fact_in_both_languages(event: type[Event]) -> None:
    _, thing, fact, _ = type_name(event).split(".")
    texts = (*(THINGS | OTHERS)[thing], *FACTS[fact])
    assert all(texts)
    zh, en = line(type_name(event), {}, None, None)
    assert (zh, en) == (texts[0] + texts[2], f"{texts[1]} {texts[3]}")


def test_a_fact_of_a_later_version_is_named_by_its_type() -> None:
    assert line("crm.spaceship.took_off.v1", {}, "7", None).en == "Spaceship 7 took off"


def test_no_thing_is_named_twice() -> None:
    assert not THINGS.keys() & OTHERS.keys()
