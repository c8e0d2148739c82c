"""Why a deal's command may be refused, and what is recorded and flagged instead."""

from domain.shared.refusals import AlreadyThere, Refusal

BEFORE_LEAD = "deal-before-lead"


class DealOpenedOtherwise(AlreadyThere):
    """This deal was already opened, with other values."""


class DealWonOtherwise(AlreadyThere):
    """The deal is won already, with another order; reopen it first."""


class DealEnded(Refusal):
    """The deal is won or lost; reopen it first."""


class DealNotEnded(Refusal):
    """Only a deal that is won or lost can be reopened."""


class DealBeforeOpening(Refusal):
    """Nothing is decided about a deal before it is opened."""
