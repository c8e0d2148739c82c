"""The application: every router, listed by hand."""

from __future__ import annotations

from typing import Any

from anyio import CapacityLimiter
from fastapi import FastAPI
from starlette.types import ASGIApp

from api import selecting
from api.customers import (
    customer_views,
    customers,
    erasure,
    feedback,
    feedback_views,
    field_definitions,
    interaction_views,
    interactions,
    relations,
)
from api.marketing import (
    campaign_effect as campaign_report,
)
from api.marketing import (
    campaign_members,
    campaign_views,
    campaigns,
    channel_effect,
    channel_views,
    channels,
    segment_models,
    segment_rules,
    segment_views,
    static_lists,
    touchpoints,
)
from api.operations import (
    api_keys as keys,
)
from api.operations import (
    audit,
    calendar,
    event_stream,
    events,
    imports,
    refused,
    saved_views,
    teams,
    upkeep,
    users,
    webhooks,
)
from api.operations import (
    health as operations,
)
from api.operations.event_stream import Streams
from api.operations.health import Operations
from api.operations.jobs import Jobs
from api.sales import (
    channel_sales as reports,
)
from api.sales import (
    deal_views,
    deals,
    lead_funnel,
    lead_views,
    leads,
    order_goods,
    order_payments,
    order_views,
    orders,
    pipelines,
    sales_report,
)
from api.service import (
    assignment_rules,
    service_level_report,
    service_level_views,
    service_levels,
    service_report,
    tasks,
    ticket_backlog,
    ticket_report,
    ticket_views,
    tickets,
)
from api.shared import batch, openapi, problems
from api.shared.access import Keys
from commands.shared.executor import Executor
from infra.read_models.completeness import Completeness
from infra.wiring import Deployment

DESCRIPTION = """An event-sourced CRM: every answer can be counted again, as of any moment, by anyone who doubts it."""


class Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        return openapi.document(self)

    def build_middleware_stack(self) -> ASGIApp:
        return problems.TooLarge(super().build_middleware_stack())


def create(
    deployment: Deployment,
    executor: Executor,
    completeness: Completeness,
    local_key: str | None = None,
    operated: Operations | None = None,
) -> Api:
    """The API over these stores. Whoever made them closes them, and `app.state.jobs` before.

    `operated` tells how the read models are and rebuilds them; without it there are no such routes.
    """
    app = Api(
        title="Recount",
        description=DESCRIPTION,
        version="0.1.0",
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        redirect_slashes=False,
        max_body_size=deployment.settings.body_limit,
    )
    app.state.settings = deployment.settings
    app.state.store = deployment.store
    app.state.read_models = deployment.read_models
    app.state.executor = executor
    app.state.completeness = completeness
    app.state.keys = Keys(deployment.store, local_key)
    app.state.jobs = Jobs()
    app.state.streams = Streams(deployment.store, deployment.settings.stream_limit)
    app.state.fitting = CapacityLimiter(1)
    app.state.operations = operated
    problems.install(app)
    app.include_router(customer_views.router)
    app.include_router(customers.router)
    app.include_router(relations.reading)
    app.include_router(relations.commanding)
    app.include_router(erasure.router)
    app.include_router(order_views.router)
    app.include_router(orders.router)
    app.include_router(order_payments.router)
    app.include_router(order_goods.router)
    app.include_router(ticket_views.router)
    app.include_router(tickets.router)
    app.include_router(interaction_views.router)
    app.include_router(interactions.router)
    app.include_router(feedback_views.router)
    app.include_router(feedback.router)
    app.include_router(lead_views.router)
    app.include_router(leads.router)
    app.include_router(deal_views.router)
    app.include_router(deals.router)
    app.include_router(pipelines.reading)
    app.include_router(pipelines.commanding)
    app.include_router(channel_views.router)
    app.include_router(channels.router)
    app.include_router(touchpoints.reading)
    app.include_router(touchpoints.commanding)
    app.include_router(segment_views.router)
    app.include_router(segment_models.router)
    app.include_router(segment_rules.reading)
    app.include_router(segment_rules.commanding)
    app.include_router(static_lists.reading)
    app.include_router(static_lists.commanding)
    app.include_router(tasks.reading)
    app.include_router(tasks.commanding)
    app.include_router(users.reading)
    app.include_router(users.commanding)
    app.include_router(teams.reading)
    app.include_router(teams.commanding)
    app.include_router(saved_views.reading)
    app.include_router(saved_views.commanding)
    app.include_router(field_definitions.reading)
    app.include_router(field_definitions.commanding)
    app.include_router(campaign_views.router)
    app.include_router(campaigns.router)
    app.include_router(campaign_members.router)
    app.include_router(service_level_views.router)
    app.include_router(service_levels.router)
    app.include_router(assignment_rules.reading)
    app.include_router(assignment_rules.commanding)
    app.include_router(reports.router)
    app.include_router(sales_report.router)
    app.include_router(campaign_report.router)
    app.include_router(channel_effect.router)
    app.include_router(ticket_report.router)
    app.include_router(ticket_backlog.router)
    app.include_router(service_level_report.router)
    app.include_router(lead_funnel.router)
    app.include_router(service_report.router)
    app.include_router(batch.router)
    app.include_router(selecting.router)
    # Before the events by position, which would take its path.
    app.include_router(event_stream.router)
    app.include_router(events.router)
    app.include_router(audit.router)
    app.include_router(refused.router)
    app.include_router(keys.router)
    app.include_router(webhooks.reading)
    app.include_router(webhooks.commanding)
    app.include_router(imports.router)
    app.include_router(calendar.router)
    app.include_router(operations.alive)
    if operated:
        app.include_router(operations.router)
        app.include_router(upkeep.router)
    return app
