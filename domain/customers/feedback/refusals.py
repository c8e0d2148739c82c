"""Why a command on feedback may be refused, and what is recorded and flagged instead."""

from domain.shared.refusals import AlreadyThere, Malformed, Refusal

OTHER_THAN_REQUESTED = "other-than-requested"
SUBMITTED_BEFORE_REQUEST = "submitted-before-request"


class FeedbackRequestedOtherwise(AlreadyThere):
    """This feedback was already requested, with other values."""


class FeedbackSubmittedOtherwise(AlreadyThere):
    """This feedback was already submitted, with other values."""


class FeedbackOfAnother(AlreadyThere):
    """This feedback is another customer's."""


class AlreadySubmitted(Refusal):
    """What was submitted need not be requested."""


class NotSubmittedYet(Refusal):
    """Nothing is done about feedback before it is submitted."""


class FeedbackEnded(Refusal):
    """The feedback was resolved or dismissed by then."""


class ScoreOffItsScale(Malformed):
    """The score does not lie on its scale."""
