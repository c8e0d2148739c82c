"""Payloads are permanent: a change to one is a new version. Personal fields are marked with a star."""

from __future__ import annotations

from typing import get_type_hints

import msgspec
import pytest

from domain.customers.customer.customer import Customer
from domain.customers.customer.events import AcquisitionSource, ContactMethod
from domain.operations import api_key, imports
from domain.shared.contact import Address
from domain.shared.personal import PERSONAL
from domain.shared.utm import Utm

PAYLOADS = {
    "Registered": "kind contact_methods source owner team language time_zone numbers name* address* texts*",
    "DetailsChanged": "kind source language time_zone cleared name* address*",
    "ContactMethodAdded": "method_id kind label primary value*",
    "ContactMethodVerified": "method_id",
    "ContactMethodRemoved": "method_id",
    "ContactMethodUndeliverable": "method_id bounce",
    "ContactMethodRestored": "method_id",
    "ConsentGiven": "purpose channel method_id legal_basis opt_in wording_version source expires evidence*",
    "ConsentWithdrawn": "purpose channel method_id source evidence*",
    "AnonymousIdLinked": "anonymous_id*",
    "Archived": "",
    "Restored": "",
    "Erased": "reason requested_by receipt",
    "Merged": "into",
    "Unmerged": "survivor",
    "RelationAdded": "relation_id other role primary since title*",
    "RelationEnded": "relation_id other role until",
    "PlainTextsSet": "texts",
    "ExternalIdLinked": "system id*",
    "ExternalIdUnlinked": "system id*",
    "Assigned": "owner team",
    "Tagged": "tags",
    "Untagged": "tags",
    "AttributesSet": "numbers texts*",
    "AttachmentAdded": "attachment",
    "AttachmentRemoved": "attachment_id",
    "Issued": "roles hash label* expires_at",
    "ExpirySet": "expires_at",
    "Revoked": "",
    "Started": "mapping_sha256 system cut_off file_sha256* file_name*",
    "Completed": "rows accepted repeated refused irregular",
    "ContactMethod": "method_id kind label primary value*",
    "Address": "lines city region postal_code country",
    "AcquisitionSource": "channel campaign utm*",
    "Utm": "source medium campaign term content",
}
STRUCTS: list[type[msgspec.Struct]] = [
    *Customer.events,
    *api_key.ApiKey.events,
    *imports.Import.events,
    ContactMethod,
    Address,
    AcquisitionSource,
    Utm,
]


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda struct: struct.__name__)
def test_a_payload_never_changes(struct: type[msgspec.Struct]) -> None:
    hints = get_type_hints(struct, include_extras=True)
    fields = (name + "*" * (PERSONAL in getattr(hints[name], "__metadata__", ())) for name in struct.__struct_fields__)
    assert " ".join(fields) == PAYLOADS[struct.__name__]
