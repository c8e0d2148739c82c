"""Request bodies of commands on customers, and how they become a command's facts."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from api.shared.elsewhere import Elsewhere, Fixed
from api.shared.fields import ABSENT, AddressBody, Attributes, Body, Code, CommandBody, Country, Instant, Line, Text
from domain.customers.customer import events
from domain.shared.contact import MethodKind
from domain.shared.erasure import ErasureReason, Requester
from domain.shared.ids import new_id
from domain.shared.utm import Utm

Region = Annotated[Country | None, Field(description="Country of telephone numbers that have no country code.")]


class ContactMethodBody(Body):
    kind: MethodKind
    value: Line
    label: Code | None = None
    primary: bool = False

    def stated(self) -> events.ContactMethod:
        return events.ContactMethod(
            method_id=new_id(), kind=self.kind, label=self.label, primary=self.primary, value=self.value
        )


class UtmBody(Body):
    states = Utm

    source: Line | None = None
    medium: Line | None = None
    campaign: Line | None = None
    term: Line | None = None
    content: Line | None = None


class AcquisitionBody(Body):
    """Where the customer came from: a channel, a campaign, or the UTM codes of a link."""

    states = events.AcquisitionSource

    channel: Code | None = None
    campaign: UUID | None = None
    utm: UtmBody | None = None


class CustomerFields(CommandBody):
    """The fields of a customer. `source` is the system the fact comes from; `acquisition` is where the customer came from."""

    name: Line | None = None
    contact_methods: Annotated[list[ContactMethodBody], Field(max_length=50)] = []
    address: AddressBody | None = None
    acquisition: AcquisitionBody | None = None
    owner: Code | None = None
    team: Code | None = None
    language: Annotated[str, StringConstraints(max_length=35)] | None = Field(None, examples=["zh-Hans-CN"])
    time_zone: Annotated[str, StringConstraints(max_length=64)] | None = Field(None, examples=["Asia/Shanghai"])
    attributes: Attributes = {}
    region: Region = None

    def facts(self) -> dict[str, Any]:
        return _source_named(self.named("allow_duplicate"))


class RegisterBody(CustomerFields):
    kind: events.Kind = "person"
    allow_duplicate: bool = Field(False, description="Register even if a customer with one of the contact methods exists.")

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "name": "王小明",
                    "contact_methods": [{"kind": "email", "value": "xiaoming@example.com", "primary": True}],
                    "acquisition": {"channel": "web"},
                    "attributes": {"income": 58138},
                }
            ]
        }
    }


class CreateOrChangeBody(CustomerFields):
    kind: events.Kind | None = None
    allow_duplicate: bool = Field(
        True,
        description="With false, nobody is created if a customer with one of the contact methods exists. Changes are made.",
    )


class PatchBody(CommandBody):
    """A merge patch: absent fields and attributes stay, null clears."""

    kind: events.Kind | None = None
    name: Line | None = None
    address: AddressBody | None = None
    acquisition: AcquisitionBody | None = None
    owner: Code | None = None
    team: Code | None = None
    language: Annotated[str, StringConstraints(max_length=35)] | None = None
    time_zone: Annotated[str, StringConstraints(max_length=64)] | None = None
    attributes: Attributes = ABSENT

    contact_methods: Annotated[Any, Elsewhere("POST /v1/customers/{id}/contact-methods")] = None
    region: Annotated[Any, Elsewhere("POST /v1/customers/{id}/contact-methods")] = None
    allow_duplicate: Annotated[Any, Fixed("it only concerns the registration")] = None

    def facts(self) -> dict[str, Any]:
        """The address has only the fields in the request, because the others stay as they are."""
        return _source_named(self.named()) | ({"address": self.address.named()} if self.address else {})


class AddContactMethodBody(CommandBody, ContactMethodBody):
    region: Region = None

    def facts(self) -> dict[str, Any]:
        return {"method": self.stated(), "region": self.region}


class UndeliverableBody(CommandBody):
    bounce: events.Bounce


class ConsentBody(CommandBody):
    """Consent to one purpose on one channel; with `method_id` for one contact method. `given_through` is a code: `web_form`."""

    purpose: Code
    channel: Code
    method_id: UUID | None = None
    legal_basis: events.LegalBasis = "consent"
    opt_in: events.OptIn = "unknown"
    wording_version: Code | None = None
    given_through: Code | None = None
    expires: Instant | None = None
    evidence: Text | None = None

    def facts(self) -> dict[str, Any]:
        return self.named("given_through") | {"source": self.given_through}


class WithdrawalBody(CommandBody):
    purpose: Code
    channel: Code
    method_id: UUID | None = None
    withdrawn_through: Code | None = None
    evidence: Text | None = None

    def facts(self) -> dict[str, Any]:
        return self.named("withdrawn_through") | {"source": self.withdrawn_through}


class AnonymousIdBody(CommandBody):
    anonymous_id: Annotated[str, StringConstraints(min_length=1, max_length=255)]


class MergeBody(CommandBody):
    """`into` is the survivor: the customer that this one is merged into."""

    into: UUID


class ErasureBody(CommandBody):
    reason: ErasureReason
    requested_by: Requester


def _source_named(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with `acquisition` renamed to `source`, its name in commands. In a body `source` is the system of the fact."""
    if "acquisition" in facts:
        facts["source"] = facts.pop("acquisition")
    return facts
