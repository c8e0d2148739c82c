"""Reads of campaigns over HTTP (one, many, and as of any moment) and of their members."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import Connection

from api.marketing import campaign_schemas as schemas
from api.shared.access import Caller, may
from api.shared.as_of import Resource, When, as_of
from api.shared.bounds import PAGE, STORY
from api.shared.fields import External, System
from api.shared.filtering import filters
from api.shared.history import AskedPart
from api.shared.looking import Row, get_history, get_one, seen_by
from api.shared.openapi import exported, listed, one
from api.shared.pasts import Past
from api.shared.reading import After, AnyCode, Cursor, Day, Limit, absent, found, listing, read
from api.shared.routes import Router
from api.shared.schemas import CHANGE, Schema
from api.shared.sorting import By, sorting
from api.shared.views import Views
from api.shared.zones import Zone
from domain.marketing.campaign.campaign import Campaign
from domain.marketing.campaign_member.member import CampaignMember, member_id
from domain.shared.ids import external_id
from projections.marketing import campaign_members, campaigns
from projections.marketing.campaign_goal import of_goal
from projections.marketing.member_book import Mark
from projections.shared.pages import Page

router = Router(prefix="/v1/campaigns", tags=["campaigns"])

Reader = Annotated[Caller, may("campaigns:read")]
Historian = Annotated[Caller, may("campaigns:read", STORY)]

CAMPAIGNS = Resource(Campaign, campaigns.campaigns, campaigns.get)
MEMBERS = Resource(CampaignMember, campaign_members.campaign_members, campaign_members.get)


class Asked(campaigns.Filter, frozen=True, kw_only=True):
    """The filter of campaigns, with the zone that decides which day is today."""

    zone: tzinfo


def _listing(connection: Connection, wanted: Asked, **page: Any) -> Page:
    return campaigns.listing(connection, wanted, datetime.now(wanted.zone), **page)


views = Views(router, CAMPAIGNS, schemas.CAMPAIGN, permission="campaigns:read")
views.many(
    _listing,
    "Campaigns by filters, with their progress; `zone` decides which day is today.",
    called="all_campaigns",
    filtered=filters(Asked),
    sort=campaigns.Sort,
    first="-planned_at",
)
views.history()


@router.get("/by/{system}/{external:path}", dependencies=[may("personal:read")], responses=one(schemas.CAMPAIGN))
async def campaign_by_external_id(
    request: Request, caller: Reader, after: After, zone: Zone, when: When, system: System, external: External
) -> Response:
    """The campaign with this external id in that system."""
    id = external_id("campaign", system, external, request.app.state.store.secret)
    return await campaign(request, caller, after, zone, when, id)


@router.get("/{id}", responses=one(schemas.CAMPAIGN))
async def campaign(request: Request, caller: Reader, after: After, zone: Zone, when: When, id: UUID) -> Response:
    """One campaign. `progress.days` and `progress.goal` are present for the current state only, not as of a past moment."""
    row: Row | None
    if when.now:
        needed: dict[str, UUID | None] = {"campaigns": id, "campaign_members": None}
        row, position = await read(request, needed, after, lambda connection: _now(connection, id, zone), snapshot=True)
    else:
        row, position = await as_of(request, CAMPAIGNS, id, when)
    if row is None:
        return absent("campaign", id, position)
    return found(request, seen_by(caller, row, "campaign_id"), position, row["version"])


@router.get("/{id}/members", responses=exported(listed(schemas.MEMBER), schemas.MEMBER))
async def members(
    request: Request,
    caller: Annotated[Caller, may("campaigns:read", PAGE)],
    after: After,
    id: UUID,
    by: Annotated[By[campaign_members.Sort], sorting(campaign_members.Sort, "started_at")],
    zone: Zone,
    variant: AnyCode = None,
    stage: Mark | None = None,
    removed: bool | None = None,
    started_from: Day = None,
    started_to: Day = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The campaign's members in the order of their targeting, with the time when they first reached each stage.

    A member started when they were targeted, or first touched if never targeted. Days are in `zone`; the end of a range of days
    is excluded. `removed`: whether the member was removed from the campaign; the funnel counts such a member as removed only.
    """
    wanted = campaign_members.Filter(
        campaign_id=id,
        variant=variant,
        stage=stage,
        removed=removed,
        started_from=started_from,
        started_to=started_to,
        zone=zone,
    )

    def pages(connection: Connection, limit: int, cursor: str | None) -> Page:
        return campaign_members.listing(connection, wanted, descending=by.descending, limit=limit, cursor=cursor)

    def of_row(connection: Connection) -> Schema:
        campaign = campaigns.get(connection, id)
        return schemas.member_in(campaign["currency"] if campaign else None)

    needed: dict[str, UUID | None] = {"campaign_members": None, "campaigns": id}
    return await listing(request, needed, after, pages, show=_member, limit=limit, cursor=cursor, schema=of_row)


@router.get("/{id}/members/{customer_id}", responses=one(schemas.MEMBER_IN_FULL))
async def member(request: Request, caller: Reader, after: After, when: When, id: UUID, customer_id: UUID) -> Response:
    """One member with every valid touch and conversion, and the positions of the events that recorded them."""
    stream_id = member_id(id, customer_id)
    return await get_one(
        request, MEMBERS, stream_id, after, when, name="member", show=_member, called=customer_id, subject=customer_id
    )


@router.get("/{id}/members/{customer_id}/history", responses=listed(CHANGE, 404))
async def member_history(
    request: Request, caller: Historian, _: After, part: AskedPart, id: UUID, customer_id: UUID
) -> Response:
    """Every event of the member, each with its changes."""
    stream_id = member_id(id, customer_id)
    personal = caller.may("personal:read")
    return await get_history(
        request, MEMBERS, stream_id, part, name="member", show=_member, called=customer_id, personal=personal
    )


Past(lambda: MEMBERS, "campaigns:read", lambda row, _: _member(row)).shown_by(member_history)


@router.get("/{id}/leads/{lead_id}", responses=one(schemas.MEMBER_IN_FULL))
async def lead(request: Request, caller: Reader, after: After, when: When, id: UUID, lead_id: UUID) -> Response:
    """A member that is a lead, with every valid touch and conversion."""
    return await member(request, caller, after, when, id, lead_id)


@router.get("/{id}/leads/{lead_id}/history", responses=listed(CHANGE, 404))
async def lead_history(request: Request, caller: Historian, after: After, part: AskedPart, id: UUID, lead_id: UUID) -> Response:
    """Every event of a member that is a lead, each with its changes."""
    return await member_history(request, caller, after, part, id, lead_id)


def _now(connection: Connection, id: UUID, zone: tzinfo) -> Row | None:
    row = campaigns.get(connection, id, datetime.now(zone))
    if row is None:
        return None
    goal = of_goal(connection, id, row["goal"], row["currency"])
    return row | {"progress": row["progress"] | {"goal": goal}}


def _member(row: Row) -> Row:
    return {"id": row["member_id"], **{name: value for name, value in row.items() if name != "member_id"}}
