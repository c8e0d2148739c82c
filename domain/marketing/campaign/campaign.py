"""A campaign: its plan, execution, spending and progress. Each of its members is a separate aggregate with its own stream."""

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
