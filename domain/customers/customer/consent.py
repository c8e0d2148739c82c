"""Consents of a customer: per purpose and channel, and per contact method if one is given."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.customers.customer import facts
from domain.customers.customer.events import ConsentGiven, ConsentWithdrawn
from domain.customers.customer.reach import Reachable
from domain.customers.customer.refusals import ConsentEndsBeforeItBegins, ContactMethodGone, ImportedConsentWithoutEvidence
from domain.shared.aggregate import decision
from domain.shared.events import Context
from domain.shared.text import code, optional_code, text

ConsentKey = tuple[str, str, UUID | None]


class Consent(NamedTuple):
    """The state of a consent since `at`: given on these terms, or withdrawn (None)."""

    at: datetime
    terms: ConsentGiven | None


class Consenting(Reachable):
    """Mix-in: the decisions on consent. Deliverability never changes a consent."""

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.consents: dict[ConsentKey, Consent] = {}

    @decision
    def give_consent(self, context: Context, terms: ConsentGiven) -> None:
        """Records a new consent if the terms differ from those in force.

        Raises ImportedConsentWithoutEvidence, UnknownContactMethod or Malformed; ContactMethodGone and
        ConsentEndsBeforeItBegins (flags on import).
        """
        terms = facts.consent(terms)
        if context.importing and terms.evidence is None:
            raise ImportedConsentWithoutEvidence
        flags: tuple[str, ...] = ()
        if terms.method_id and self.known_method(terms.method_id).removed:
            flags += self.refuse(context, ContactMethodGone(method_id=terms.method_id))
        if terms.expires and terms.expires <= context.at:
            flags += self.refuse(context, ConsentEndsBeforeItBegins())
        current = self.consents.get((terms.purpose, terms.channel, terms.method_id))
        self.record_status(context, terms, current.at if current and current.terms == terms else None, *flags)

    @decision
    def withdraw_consent(
        self,
        context: Context,
        purpose: str,
        channel: str,
        method_id: UUID | None = None,
        source: str | None = None,
        evidence: str | None = None,
    ) -> None:
        """Flagged if the consent was never given. Raises UnknownContactMethod or Malformed."""
        if method_id:
            self.known_method(method_id)
        withdrawn = ConsentWithdrawn(
            purpose=code(purpose, "purpose"),
            channel=code(channel, "channel"),
            method_id=method_id,
            source=optional_code(source, "source of the withdrawal"),
            evidence=evidence and text(evidence, "evidence", facts.EVIDENCE_LENGTH),
        )
        current = self.consents.get((withdrawn.purpose, withdrawn.channel, method_id))
        flags = () if current else ("consent-never-given",)
        self.record_status(context, withdrawn, current.at if current and not current.terms else None, *flags)

    def note_consent(self, key: ConsentKey, at: datetime, terms: ConsentGiven | None) -> None:
        """Keeps the state with the latest time of occurrence. The order in which events are recorded does not matter."""
        current = self.consents.get(key)
        if current is None or current.at <= at:
            self.consents[key] = Consent(at, terms)
