"""Refusals of commands on leads, and flags of facts that are recorded although they break a rule."""

from domain.shared.refusals import AlreadyThere, Refusal

BEFORE_CAPTURE = "conversion-before-capture"


class LeadCapturedOtherwise(AlreadyThere):
    """This lead was already captured, with other values."""


class LeadConvertedOtherwise(AlreadyThere):
    """The lead is already converted, with other values; reopen it first."""


class LeadEnded(Refusal):
    """The lead is converted or lost; reopen it first."""


class LeadNotEnded(Refusal):
    """Only a converted or lost lead can be reopened."""


class LeadBeforeCapture(Refusal):
    """The lead was not captured yet at that time."""


class LeadErased(Refusal):
    """The lead was erased; nothing more can be recorded about it."""


class LeadOfCustomer(Refusal):
    """The lead belongs to a customer, and is erased with that customer."""
