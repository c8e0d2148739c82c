"""Why a lead's command may be refused, and what is recorded and flagged instead."""

from domain.shared.refusals import AlreadyThere, Refusal

BEFORE_CAPTURE = "conversion-before-capture"


class LeadCapturedOtherwise(AlreadyThere):
    """This lead was already captured, with other values."""


class LeadConvertedOtherwise(AlreadyThere):
    """The lead is converted already, with other values; reopen it first."""


class LeadEnded(Refusal):
    """The lead is converted or lost; reopen it first."""


class LeadNotEnded(Refusal):
    """Only a converted or lost lead can be reopened."""


class LeadBeforeCapture(Refusal):
    """Nothing is decided about a lead before it is captured."""


class LeadErased(Refusal):
    """The lead was erased; nothing can be recorded about it any more."""


class LeadOfCustomer(Refusal):
    """The lead is a known customer's: it is erased with the customer."""
