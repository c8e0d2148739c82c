"""The request body of a customer for the peers: the fields with which Recount registers one."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", from_attributes=True)


class ContactMethodBody(Body):
    kind: Literal["email", "phone", "postal", "social", "messaging", "web", "other"]
    label: str | None = None
    primary: bool = False
    value: str


class AddressBody(Body):
    lines: list[str] = []
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None


class UtmBody(Body):
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    term: str | None = None
    content: str | None = None


class SourceBody(Body):
    channel: str | None = None
    campaign: UUID | None = None
    utm: UtmBody | None = None


class DetailsBody(Body):
    """The fields that can be changed later."""

    name: str | None = None
    address: AddressBody | None = None
    source: SourceBody | None = None
    owner: str | None = None
    team: str | None = None
    language: str | None = None
    time_zone: str | None = None
    attributes: dict[str, str | int | float | bool | None] = {}


class CustomerBody(DetailsBody):
    kind: Literal["person", "organisation"]
    contact_methods: list[ContactMethodBody] = []


class CustomerAnswer(CustomerBody):
    id: UUID
    version: int
