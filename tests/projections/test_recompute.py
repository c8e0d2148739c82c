"""Every read model: any partitions, batches, duplicates and order give the rows of one recompute."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from projections.api_keys import api_keys
from projections.audit_index import audit_index
from projections.campaign_members import campaign_members
from projections.campaigns import campaigns
from projections.channel_sales import channel_sales
from projections.channel_traffic import channel_traffic
from projections.channels import channels
from projections.customer_relations import customer_relations
from projections.customer_timeline import customer_timeline
from projections.customer_view import customer_view
from projections.deals import deals
from projections.feedback import feedback
from projections.field_definitions import field_definitions
from projections.interactions import interactions
from projections.leads import leads
from projections.orders import orders
from projections.pipelines import pipelines
from projections.product_sales import product_sales
from projections.projection import Projection
from projections.saved_views import saved_views
from projections.segment_labels import segment_labels
from projections.service_calendars import service_calendars
from projections.sla_policies import sla_policies
from projections.static_lists import static_lists
from projections.tasks import tasks
from projections.teams import teams
from projections.ticket_due import ticket_due
from projections.ticket_times import ticket_times
from projections.tickets import tickets
from projections.touchpoints import touchpoints
from projections.users import users
from projections.webhooks import webhooks
from tests.projections.harness import History, Step, assert_recomputes, clear, create, fold, in_memory, rows_of
from tests.projections.histories import histories, schedules

PROJECTIONS = (
    customer_view,
    customer_relations,
    customer_timeline,
    orders,
    channel_sales,
    product_sales,
    api_keys,
    channels,
    channel_traffic,
    touchpoints,
    segment_labels,
    campaigns,
    campaign_members,
    tickets,
    ticket_times,
    ticket_due,
    interactions,
    feedback,
    service_calendars,
    sla_policies,
    leads,
    deals,
    pipelines,
    users,
    teams,
    tasks,
    saved_views,
    field_definitions,
    static_lists,
    webhooks,
    audit_index,
)
NAMES = [projection.name for projection in PROJECTIONS]


@pytest.mark.parametrize("projection", PROJECTIONS, ids=NAMES)
@settings(max_examples=60, deadline=None)
@given(history=histories(), partitions=st.integers(1, 12), steps=schedules())
def test_any_schedule_gives_the_rows_of_one_recompute(
    projection: Projection, history: History, partitions: int, steps: list[Step]
) -> None:
    with in_memory(projection) as connection:
        assert_recomputes(connection, projection, history, partitions, steps)


@pytest.mark.servers
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories(), partitions=st.integers(1, 12), steps=schedules())
def test_postgresql_gives_the_same_rows(postgres_tables: str, history: History, partitions: int, steps: list[Step]) -> None:
    engine = create_engine(postgres_tables)
    with engine.connect() as connection, in_memory(*PROJECTIONS) as sqlite:
        for projection in PROJECTIONS:
            assert_recomputes(connection, projection, history, partitions, steps)
            fold(sqlite, history, projection)
            assert rows_of(connection, projection) == rows_of(sqlite, projection)
            clear(connection, projection)
    engine.dispose()


@pytest.fixture
def postgres_tables(database_url: str) -> str:
    """URL of a database with the read models' tables."""
    url = database_url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url)
    with engine.begin() as connection:
        create(connection, *PROJECTIONS)
    engine.dispose()
    return url
