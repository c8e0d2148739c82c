"""Refusals of commands on tickets, and flags of facts that are recorded although they break a rule."""

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
    """The ticket was not opened yet at that time."""


class OwnRelative(Malformed):
    """A ticket cannot follow up on itself, be its own parent, or be merged into itself."""


class ReplyUnknown(NotThere):
    """The ticket has no such reply."""


class ReplyKnownOtherwise(AlreadyThere):
    """This reply is already recorded, with other values."""


class TargetUnknown(NotThere):
    """The ticket has no such target from a service level agreement."""
