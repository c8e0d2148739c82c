"""Refusals of commands on feedback, and flags of facts that are recorded although they break a rule."""

from domain.shared.refusals import AlreadyThere, Malformed, Refusal

OTHER_THAN_REQUESTED = "other-than-requested"
SUBMITTED_BEFORE_REQUEST = "submitted-before-request"


class FeedbackRequestedOtherwise(AlreadyThere):
    """This feedback was already requested, with other values."""


class FeedbackSubmittedOtherwise(AlreadyThere):
    """This feedback was already submitted, with other values."""


class FeedbackOfAnother(AlreadyThere):
    """This feedback belongs to another customer."""


class AlreadySubmitted(Refusal):
    """The feedback is already submitted; it cannot be requested now."""


class NotSubmittedYet(Refusal):
    """The feedback is not submitted yet."""


class FeedbackEnded(Refusal):
    """The feedback was already resolved or dismissed at that time."""


class ScoreOffItsScale(Malformed):
    """The score is outside its scale."""
