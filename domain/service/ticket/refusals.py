"""Why a ticket's command may be refused, and what is recorded and flagged instead."""

from domain.shared.refusals import AlreadyThere, Malformed, NotThere, Refusal

REPLY_BEFORE_OPENING = "reply-before-opening"


class TicketOpenedOtherwise(AlreadyThere):
    """This ticket was already opened, with other values."""


class TicketNotWaiting(Refusal):
    """The ticket is neither pending nor on hold."""


class TicketNotSolved(Refusal):
    """The ticket is not solved."""


class TicketSolved(Refusal):
    """The ticket is solved; reopen it first."""


class TicketClosed(Refusal):
    """The ticket is closed; open a new one that follows up on it (`follow_up_of`)."""


class TicketMerged(AlreadyThere):
    """The ticket was already merged into another one."""


class BeforeOpening(Refusal):
    """Nothing is done about a ticket before it is opened."""


class OwnRelative(Malformed):
    """A ticket neither follows up on, belongs to, nor is merged into itself."""


class ReplyUnknown(NotThere):
    """The ticket has no such reply."""


class ReplyKnownOtherwise(AlreadyThere):
    """This reply is already known, with other values."""


class TargetUnknown(NotThere):
    """No service level agreement gives the ticket such a target."""
