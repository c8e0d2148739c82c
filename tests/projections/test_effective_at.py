"""A thing folded from what had happened by a moment: never an error, and the same as now after the last of its facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.shared.as_of import Moment, Resource
from domain.customers.customer.customer import Customer
from domain.customers.feedback.feedback import Feedback
from domain.customers.field_definition import FieldDefinition
from domain.customers.interaction import Interaction
from domain.marketing.campaign.campaign import Campaign
from domain.marketing.campaign_member.member import CampaignMember
from domain.marketing.channel import Channel
from domain.marketing.touchpoint import Touchpoint
from domain.operations.saved_view import SavedView
from domain.operations.team import Team
from domain.operations.user import User
from domain.operations.webhook import Webhook
from domain.sales.deal.deal import Deal
from domain.sales.lead.lead import Lead
from domain.sales.order.order import Order
from domain.sales.pipeline import Pipeline
from domain.segmentation.segment_model import SegmentModel
from domain.segmentation.segment_rule import SegmentRule
from domain.segmentation.static_list import StaticList
from domain.segmentation.value_model import ValueModel
from domain.service.assignment_rule import AssignmentRule
from domain.service.service_calendar import ServiceCalendar
from domain.service.sla_policy import SlaPolicy
from domain.service.task import Task
from domain.service.ticket.ticket import Ticket
from domain.shared.aggregate import Aggregate, replayed
from domain.shared.events import Recorded, type_name
from infra.event_store.mapper import Stored
from projections.customers import customer_list, customers, feedback, field_definitions, interactions
from projections.marketing import campaign_members, campaigns, channels, touchpoints
from projections.operations import saved_views, teams, users, webhooks
from projections.sales import deals, leads, orders, pipelines
from projections.segmentation import segment_labels, segment_models, segment_rules, static_lists, value_models
from projections.service import assignment_rules, service_calendars, sla_policies, tasks, ticket_times, tickets
from projections.shared.replay import folded
from tests.projections.harness import MAPPER, History
from tests.projections.histories import SEEDS, random_history

NOW = datetime(2030, 1, 1, tzinfo=UTC)
RESOURCES = (
    Resource(Customer, customers.customer_view, customer_list.get),
    Resource(Interaction, interactions.interactions, interactions.get),
    Resource(Feedback, feedback.feedback, feedback.get),
    Resource(FieldDefinition, field_definitions.field_definitions, field_definitions.get),
    Resource(Campaign, campaigns.campaigns, campaigns.get),
    Resource(CampaignMember, campaign_members.campaign_members, campaign_members.get),
    Resource(Channel, channels.channels, channels.get),
    Resource(Touchpoint, touchpoints.touchpoints, touchpoints.get),
    Resource(SegmentModel, segment_labels.segment_labels, segment_models.get),
    Resource(SegmentRule, segment_labels.segment_labels, segment_rules.get),
    Resource(StaticList, static_lists.static_lists, static_lists.as_it_was),
    Resource(ValueModel, value_models.value_models, value_models.get),
    Resource(Order, orders.orders, orders.get),
    Resource(Lead, leads.leads, leads.get),
    Resource(Deal, deals.deals, deals.get),
    Resource(Pipeline, pipelines.pipelines, pipelines.get),
    Resource(Ticket, tickets.tickets, tickets.get),
    Resource(Ticket, ticket_times.ticket_times, ticket_times.times),
    Resource(Task, tasks.tasks, partial(tasks.get, now=NOW)),
    Resource(ServiceCalendar, service_calendars.service_calendars, service_calendars.get),
    Resource(SlaPolicy, sla_policies.sla_policies, sla_policies.get),
    Resource(AssignmentRule, assignment_rules.assignment_rules, assignment_rules.get),
    Resource(User, users.users, users.get),
    Resource(Team, teams.teams, teams.get),
    Resource(SavedView, saved_views.saved_views, saved_views.get),
    Resource(Webhook, webhooks.webhooks, webhooks.get),
)
KIND_OF = {type_name(event): kind for kind in {resource.kind for resource in RESOURCES} for event in kind.events}


def streams(history: History) -> Iterator[tuple[type[Aggregate], list[Recorded]]]:
    """The events of each thing that can be read as of a moment, in the order in which they were recorded."""
    by_stream = sorted(history.log, key=lambda recorded: (recorded.stream, recorded.version))
    for _, events in groupby(by_stream, key=lambda recorded: recorded.stream):
        of_one = list(events)
        if kind := KIND_OF.get(of_one[0].type):
            yield kind, of_one


def backdated(history: History, seed: int) -> None:
    """Let every event occur at any time of the year before it was recorded: in another order, and some at the same time."""
    draw = Random(seed)
    for place, recorded in enumerate(history.log):
        at = recorded.metadata.recorded_at - timedelta(days=draw.randrange(365))
        metadata = msgspec.structs.replace(recorded.metadata, occurred_at=at)
        history.log[place] = msgspec.structs.replace(recorded, metadata=metadata)


def stored(recorded: Recorded) -> Stored:
    state = MAPPER.encode(recorded.stream, recorded.version, recorded.event, recorded.metadata, None)
    return Stored(recorded.position, recorded.stream, recorded.version, recorded.type, state)


def happened(events: Sequence[Recorded], at: datetime) -> list[Recorded]:
    """The events that had happened by then; none if the first one had not."""
    found = [MAPPER.decode(one, {}) for one in Moment(effective_at=at).happened(map(stored, events))]
    return found if found and found[0].version == 1 else []


def shown(resource: Resource, events: Sequence[Recorded]) -> Any:
    with folded(resource.projection) as fold:
        fold.apply(events)
        return resource.one(fold.connection, events[0].stream)


ANY_HISTORY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@settings(ANY_HISTORY, max_examples=12)
@given(seed=SEEDS, length=st.integers(100, 500))
def test_any_selection_of_a_things_events_can_be_folded(seed: int, length: int) -> None:
    history = random_history(seed, length)
    backdated(history, seed)
    draw = Random(seed)
    for kind, events in streams(history):
        # From the moment on at which the thing begins, there is something to fold.
        times = sorted(one.metadata.occurred_at for one in events if one.metadata.occurred_at >= events[0].metadata.occurred_at)
        for at in {times[0], draw.choice(times), draw.choice(times), draw.choice(times)}:
            if selected := happened(events, at):
                replayed(kind, events[0].stream, selected)
                for resource in (one for one in RESOURCES if one.kind is kind):
                    # A touchpoint has one event, and shows no version.
                    assert shown(resource, selected).get("version", 1) == selected[-1].version


@ANY_HISTORY
@given(seed=SEEDS, length=st.integers(10, 70))
def test_after_the_last_fact_a_thing_is_as_it_is_now(seed: int, length: int) -> None:
    history = random_history(seed, length)
    backdated(history, seed)
    for kind, events in streams(history):
        last = max(recorded.metadata.occurred_at for recorded in events)
        plain = [MAPPER.decode(stored(one), {}) for one in events]
        assert happened(events, last) == happened(events, NOW) == plain
        for resource in (one for one in RESOURCES if one.kind is kind):
            assert shown(resource, happened(events, last)) == shown(resource, plain)


@ANY_HISTORY
@given(seed=SEEDS, length=st.integers(10, 70))
def test_facts_recorded_in_the_order_in_which_they_happened_give_what_was_recorded_by_then(seed: int, length: int) -> None:
    for kind, events in streams(random_history(seed, length)):
        times = [recorded.metadata.occurred_at for recorded in events]
        if times == sorted(set(times)):
            for version, at in enumerate(times, start=1):
                recorded_by_then = [one for one in map(stored, events) if Moment(version=version).includes(one)]
                assert happened(events, at) == [MAPPER.decode(one, {}) for one in recorded_by_then]
        else:
            assert len(events) > 1, kind


def test_the_histories_have_all_kinds_of_things() -> None:
    found = {kind for seed in range(40) for kind, _ in streams(random_history(seed, 70))}
    assert {resource.kind for resource in RESOURCES} <= found


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: str(resource.projection.name))
def test_a_fold_leaves_nothing_for_the_next_one(resource: Resource) -> None:
    with folded(resource.projection) as fold:
        for table in resource.projection.tables:
            assert fold.connection.execute(table.select()).first() is None
