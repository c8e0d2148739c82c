"""Commands on campaigns over HTTP; those on their members are in `campaign_members`."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request, Response

from api.marketing import campaign_bodies as bodies
from api.shared.access import may
from api.shared.annotations import add_routes
from api.shared.fields import CommandBody, External, System
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.targets import target
from commands.marketing import campaigns
from domain.marketing.campaign.campaign import Campaign

CAMPAIGNS = target(Campaign, "/v1/campaigns")

router = Router(
    prefix=CAMPAIGNS.location,
    tags=["campaigns"],
    route_class=StrictRoute,
    dependencies=[may("campaigns:write")],
    responses=ACCEPTED,
)


@router.post("", status_code=201, responses=CREATED)
async def plan(request: Request, body: bodies.PlanBody) -> Response:
    """Plan a campaign; only its name is required."""
    return await CAMPAIGNS.new(request, campaigns.plan, body)


@router.put("/by/{system}/{external:path}", responses=CREATED)
async def create_or_change(request: Request, system: System, external: External, body: bodies.PlanBody) -> Response:
    """Plan the campaign with this external id, or revise the fields that differ. Absent fields stay, null clears."""
    return await CAMPAIGNS.by_external_id(request, system, external, campaigns.create_or_change, body)


@router.patch("/{id}")
async def revise(request: Request, id: UUID, body: bodies.ReviseBody) -> Response:
    """Revise the plan (JSON merge patch): absent fields stay, null clears."""
    return await CAMPAIGNS.by_id(request, id, campaigns.revise, body)


@router.put("/{id}/budget")
async def change_budget(request: Request, id: UUID, body: bodies.BudgetBody) -> Response:
    """Set or remove the campaign's budget."""
    return await CAMPAIGNS.by_id(request, id, campaigns.change_budget, body)


@router.post("/{id}/launch")
async def launch(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """Launch a planned campaign: its status becomes `running`."""
    return await CAMPAIGNS.by_id(request, id, campaigns.launch, body)


@router.post("/{id}/pause")
async def pause(request: Request, id: UUID, body: bodies.ReasonBody | None = None) -> Response:
    """Pause a running campaign: its status becomes `paused`. `resumption` continues it."""
    return await CAMPAIGNS.by_id(request, id, campaigns.pause, body)


@router.post("/{id}/resumption")
async def resume(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """Resume a paused campaign: its status becomes `running` again."""
    return await CAMPAIGNS.by_id(request, id, campaigns.resume, body)


@router.post("/{id}/completion")
async def complete(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """Complete a running or paused campaign. This cannot be undone."""
    return await CAMPAIGNS.by_id(request, id, campaigns.complete, body)


@router.post("/{id}/cancellation")
async def cancel(request: Request, id: UUID, body: bodies.CancelBody | None = None) -> Response:
    """Cancel a campaign that is not completed. This cannot be undone."""
    return await CAMPAIGNS.by_id(request, id, campaigns.cancel, body)


@router.post("/{id}/spends")
async def record_spend(request: Request, id: UUID, body: bodies.SpendBody) -> Response:
    """Record money spent on the campaign. The same id with the same values is a repeat and changes nothing."""
    return await CAMPAIGNS.by_id(request, id, campaigns.record_spend, body)


@router.post("/{id}/spends/reversal")
async def reverse_spend(request: Request, id: UUID, body: bodies.SpendReversalBody) -> Response:
    """Reverse a spend that is no longer valid."""
    return await CAMPAIGNS.by_id(request, id, campaigns.reverse_spend, body)


@router.post("/{id}/resources")
async def assign_resource(request: Request, id: UUID, body: bodies.ResourceBody) -> Response:
    """Assign a person or an asset to the campaign, or change the share of their time."""
    return await CAMPAIGNS.by_id(request, id, campaigns.assign_resource, body)


@router.post("/{id}/resources/release")
async def release_resource(request: Request, id: UUID, body: bodies.ReleaseBody) -> Response:
    """End the assignment of a person or an asset."""
    return await CAMPAIGNS.by_id(request, id, campaigns.release_resource, body)


@router.post("/{id}/milestones")
async def set_milestone(request: Request, id: UUID, body: bodies.MilestoneBody) -> Response:
    """Add a milestone, or replace the existing one with this id."""
    return await CAMPAIGNS.by_id(request, id, campaigns.set_milestone, body)


@router.post("/{id}/milestones/reached")
async def reach_milestone(request: Request, id: UUID, body: bodies.ReachBody) -> Response:
    """Record that a milestone is reached."""
    return await CAMPAIGNS.by_id(request, id, campaigns.reach_milestone, body)


add_routes(router, Campaign)
