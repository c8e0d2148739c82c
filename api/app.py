"""The application: every router, listed by hand and by module."""

from __future__ import annotations

from typing import Any

from anyio import CapacityLimiter
from fastapi import FastAPI
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from api import batch, selecting
from api.console.site import Site
from api.customers import (
    customer_views,
    customers,
    dealings,
    erasure,
    feedback,
    feedback_views,
    field_definitions,
    interaction_views,
    interactions,
    relations,
)
from api.documentation import pages
from api.marketing import (
    attribution,
    campaign_effect,
    campaign_lift,
    campaign_members,
    campaign_progress,
    campaign_variants,
    campaign_views,
    campaigns,
    channel_comparison,
    channel_effect,
    channel_views,
    channels,
    touchpoints,
)
from api.operations import (
    api_keys,
    audit,
    calendar,
    event_counts,
    event_in_full,
    event_stream,
    events,
    health,
    imports,
    refused,
    saved_views,
    sessions,
    teams,
    upkeep,
    users,
    webhook_deliveries,
    webhooks,
)
from api.operations.event_stream import Streams
from api.operations.health import Operations
from api.operations.jobs import Jobs
from api.operations.sessions import SignIns
from api.operations.shared_status import SharedStatus
from api.operations.uploads import Uploads
from api.sales import (
    channel_sales,
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
    sales_trend,
)
from api.segmentation import (
    predicted_values,
    segment_flows,
    segment_models,
    segment_rules,
    segment_views,
    static_lists,
    value_models,
)
from api.segmentation.fitting_libraries import FittingLibraries
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
    waiting_times,
)
from api.shared import openapi, problems
from api.shared.admission import Admission, lanes
from api.shared.failed_keys import FailedKeys
from api.shared.head import Head
from api.shared.joint_reads import JointReads
from api.shared.key_uses import KeyUses
from api.shared.keys import Keys
from api.shared.lists import Lists
from api.shared.pasts import Pasts
from api.shared.routes import Route
from api.shared.safe_headers import SafeHeaders
from api.shared.sessions import Sessions
from api.shared.table import Table
from api.shared.text_form import OneForm
from commands.shared.executor import Executor
from infra.read_models.completeness import Completeness
from infra.wiring import Deployment
from projections.shared.frames import Frames

CUSTOMERS = (
    customer_views.router,
    dealings.router,
    customers.router,
    relations.reading,
    relations.commanding,
    erasure.router,
    erasure.of_leads,
    interaction_views.router,
    interactions.router,
    feedback_views.router,
    feedback.router,
    field_definitions.reading,
    field_definitions.commanding,
)
MARKETING = (
    campaign_views.router,
    campaigns.router,
    campaign_members.router,
    campaign_effect.router,
    campaign_lift.router,
    campaign_variants.router,
    attribution.router,
    campaign_progress.router,
    channel_views.router,
    channels.router,
    channel_effect.router,
    channel_comparison.router,
    touchpoints.reading,
    touchpoints.commanding,
)
SEGMENTATION = (
    segment_views.router,
    segment_models.router,
    segment_rules.reading,
    segment_rules.commanding,
    segment_flows.router,
    predicted_values.router,
    value_models.reading,
    value_models.commanding,
    static_lists.reading,
    static_lists.commanding,
)
SALES = (
    order_views.router,
    orders.router,
    order_payments.router,
    order_goods.router,
    lead_views.router,
    leads.router,
    lead_funnel.router,
    deal_views.router,
    deals.router,
    pipelines.reading,
    pipelines.commanding,
    channel_sales.router,
    sales_report.router,
    sales_trend.router,
)
SERVICE = (
    ticket_views.router,
    tickets.router,
    ticket_report.router,
    ticket_backlog.router,
    waiting_times.router,
    tasks.reading,
    tasks.commanding,
    service_level_views.router,
    service_levels.router,
    service_level_report.router,
    service_report.router,
    assignment_rules.reading,
    assignment_rules.commanding,
)
OPERATIONS = (
    api_keys.router,
    sessions.signing_in,
    sessions.router,
    users.reading,
    users.commanding,
    teams.reading,
    teams.commanding,
    saved_views.reading,
    saved_views.commanding,
    webhooks.reading,
    webhooks.commanding,
    webhook_deliveries.reading,
    webhook_deliveries.commanding,
    webhook_deliveries.testing,
    batch.router,
    selecting.router,
    imports.uploading,
    imports.router,
    # These come before the event by its position, whose path would match their paths too.
    event_stream.router,
    event_counts.router,
    events.router,
    event_in_full.router,
    audit.router,
    refused.router,
    calendar.router,
    health.alive,
)
ROUTERS = (*CUSTOMERS, *SALES, *SERVICE, *MARKETING, *SEGMENTATION, *OPERATIONS)
OPERATED = (health.router, upkeep.router)
"""The routers of a process that knows the status of the read models and can rebuild them."""
DOCUMENTATION = (pages.router,)
"""The routers of a process that shows its documentation."""

DESCRIPTION = """An event-sourced CRM. If you doubt an answer, you can compute it again from the events, as of any moment."""


class Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        return openapi.document(self)

    def build_middleware_stack(self) -> ASGIApp:
        """Starlette's answers to errors around the routes, and our layers around these. FastAPI's layers are in the routes."""
        handlers = dict(self.exception_handlers)
        unexpected = handlers.pop(Exception)
        of_ours = [route for route in self.routes if isinstance(route, Route)]
        table = Table(of_ours)
        found = Site(table) if self.state.settings.console else table
        answered = ServerErrorMiddleware(ExceptionMiddleware(found, handlers), unexpected)
        return SafeHeaders(Admission(Head(OneForm(answered)), self.state.lanes))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.middleware_stack is None:
            self.middleware_stack = self.build_middleware_stack()
        scope["app"] = self
        await self.middleware_stack(scope, receive, send)


def create(
    deployment: Deployment,
    executor: Executor,
    completeness: Completeness,
    local_key: str | None = None,
    operated: Operations | None = None,
) -> Api:
    """The API on these stores. The caller closes `app.state.jobs` first, and then the stores.

    It sets `app.state.ending` as soon as the process is asked to end.

    `operated` knows the status of the read models and rebuilds them. Without it there are no routes for that.
    """
    operations = OPERATED if operated else ()
    documentation = DOCUMENTATION if deployment.settings.docs else ()
    app = Api(
        title="Recount",
        description=DESCRIPTION,
        version="0.1.0",
        openapi_url=None,
        redirect_slashes=False,
        # Routes are tried in this order: the most frequent ones come first. `include_router` would build each of them again.
        routes=[route for router in (*ROUTERS, *operations, *documentation) for route in router.routes],
    )
    app.state.settings = deployment.settings
    app.state.store = deployment.store
    app.state.read_models = deployment.read_models
    app.state.executor = executor
    app.state.completeness = completeness
    app.state.lists = Lists(app.routes)
    app.state.pasts = Pasts(app.routes)
    app.state.lanes = lanes(deployment.settings)
    app.state.key_uses = KeyUses(deployment.read_models)
    app.state.keys = Keys(deployment.store, app.state.key_uses, local_key)
    app.state.sessions = Sessions(deployment.store, app.state.key_uses)
    app.state.failed_keys = FailedKeys()
    app.state.sign_ins = SignIns()
    app.state.jobs = Jobs()
    app.state.uploads = Uploads(deployment.settings.upload_limit, deployment.settings.upload_reserve)
    app.state.streams = Streams(deployment.store, deployment.settings.stream_limit)
    app.state.fitting = CapacityLimiter(1)
    app.state.fitting_libraries = FittingLibraries()
    app.state.reading = CapacityLimiter(deployment.settings.read_threads)
    app.state.joint_reads = JointReads(deployment.read_models.reader, app.state.reading)
    app.state.frames = Frames(deployment.settings.frame_limit)
    app.state.reporting = CapacityLimiter(deployment.settings.report_threads)
    app.state.documenting = CapacityLimiter(1)
    app.state.operations = operated
    app.state.ending = False
    app.state.shared_status = SharedStatus(operated.status) if operated else None
    problems.install(app)
    return app
