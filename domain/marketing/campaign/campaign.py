"""A campaign: planned, carried out, paid for and followed. Whom it reaches is in its members, each a stream of its own."""

from domain.marketing.campaign.execution import Cancelled, Completed, Execution, Launched, Paused, Resumed
from domain.marketing.campaign.planning import BudgetChanged, Planned, Planning, Revised
from domain.marketing.campaign.progress import MilestoneReached, MilestoneSet, Progress, ResourceAssigned, ResourceReleased
from domain.marketing.campaign.spending import Spending, SpendRecorded, SpendReversed
from domain.shared import annotations
from domain.shared.annotations import AnnotationEvents


class ExternalIdLinked(annotations.ExternalIdLinked, frozen=True, tag="crm.campaign.external_id_linked.v1"): ...


class ExternalIdUnlinked(annotations.ExternalIdUnlinked, frozen=True, tag="crm.campaign.external_id_unlinked.v1"): ...


class Assigned(annotations.Assigned, frozen=True, tag="crm.campaign.assigned.v1"): ...


class Tagged(annotations.Tagged, frozen=True, tag="crm.campaign.tagged.v1"): ...


class Untagged(annotations.Untagged, frozen=True, tag="crm.campaign.untagged.v1"): ...


class AttributesSet(annotations.AttributesSet, frozen=True, tag="crm.campaign.attributes_set.v1"): ...


class PlainTextsSet(annotations.PlainTextsSet, frozen=True, tag="crm.campaign.plain_texts_set.v1"): ...


class AttachmentAdded(annotations.AttachmentAdded, frozen=True, tag="crm.campaign.attachment_added.v1"): ...


class AttachmentRemoved(annotations.AttachmentRemoved, frozen=True, tag="crm.campaign.attachment_removed.v1"): ...


class Campaign(Planning, Execution, Spending, Progress):
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
        Planned,
        Revised,
        BudgetChanged,
        Launched,
        Paused,
        Resumed,
        Completed,
        Cancelled,
        SpendRecorded,
        SpendReversed,
        ResourceAssigned,
        ResourceReleased,
        MilestoneSet,
        MilestoneReached,
        *annotation_events,
    )
