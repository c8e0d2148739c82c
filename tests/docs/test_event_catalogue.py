"""docs/events.md agrees with the event classes."""

from __future__ import annotations

from domain.shared.events import type_name
from tests.docs.event_catalogue import CATALOGUE, catalogue
from tests.docs.whom_events_concern import concerned
from tests.domain.pin_event_types import events


def test_the_event_catalogue_is_up_to_date() -> None:
    assert CATALOGUE.read_text() == catalogue(), "run python -m tests.docs.event_catalogue"


def test_it_names_the_subjects_that_an_event_concerns() -> None:
    texts = {type_name(event): concerned(event) for event in events()}
    assert texts["crm.customer.archived.v1"] == ""
    assert texts["crm.order.placed.v1"] == "Its subject is `customer_id`, or else the stream."
    assert texts["crm.deal.opened.v1"] == "Its subject is `customer_id`."
    assert texts["crm.customer.merged.v1"] == "It concerns `into` too. Its stream is erased with `into`."
    assert texts["crm.customer.unmerged.v1"] == "It concerns `survivor` too. Its stream is no longer erased with `survivor`."
    assert texts["crm.sla_policy.retired.v1"] == "It concerns everyone."
    assert texts["crm.customer.erased.v1"] == "It destroys the keys of its subject and of everything that is erased with it."
