"""Why a customer's command may be refused."""

from domain.shared.refusals import AlreadyThere, Malformed, NotThere, Refusal


class CustomerUnknown(NotThere):
    """There is no such customer."""


class CustomerErased(Refusal):
    """The customer was erased; nothing can be recorded about them any more."""


class CustomerMerged(Refusal):
    """The customer was merged into another one, about whom facts are recorded now."""


class MergedIntoThemselves(Malformed):
    """Nobody is merged into themselves."""


class CustomerAlreadyRegistered(AlreadyThere):
    """A customer with this id is already registered, with other values."""


class NeitherNameNorContact(Refusal):
    """A customer has at least a name or a contact method."""


class KindRequired(Malformed):
    """A customer is a person or an organisation."""


class UnknownContactMethod(NotThere):
    """The customer never had a contact method with this id."""


class ContactMethodAlreadyThere(AlreadyThere):
    """The customer's contact method with this id has another value."""


class ContactMethodGone(Refusal):
    """The contact method was removed."""


class TooManyContactMethods(Refusal):
    """A customer has fifty contact methods at most."""


class MoreThanOnePrimary(Malformed):
    """Only one contact method of a kind is the primary one."""


class ConsentEndsBeforeItBegins(Refusal):
    """A consent expires after it is given."""


class ImportedConsentWithoutEvidence(Refusal):
    """An import gives no consent without evidence."""


class UnknownRelation(NotThere):
    """The customer never had a relation with this id."""


class RelatedToThemselves(Malformed):
    """Nobody has a relation to themselves."""


class RelationAlreadyThere(AlreadyThere):
    """The customer's relation with this id has other values."""


class RelationEndsBeforeItBegins(Refusal):
    """A relation does not end before the day it begins."""


class TooManyRelations(Refusal):
    """A customer has five hundred relations at a time at most."""
