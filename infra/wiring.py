"""Everything that runs, listed by hand and by module: aggregates, read models, and how each deployment is put together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import IO, TYPE_CHECKING

import msgspec

from commands.shared.commit import EventStore as EventStoreProtocol
from commands.shared.executor import Executor, Limits
from domain.customers.customer.customer import Customer
from domain.customers.feedback.feedback import Feedback
from domain.customers.field_definition import FieldDefinition
from domain.customers.interaction import Interaction
from domain.marketing.campaign.campaign import Campaign
from domain.marketing.campaign_member.member import CampaignMember
from domain.marketing.channel import Channel, ChannelDay
from domain.marketing.touchpoint import Touchpoint
from domain.operations.api_key import ApiKey
from domain.operations.calendar import Calendar
from domain.operations.imports import Import
from domain.operations.saved_view import SavedView
from domain.operations.session import Session
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
from domain.service.rota import Rota
from domain.service.service_calendar import ServiceCalendar
from domain.service.sla_policy import SlaPolicy
from domain.service.task import Task
from domain.service.ticket.ticket import Ticket
from domain.shared.aggregate import Aggregate
from domain.shared.events import Event
from infra.event_store.identity import Identity
from infra.event_store.mapper import Mapper, Upcaster
from infra.event_store.rows import RESTORING_FILE, RestoreUnfinished
from infra.event_store.sqlite import SqliteRecorder
from infra.event_store.store import EventStore
from infra.event_store.vault import Vault
from infra.home import locked
from infra.kafka.epochs import topic_name
from infra.read_models.database import ReadModels, postgres_read_models, sqlite_read_models
from infra.routing import PARTITIONS
from infra.settings import Settings
from infra.trusted_clock import TrustedClock
from projections.customers.attribute_history import attribute_history
from projections.customers.customers import customer_view
from projections.customers.feedback import feedback
from projections.customers.field_definitions import field_definitions
from projections.customers.interactions import interactions
from projections.customers.relations import customer_relations
from projections.customers.timeline import customer_timeline
from projections.marketing.campaign_members import campaign_members
from projections.marketing.campaigns import campaigns
from projections.marketing.channel_traffic import channel_traffic
from projections.marketing.channels import channels
from projections.marketing.touchpoints import touchpoints
from projections.operations.api_keys import api_keys
from projections.operations.audit_index import audit_index
from projections.operations.saved_views import saved_views
from projections.operations.teams import teams
from projections.operations.users import users
from projections.operations.webhooks import webhooks
from projections.sales.channel_sales import channel_sales
from projections.sales.deals import deals
from projections.sales.leads import leads
from projections.sales.orders import orders
from projections.sales.pipelines import pipelines
from projections.sales.product_sales import product_sales
from projections.segmentation.segment_labels import segment_labels
from projections.segmentation.static_lists import static_lists
from projections.segmentation.value_models import value_models
from projections.service.assignment_rules import assignment_rules
from projections.service.service_calendars import service_calendars
from projections.service.sla_policies import sla_policies
from projections.service.tasks import tasks
from projections.service.ticket_due import ticket_due
from projections.service.ticket_times import ticket_times
from projections.service.tickets import tickets
from projections.shared.projection import Projection

if TYPE_CHECKING:
    from infra.event_store.postgres import PostgresRecorder

AGGREGATES: tuple[type[Aggregate], ...] = (
    # customers
    Customer,
    Interaction,
    Feedback,
    FieldDefinition,
    # marketing
    Campaign,
    CampaignMember,
    Channel,
    ChannelDay,
    Touchpoint,
    # segmentation
    SegmentModel,
    SegmentRule,
    ValueModel,
    StaticList,
    # sales
    Order,
    Lead,
    Deal,
    Pipeline,
    # service
    Ticket,
    Task,
    ServiceCalendar,
    SlaPolicy,
    AssignmentRule,
    Rota,
    # operations
    ApiKey,
    Session,
    User,
    Team,
    SavedView,
    Webhook,
    Import,
    Calendar,
)
EVENTS: tuple[type[Event], ...] = tuple(event for aggregate in AGGREGATES for event in aggregate.events)
UPCASTERS: Mapping[str, Upcaster] = {
    # From version 2 on, the UTM codes, the id of a thread and the digest of an imported file are sealed. A plain value of
    # version 1 stays plain in the log.
    "crm.customer.registered.v1": lambda data: data | {"type": "crm.customer.registered.v2"},
    "crm.customer.details_changed.v1": lambda data: data | {"type": "crm.customer.details_changed.v2"},
    "crm.touchpoint.recorded.v1": lambda data: data | {"type": "crm.touchpoint.recorded.v2"},
    "crm.interaction.logged.v1": lambda data: data | {"type": "crm.interaction.logged.v2"},
    "crm.interaction.corrected.v1": lambda data: data | {"type": "crm.interaction.corrected.v2"},
    "crm.import.started.v1": lambda data: data | {"type": "crm.import.started.v2"},
}
PROJECTIONS: tuple[Projection, ...] = (
    # customers
    customer_view,
    customer_relations,
    customer_timeline,
    interactions,
    feedback,
    field_definitions,
    attribute_history,
    # marketing
    campaigns,
    campaign_members,
    channels,
    channel_traffic,
    touchpoints,
    # segmentation
    segment_labels,
    value_models,
    static_lists,
    # sales
    orders,
    channel_sales,
    product_sales,
    leads,
    deals,
    pipelines,
    # service
    tickets,
    ticket_times,
    ticket_due,
    tasks,
    service_calendars,
    sla_policies,
    assignment_rules,
    # operations
    api_keys,
    users,
    teams,
    saved_views,
    webhooks,
    audit_index,
)


class Deployment(msgspec.Struct, eq=False):
    """The stores that a process works on, and its clock. `partitions` is 1 if events do not go through Kafka.

    `identity` is that of the event store when it was opened.
    """

    settings: Settings
    store: EventStore
    read_models: ReadModels
    partitions: int
    identity: Identity
    clock: TrustedClock
    lock: IO[str] | None = None

    @property
    def topic(self) -> str:
        """The topic of the store's epoch. Raises StoreUnavailable."""
        return topic_name(self.settings, self.store.identity())

    def executor(self, store: EventStoreProtocol | None = None) -> Executor:
        """An executor on the deployment's store, or on the given `store` that wraps it."""
        settings = self.settings
        limits = Limits(queue=settings.queue_limit, cache=settings.cache_limit, settle=settings.settle_timeout)
        return Executor(store or self.store, limits, self.clock.now)

    def close(self) -> None:
        self.store.close()
        self.read_models.close()
        if self.lock:
            self.lock.close()


def deploy(settings: Settings, *, restoring: bool = False, alone: bool = False) -> Deployment:
    """Open the stores that the settings name; with `restoring`, also one that a backup was written into.

    With `alone`, the caller sees to it that no other process works in the folder of the embedded stores.

    Raises HomeInUse, WrongMasterKey, OtherFormat, RestoreUnfinished, ValueError and StoreUnavailable.
    """
    if settings.database_url:
        from infra.event_store.postgres import PostgresRecorder

        recorder = PostgresRecorder(
            settings.database_url, lock_timeout=settings.lock_timeout, idle_timeout=settings.idle_timeout
        )
        store = _store(recorder, settings, restoring=restoring)
        read_models = postgres_read_models(settings.database_url)
        return Deployment(settings, store, read_models, PARTITIONS, store.identity(), _clock(store, settings))
    lock = None if alone else locked(settings.home)
    file = settings.home / "events.db"
    if file.with_name(file.name + RESTORING_FILE).exists():
        raise RestoreUnfinished(f"a backup is not restored to its end in {settings.home}: run the same recount restore again")
    store = _store(SqliteRecorder(file), settings, restoring=restoring)
    read_models = sqlite_read_models(settings.home / "read-models.db")
    return Deployment(settings, store, read_models, 1, store.identity(), _clock(store, settings), lock)


def chosen(names: str) -> tuple[Projection, ...]:
    """The projections with these names, separated by commas; all of them if no name is given. Raises ValueError."""
    known = {projection.name: projection for projection in PROJECTIONS}
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if unknown := [name for name in wanted if name not in known]:
        raise ValueError(f"there is no projection {', '.join(unknown)}; the projections are {', '.join(known)}")
    return tuple(known[name] for name in wanted) or PROJECTIONS


def restored_store(settings: Settings) -> EventStore:
    """The event store that a backup was written into, before erasures are applied to it. Nothing else is opened or locked."""
    if settings.database_url:
        from infra.event_store.postgres import PostgresRecorder

        return _store(PostgresRecorder(settings.database_url), settings, restoring=True)
    return _store(SqliteRecorder(settings.home / "events.db"), settings, restoring=True)


def mapper() -> Mapper:
    """The mapper of all events."""
    return Mapper(EVENTS, UPCASTERS)


def _clock(store: EventStore, settings: Settings) -> TrustedClock:
    return TrustedClock(store, timedelta(seconds=settings.clock_limit), settings.clock_confirmed)


def _store(recorder: PostgresRecorder | SqliteRecorder, settings: Settings, *, restoring: bool = False) -> EventStore:
    vault = Vault(*settings.master_keys, read_again=settings.read_master_keys)
    return EventStore(recorder, mapper(), vault, restoring=restoring)
