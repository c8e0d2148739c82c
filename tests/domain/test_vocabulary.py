"""The events and personal fields that a CRM must have: none may be removed, and no personal field may become plain.

`test_event_types` pins the types as they are. This test lists the types that are required.
"""

from __future__ import annotations

import pytest

from domain.shared.annotations import Annotated
from domain.shared.events import Metadata
from infra.event_store.places import personal_paths
from tests.domain.pin_event_types import aggregates

FACTS = {
    "api_key": "issued expiry_set revoked",
    "assignment_rule": "defined revised retired",
    "calendar": "day_ended",
    "campaign": """
        planned revised launched paused resumed completed cancelled budget_changed spend_recorded spend_reversed
        resource_assigned resource_released milestone_set milestone_reached""",
    "campaign_member": """
        targeted suppressed sent deferred delivered bounced opened clicked visited responded converted conversion_reversed
        unsubscribed marked_as_spam removed touch_retracted""",
    "channel": "opened renamed closed",
    "channel_day": "traffic_recorded cost_recorded",
    "customer": """
        registered details_changed contact_method_added contact_method_verified contact_method_removed
        contact_method_undeliverable contact_method_restored consent_given consent_withdrawn anonymous_id_linked
        relation_added relation_ended merged unmerged archived restored erased""",
    "deal": "opened stage_changed amount_changed close_date_changed won lost reopened",
    "feedback": "requested submitted acknowledged action_taken resolved dismissed",
    "field_definition": "defined revised retired",
    "import": "started completed",
    "interaction": "logged corrected redacted retracted",
    "lead": "captured stage_changed qualified converted lost reopened erased",
    "order": """
        placed amended lines_cancelled confirmed payment_authorised payment_captured payment_voided payment_failed
        payment_charged_back payment_reversed payment_refunded shipped delivered delivery_failed shipment_cancelled
        return_requested lines_returned return_declined return_reversed customer_linked customer_changed cancelled completed
        reopened""",
    "pipeline": "defined revised",
    "rota": "turn_taken queued left",
    "saved_view": "defined revised retired",
    "segment_model": "fitted activated retired",
    "segment_rule": "defined revised retired",
    "service_calendar": "defined revised",
    "session": "opened ended",
    "sla_policy": "defined revised",
    "static_list": "created members_added members_removed retired",
    "task": "created rescheduled assigned completed cancelled",
    "team": "registered deactivated",
    "ticket": """
        opened categorised priority_changed details_changed requester_changed linked replied reply_redacted pended held resumed
        escalated solved reopened closed merged_into discarded sla_applied sla_breached""",
    "touchpoint": "recorded",
    "user": "registered availability_changed deactivated",
    "webhook": "registered revised paused resumed removed secret_rotated former_secrets_ended redelivery_requested",
}
ANNOTATED = "campaign customer deal feedback interaction lead order ticket"
ANNOTATIONS = """
    external_id_linked external_id_unlinked assigned tagged untagged attributes_set plain_texts_set attachment_added
    attachment_removed"""
METADATA = """
    subject recorded_at occurred_at occurred_precision occurred_zone actor on_behalf_of origin source command_id correlation_id
    causation_id irregular"""
PERSONAL = {
    "api_key.issued": "label",
    "campaign.planned": "strategy scheme audience",
    "campaign.revised": "strategy scheme audience",
    "campaign.cancelled": "note",
    "campaign.milestone_set": "title",
    "campaign_member.clicked": "url",
    "customer.registered": "name contact_methods.*.value address texts",
    "customer.details_changed": "name address",
    "customer.contact_method_added": "value",
    "customer.consent_given": "evidence",
    "customer.consent_withdrawn": "evidence",
    "customer.anonymous_id_linked": "anonymous_id",
    "customer.relation_added": "title",
    "customer.external_id_linked": "id",
    "customer.external_id_unlinked": "id",
    "customer.attributes_set": "texts",
    "customer.attachment_added": "attachment.name attachment.url",
    "feedback.submitted": "comment",
    "feedback.action_taken": "note",
    "feedback.resolved": "resolution",
    "import.started": "file_sha256 file_name",
    "interaction.logged": "title body outcome participants message_id",
    "interaction.corrected": "title body outcome participants message_id",
    "lead.captured": "contact",
    "order.placed": "billing_address shipping_address contact",
    "order.amended": "billing_address shipping_address contact",
    "order.cancelled": "note",
    "order.payment_authorised": "reference",
    "order.payment_captured": "reference",
    "order.payment_voided": "reference",
    "order.payment_failed": "reference",
    "order.payment_charged_back": "reference",
    "order.payment_reversed": "reference",
    "order.payment_refunded": "reference",
    "order.shipped": "tracking",
    "order.return_requested": "note",
    "order.return_declined": "note",
    "saved_view.defined": "view.filters",
    "saved_view.revised": "view.filters",
    "task.created": "title",
    "ticket.opened": "title description",
    "ticket.details_changed": "title description",
    "ticket.replied": "attachments.*.name attachments.*.url body message_id in_reply_to references to cc",
    "ticket.solved": "resolution",
    "touchpoint.recorded": "anonymous_id click_ids",
    "user.registered": "name",
}
EVENTS = {str(event.__struct_config__.tag).rpartition(".v")[0]: event for kind in aggregates() for event in kind.events}


@pytest.mark.parametrize("aggregate", FACTS)
def test_every_fact_has_an_event(aggregate: str) -> None:
    missing = [fact for fact in FACTS[aggregate].split() if f"crm.{aggregate}.{fact}" not in EVENTS]
    assert not missing


def test_main_aggregates_have_owner_team_tags_attributes_attachments_and_external_ids() -> None:
    annotated = {kind.name for kind in aggregates() if issubclass(kind, Annotated)}
    assert annotated >= set(ANNOTATED.split())
    assert not [f for name in annotated for f in ANNOTATIONS.split() if f"crm.{name}.{f}" not in EVENTS]


def test_every_event_carries_time_actor_origin_and_cause() -> None:
    assert set(METADATA.split()) <= set(Metadata.__struct_fields__)


@pytest.mark.parametrize("fact", PERSONAL)
def test_personal_fields_stay_personal(fact: str) -> None:
    sealed = {".".join(path) for path in personal_paths(EVENTS[f"crm.{fact}"])}
    assert sealed >= set(PERSONAL[fact].split())
