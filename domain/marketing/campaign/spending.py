"""The spends of a campaign: each has its own id and can be reversed. They are facts from outside."""

from __future__ import annotations

from decimal import Decimal

from domain.marketing.campaign.planning import currency_of
from domain.marketing.campaign.state import State
from domain.marketing.campaign.values import ID_LENGTH
from domain.shared import money
from domain.shared.aggregate import decision
from domain.shared.events import Context, Event, Metadata
from domain.shared.refusals import AlreadyThere, NotThere
from domain.shared.text import code, own_id


class SpendKnownOtherwise(AlreadyThere):
    """This spend is already recorded, with other values."""


class SpendUnknown(NotThere):
    """The campaign has no such spend."""


class SpendRecorded(Event, frozen=True, tag="crm.campaign.spend_recorded.v1"):
    """`category` is a code such as `media` or `creative`."""

    spend_id: str
    amount: Decimal
    currency: str
    category: str | None = None

    def apply(self, campaign: State, metadata: Metadata) -> None:
        campaign.spends[self.spend_id] = self


class SpendReversed(Event, frozen=True, tag="crm.campaign.spend_reversed.v1"):
    """The spend no longer counts. Amount, currency and category are copied from the spend."""

    spend_id: str
    amount: Decimal
    currency: str
    category: str | None = None
    reason: str | None = None

    def apply(self, campaign: State, metadata: Metadata) -> None:
        campaign.reversals[self.spend_id] = self


class Spending(State):
    @decision
    def record_spend(
        self, context: Context, spend_id: str, amount: Decimal, currency: str | None = None, category: str | None = None
    ) -> None:
        """Without `currency`, it is the campaign's currency. Raises SpendKnownOtherwise, CurrencyRequired or Malformed."""
        of = currency_of(currency or self.currency)
        event = SpendRecorded(
            spend_id=own_id(spend_id, ID_LENGTH),
            amount=money.positive(amount, of),
            currency=of,
            category=category and code(category, "category"),
        )
        known = self.spends.get(event.spend_id)
        if known is None:
            self.record(context, event)
        elif known != event:
            raise SpendKnownOtherwise(spend_id=spend_id)

    @decision
    def reverse_spend(self, context: Context, spend_id: str, *, reason: str | None = None) -> None:
        """If the spend is already reversed, records nothing. Raises SpendUnknown or Malformed."""
        if spend_id not in self.spends:
            raise SpendUnknown(spend_id=spend_id)
        if spend_id not in self.reversals:
            spend = self.spends[spend_id]
            event = SpendReversed(
                spend_id=spend_id,
                amount=spend.amount,
                currency=spend.currency,
                category=spend.category,
                reason=reason and code(reason, "reason"),
            )
            self.record(context, event)
