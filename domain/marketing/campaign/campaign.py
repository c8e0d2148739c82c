"""A campaign: planned, carried out, paid for and followed. Whom it reaches is in its members, each a stream of its own."""

from domain.marketing.campaign.execution import Cancelled, Completed, Execution, Launched, Paused, Resumed
from domain.marketing.campaign.planning import BudgetChanged, Planned, Planning, Revised
from domain.marketing.campaign.progress import MilestoneReached, MilestoneSet, Progress, ResourceAssigned, ResourceReleased
from domain.marketing.campaign.spending import Spending, SpendRecorded, SpendReversed
from domain.shared.annotations import AnnotationEvents


class Campaign(Planning, Execution, Spending, Progress):
    annotation_events = AnnotationEvents.of("campaign")
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
