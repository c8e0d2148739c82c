"""Refusals of commands on customers."""

from collections.abc import Iterable
from uuid import UUID

from domain.shared.refusals import AlreadyThere, Malformed, NotThere, Refusal


class CustomerUnknown(NotThere):
    """The customer does not exist."""


class CustomerErased(Refusal):
    """The customer was erased; nothing more can be recorded about them."""


class CustomerMerged(Refusal):
    """The customer was merged into another one; record new facts on the survivor."""


class MergedIntoThemselves(Malformed):
    """A customer cannot be merged into themselves."""


class CustomerAlreadyRegistered(AlreadyThere):
    """A customer with this id is already registered, with other values."""


class PossibleDuplicate(Refusal):
    """A customer with one of these contact methods exists."""

    kept = False

    def __init__(self, detail: str = "", candidates: Iterable[UUID] = ()) -> None:
        super().__init__(detail)
        self.members["candidates"] = sorted(candidates)


class NeitherNameNorContact(Refusal):
    """A customer must have a name or a contact method."""


class KindRequired(Malformed):
    """A customer must be a person or an organisation."""


class UnknownContactMethod(NotThere):
    """The customer never had a contact method with this id."""


class ContactMethodAlreadyThere(AlreadyThere):
    """The customer already has a contact method with this id, with another value."""


class ContactMethodGone(Refusal):
    """The contact method was removed."""


class TooManyContactMethods(Refusal):
    """A customer can have at most 50 contact methods."""


class MoreThanOnePrimary(Malformed):
    """Only one contact method of each kind can be primary."""


class ConsentEndsBeforeItBegins(Refusal):
    """A consent must expire after it is given."""


class ImportedConsentWithoutEvidence(Refusal):
    """An imported consent must have evidence."""


class UnknownRelation(NotThere):
    """The customer never had a relation with this id."""


class RelatedToThemselves(Malformed):
    """A customer cannot have a relation to themselves."""


class RelationAlreadyThere(AlreadyThere):
    """The customer already has a relation with this id, with other values."""


class RelationEndsBeforeItBegins(Refusal):
    """A relation must not end before the day on which it begins."""


class TooManyRelations(Refusal):
    """A customer can have at most 500 relations at a time."""
