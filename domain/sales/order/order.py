"""The sales order. Its four axes (order, payment, fulfilment and return status) change independently."""

from domain.sales.order.amending import Amended, Amending, LinesCancelled
from domain.sales.order.fulfilment import Delivered, DeliveryFailed, Fulfilment, ShipmentCancelled, Shipped
from domain.sales.order.payments import PaymentAuthorised, PaymentCaptured, PaymentFailed, PaymentVoided
from domain.sales.order.placing import CustomerChanged, CustomerLinked, Placed, Placing
from domain.sales.order.processing import Cancelled, Completed, Confirmed, Processing, Reopened
from domain.sales.order.refunds import PaymentChargedBack, PaymentRefunded, PaymentReversed, Refunds
from domain.sales.order.returns import LinesReturned, ReturnDeclined, ReturnRequested, ReturnReversed, Returns
from domain.shared.annotations import AnnotationEvents


class Order(Placing, Amending, Processing, Refunds, Fulfilment, Returns):
    annotation_events = AnnotationEvents.of("order")
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
