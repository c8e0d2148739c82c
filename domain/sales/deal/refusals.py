"""Refusals of commands on deals, and flags of facts that are recorded although they break a rule."""

from domain.shared.refusals import AlreadyThere, Refusal

BEFORE_LEAD = "deal-before-lead"


class DealOpenedOtherwise(AlreadyThere):
    """This deal was already opened, with other values."""


class DealWonOtherwise(AlreadyThere):
    """The deal is already won, with another order; reopen it first."""


class DealEnded(Refusal):
    """The deal is won or lost; reopen it first."""


class DealNotEnded(Refusal):
    """Only a deal that is won or lost can be reopened."""


class DealBeforeOpening(Refusal):
    """The deal was not opened yet at that time."""
