"""The sales order: placed, paid, shipped and returned on four axes that move on their own."""

from domain.sales.order.amending import Amended, Amending, LinesCancelled
from domain.sales.order.fulfilment import Delivered, DeliveryFailed, Fulfilment, ShipmentCancelled, Shipped
from domain.sales.order.payments import PaymentAuthorised, PaymentCaptured, PaymentFailed, PaymentVoided
from domain.sales.order.placing import CustomerChanged, CustomerLinked, Placed, Placing
from domain.sales.order.processing import Cancelled, Completed, Confirmed, Processing, Reopened
from domain.sales.order.refunds import PaymentChargedBack, PaymentRefunded, PaymentReversed, Refunds
from domain.sales.order.returns import LinesReturned, ReturnDeclined, ReturnRequested, ReturnReversed, Returns
from domain.shared import annotations
from domain.shared.annotations import AnnotationEvents


class ExternalIdLinked(annotations.ExternalIdLinked, frozen=True, tag="crm.order.external_id_linked.v1"): ...


class ExternalIdUnlinked(annotations.ExternalIdUnlinked, frozen=True, tag="crm.order.external_id_unlinked.v1"): ...


class Assigned(annotations.Assigned, frozen=True, tag="crm.order.assigned.v1"): ...


class Tagged(annotations.Tagged, frozen=True, tag="crm.order.tagged.v1"): ...


class Untagged(annotations.Untagged, frozen=True, tag="crm.order.untagged.v1"): ...


class AttributesSet(annotations.AttributesSet, frozen=True, tag="crm.order.attributes_set.v1"): ...


class PlainTextsSet(annotations.PlainTextsSet, frozen=True, tag="crm.order.plain_texts_set.v1"): ...


class AttachmentAdded(annotations.AttachmentAdded, frozen=True, tag="crm.order.attachment_added.v1"): ...


class AttachmentRemoved(annotations.AttachmentRemoved, frozen=True, tag="crm.order.attachment_removed.v1"): ...


class Order(Placing, Amending, Processing, Refunds, Fulfilment, Returns):
    annotation_events = AnnotationEvents(
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
    events = (
        Placed,
        Amended,
        LinesCancelled,
        CustomerLinked,
        CustomerChanged,
        Confirmed,
        Completed,
        Cancelled,
        Reopened,
        PaymentAuthorised,
        PaymentCaptured,
        PaymentVoided,
        PaymentFailed,
        PaymentChargedBack,
        PaymentReversed,
        PaymentRefunded,
        Shipped,
        Delivered,
        DeliveryFailed,
        ShipmentCancelled,
        ReturnRequested,
        LinesReturned,
        ReturnDeclined,
        ReturnReversed,
        *annotation_events,
    )
