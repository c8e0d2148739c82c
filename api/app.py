"""The application: every router, listed by hand."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from api import (
    customer_views,
    customers,
    events,
    keys,
    openapi,
    order_goods,
    order_payments,
    order_views,
    orders,
    problems,
    reports,
)
from api.access import Keys
from commands.executor import Executor
from infra.read_models.completeness import Completeness
from infra.wiring import Deployment

DESCRIPTION = """An event-sourced CRM: every answer can be counted again, as of any moment, by anyone who doubts it."""


class Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        return openapi.document(self)


def create(deployment: Deployment, executor: Executor, completeness: Completeness, local_key: str | None = None) -> FastAPI:
    """The API over these stores. Whoever made them closes them."""
    app = Api(
        title="Recount",
        description=DESCRIPTION,
        version="0.1.0",
        redoc_url=None,
        redirect_slashes=False,
        max_body_size=deployment.settings.body_limit,
    )
    app.state.settings = deployment.settings
    app.state.store = deployment.store
    app.state.read_models = deployment.read_models
    app.state.executor = executor
    app.state.completeness = completeness
    app.state.keys = Keys(deployment.store, local_key)
    problems.install(app)
    app.include_router(customer_views.router)
    app.include_router(customers.router)
    app.include_router(order_views.router)
    app.include_router(orders.router)
    app.include_router(order_payments.router)
    app.include_router(order_goods.router)
    app.include_router(reports.router)
    app.include_router(events.router)
    app.include_router(keys.router)
    return app
