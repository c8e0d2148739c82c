"""Commands on campaigns, over HTTP; those on their members are in `campaign_members`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.marketing import campaign_bodies as bodies
from api.shared.access import may
from api.shared.annotations import add_routes
from api.shared.commanding import carry_out
from api.shared.fields import External, System, Told
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.strict import StrictRoute
from commands.marketing import campaigns
from domain.marketing.campaign.campaign import Campaign
from domain.shared.ids import external_id, new_id

PREFIX = "/v1/campaigns"

router = APIRouter(
    prefix=PREFIX,
    tags=["campaigns"],
    route_class=StrictRoute,
    dependencies=[may("campaigns:write")],
    responses=ACCEPTED,
)


@router.post("", status_code=201, responses=CREATED)
async def plan(request: Request, body: bodies.PlanBody) -> Response:
    """Plan a campaign: at least its name."""
    id = new_id()
    return await carry_out(
        request, campaigns.plan, body, target=id, fresh=True, location=PREFIX, campaign_id=id, **body.facts()
    )


@router.put("/by/{system}/{external:path}", responses=CREATED)
async def create_or_change(request: Request, system: System, external: External, body: bodies.PlanBody) -> Response:
    """Plan the campaign that another system calls this, or revise what is different. What is absent stays, null clears."""
    id = external_id("campaign", system, external, request.app.state.store.secret)
    return await carry_out(
        request,
        campaigns.create_or_change,
        body,
        target=id,
        location=PREFIX,
        campaign_id=id,
        external=(system, external),
        **body.facts(),
    )


@router.patch("/{id}")
async def revise(request: Request, id: UUID, body: bodies.ReviseBody) -> Response:
    """Revise the plan (JSON merge patch): absent fields stay, null clears."""
    return await on_campaign(request, id, campaigns.revise, body, **body.facts())


@router.put("/{id}/budget")
async def change_budget(request: Request, id: UUID, body: bodies.BudgetBody) -> Response:
    return await on_campaign(request, id, campaigns.change_budget, body, budget=body.budget, currency=body.currency)


@router.post("/{id}/launch")
async def launch(request: Request, id: UUID, body: Told | None = None) -> Response:
    return await on_campaign(request, id, campaigns.launch, body)


@router.post("/{id}/pause")
async def pause(request: Request, id: UUID, body: bodies.ReasonBody | None = None) -> Response:
    return await on_campaign(request, id, campaigns.pause, body, reason=body and body.reason)


@router.post("/{id}/resumption")
async def resume(request: Request, id: UUID, body: Told | None = None) -> Response:
    return await on_campaign(request, id, campaigns.resume, body)


@router.post("/{id}/completion")
async def complete(request: Request, id: UUID, body: Told | None = None) -> Response:
    return await on_campaign(request, id, campaigns.complete, body)


@router.post("/{id}/cancellation")
async def cancel(request: Request, id: UUID, body: bodies.CancelBody | None = None) -> Response:
    told = body or bodies.CancelBody()
    return await on_campaign(request, id, campaigns.cancel, told, reason=told.reason, note=told.note)


@router.post("/{id}/spends")
async def record_spend(request: Request, id: UUID, body: bodies.SpendBody) -> Response:
    """Money was spent on the campaign. The same id with the same values records nothing."""
    return await on_campaign(request, id, campaigns.record_spend, body, **body.facts())


@router.post("/{id}/spends/reversal")
async def reverse_spend(request: Request, id: UUID, body: bodies.SpendReversalBody) -> Response:
    """A spend did not hold."""
    return await on_campaign(request, id, campaigns.reverse_spend, body, spend_id=body.spend_id, reason=body.reason)


@router.post("/{id}/resources")
async def assign_resource(request: Request, id: UUID, body: bodies.ResourceBody) -> Response:
    """A person or an asset works for the campaign, from now on with this share of their time."""
    facts = {"kind": body.kind, "code": body.code, "share": body.share}
    return await on_campaign(request, id, campaigns.assign_resource, body, **facts)


@router.post("/{id}/resources/release")
async def release_resource(request: Request, id: UUID, body: bodies.ReleaseBody) -> Response:
    return await on_campaign(request, id, campaigns.release_resource, body, kind=body.kind, code=body.code)


@router.post("/{id}/milestones")
async def set_milestone(request: Request, id: UUID, body: bodies.MilestoneBody) -> Response:
    """A new milestone, or an old one as it is from now on."""
    facts = {"milestone_id": body.milestone_id, "due": body.due, "title": body.title}
    return await on_campaign(request, id, campaigns.set_milestone, body, **facts)


@router.post("/{id}/milestones/reached")
async def reach_milestone(request: Request, id: UUID, body: bodies.ReachBody) -> Response:
    return await on_campaign(request, id, campaigns.reach_milestone, body, milestone_id=body.milestone_id)


add_routes(router, Campaign)


async def on_campaign(request: Request, id: UUID, function: Any, told: Told | None, **facts: Any) -> Response:
    return await carry_out(request, function, told, target=id, campaign_id=id, **facts)
