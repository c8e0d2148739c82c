"""JSON Schemas of a customer's dealings as of a moment, and of the ticks of their timeline."""

from __future__ import annotations

from api.customers.customer_schemas import CUSTOMER
from api.customers.feedback_schemas import FEEDBACK
from api.customers.interaction_schemas import INTERACTION
from api.sales.lead_schemas import DEAL, LEAD
from api.sales.order_schemas import ORDER
from api.segmentation.segment_schemas import LABEL_THEN, RULE_LABEL_THEN
from api.service.task_schemas import TASK
from api.service.ticket_schemas import TICKET
from api.shared.schemas import FLAG, ID, INSTANT, INTEGER, MAYBE_INSTANT, MAYBE_INTEGER, Schema, fields, maybe


def _things(schema: Schema) -> Schema:
    return maybe(fields({"items": {"type": "array", "items": schema}, "more": FLAG}))


DEALINGS = fields(
    {
        "id": ID,
        "as_of": MAYBE_INTEGER,
        "effective_at": MAYBE_INSTANT,
        "begins_at": MAYBE_INSTANT,
        "customer": maybe(CUSTOMER),
        "segments": maybe(
            fields({"by_models": {"type": "array", "items": LABEL_THEN}, "by_rule": maybe(RULE_LABEL_THEN)}),
        ),
        "orders": _things(ORDER),
        "tickets": _things(TICKET),
        "deals": _things(DEAL),
        "leads": _things(LEAD),
        "tasks": _things(TASK),
        "interactions": _things(INTERACTION),
        "feedback": _things(FEEDBACK),
    }
)
_TICK: dict[str, Schema] = {"at": INSTANT, "events": INTEGER}
TICKS = fields(
    {
        "id": ID,
        "events": INTEGER,
        "recorded": {"type": "array", "items": fields(_TICK | {"position": INTEGER})},
        "occurred": {"type": "array", "items": fields(_TICK)},
    }
)
