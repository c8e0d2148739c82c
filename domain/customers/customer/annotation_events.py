"""What a customer carries as every main aggregate does. Names and payloads are permanent."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from domain.shared import annotations as common
from domain.shared.annotations import Annotated, AnnotationEvents
from domain.shared.events import Metadata

if TYPE_CHECKING:
    from domain.customers.customer.customer import Customer


class ExternalIdLinked(common.ExternalIdLinked, frozen=True, tag="crm.customer.external_id_linked.v1"): ...


class ExternalIdUnlinked(common.ExternalIdUnlinked, frozen=True, tag="crm.customer.external_id_unlinked.v1"): ...


class Assigned(common.Assigned, frozen=True, tag="crm.customer.assigned.v1"): ...


class Tagged(common.Tagged, frozen=True, tag="crm.customer.tagged.v1"): ...


class Untagged(common.Untagged, frozen=True, tag="crm.customer.untagged.v1"): ...


class AttributesSet(common.AttributesSet, frozen=True, tag="crm.customer.attributes_set.v1"): ...


class PlainTextsSet(common.PlainTextsSet, frozen=True, tag="crm.customer.plain_texts_set.v1"):
    def apply(self, aggregate: Annotated, metadata: Metadata) -> None:
        super().apply(aggregate, metadata)
        cast("Customer", aggregate).note_plain_texts(self.texts, metadata)


class AttachmentAdded(common.AttachmentAdded, frozen=True, tag="crm.customer.attachment_added.v1"): ...


class AttachmentRemoved(common.AttachmentRemoved, frozen=True, tag="crm.customer.attachment_removed.v1"): ...


ANNOTATIONS = AnnotationEvents(
    external_id_linked=ExternalIdLinked,
    external_id_unlinked=ExternalIdUnlinked,
    assigned=Assigned,
    tagged=Tagged,
    untagged=Untagged,
    attributes_set=AttributesSet,
    plain_texts_set=PlainTextsSet,
    attachment_added=AttachmentAdded,
    attachment_removed=AttachmentRemoved,
)
