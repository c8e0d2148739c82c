"""docs/events.md says what the event classes say."""

from __future__ import annotations

from domain.shared.events import type_name
from tests.docs.event_catalogue import CATALOGUE, catalogue
from tests.docs.whom_events_concern import whom
from tests.domain.pin_event_types import events


def test_the_event_catalogue_is_up_to_date() -> None:
    assert CATALOGUE.read_text() == catalogue(), "python -m tests.docs.event_catalogue writes it anew"


def test_it_says_whom_an_event_concerns() -> None:
    said = {type_name(event): whom(event) for event in events()}
    assert said["crm.customer.archived.v1"] == ""
    assert said["crm.order.placed.v1"] == "Its subject is `customer_id`, or else the stream."
    assert said["crm.deal.opened.v1"] == "Its subject is `customer_id`."
    assert said["crm.customer.merged.v1"] == "It concerns `into` too. Its stream is erased with `into`."
    assert said["crm.customer.unmerged.v1"] == "It concerns `survivor` too. Its stream is erased with `survivor` no more."
    assert said["crm.sla_policy.retired.v1"] == "It concerns everyone."
    assert said["crm.customer.erased.v1"] == "It destroys the key of its subject, and of what is erased with it."
