"""The arms of a campaign: everyone who was assigned to each variant, with the conversions and the spend that count for them.

Assigned is who was ever targeted, also if they were suppressed or removed later: leaving somebody out because of what happened
after the assignment would compare groups that differ from the beginning. A conversion counts from the targeting on, until the
attribution window ends if the campaign has one. Spend is the value of these conversions.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, case, func, select

from domain.marketing.campaign.values import CONTROL, TREATMENT, VARIANT_LIMIT
from domain.shared.money import from_minor_units, minor_digits
from projections.marketing.campaign_members import conversions, members
from projections.marketing.campaigns import Planned
from projections.shared import exact
from projections.shared.id_vectors import NOT_FOUND, Places, numbered
from projections.shared.reports import TooManyGroups
from projections.shared.statistics.proportions import Share
from projections.shared.vectors import Codes, Where, by_place, portions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.vectors import Ids, Whole

    Numbers = NDArray[np.float64]

ARM_LIMIT = 2 * VARIANT_LIMIT
"""Imports can target members with variants that the plan does not list."""


class Arm(NamedTuple):
    """`members` were assigned to the variant, and `converted` of them have a conversion that counts."""

    variant: str
    members: int
    converted: int

    @property
    def share(self) -> Share:
        return Share(self.converted, self.members)


class Members(NamedTuple):
    """Assigned members. Each vector has a value for each member, in the same sequence; `arms` are places in `variants`.

    `customers` is NIL for a lead. For members who spent something only, the last three vectors are empty.
    """

    ids: Ids
    arms: Whole
    variants: list[str]
    customers: Ids
    started_at: Whole
    started_on: Whole

    def of(self, variant: str) -> NDArray[np.bool_]:
        """Marks the members of an arm."""
        marked: NDArray[np.bool_] = self.arms == (
            self.variants.index(variant) if variant in self.variants else len(self.variants)
        )
        return marked


class _Sold(NamedTuple):
    """Conversions. Each vector has a value for each of them; variants and currencies are numbers of texts."""

    ids: Ids
    of_variants: Whole
    of_currencies: Whole
    values: Whole
    variants: Codes
    currencies: Codes


class Spent(NamedTuple):
    """What each member spent in one currency, 0 if nothing; and exactly, by variant, the total of all its members."""

    amounts: Numbers
    totals: dict[str, Decimal]


def arms(connection: Connection, campaign: Planned) -> list[Arm]:
    """All arms: the control, the planned variants in their order, and further variants of members; or the default treatment.

    Without members the control is not among them. Raises TooManyGroups.
    """
    row = members.c
    converted = func.count(case((_counts(row.converted_after, campaign), 1)))
    query = select(row.variant, func.count(), converted).where(*_assigned(campaign)).group_by(row.variant)
    found = {variant: Arm(variant, assigned, events) for variant, assigned, events in connection.execute(query)}
    treatments = dict.fromkeys((*campaign.variants, *sorted(found.keys() - {CONTROL}))) or {TREATMENT: None}
    if len(treatments) > ARM_LIMIT:
        raise TooManyGroups(f"The members have {len(treatments)} variants; the limit is {ARM_LIMIT}.")
    control = [found[CONTROL]] if CONTROL in found else []
    return control + [found.get(variant, Arm(variant, 0, 0)) for variant in treatments if variant != CONTROL]


def assigned(connection: Connection, campaign: Planned, *, everyone: bool) -> tuple[Members, dict[str, Spent]]:
    """The assigned members and what they spent, by currency; without `everyone` only the members who spent something.

    A conversion without a value adds nothing.
    """
    sold = _sold(connection, campaign)
    found = _everyone(connection, campaign) if everyone else _buyers(sold)
    return found, _spent(sold, found)


def _spent(sold: _Sold, of: Members) -> dict[str, Spent]:
    import numpy as np

    found, places = {}, Places(of.ids).of(sold.ids)
    for number, currency in enumerate(sold.currencies.texts):
        theirs = (sold.of_currencies == number) & (places != NOT_FOUND)
        who, values = places[theirs], sold.values[theirs]
        units = np.bincount(who, weights=values, minlength=len(of.ids)).astype(np.float64)
        totals = exact.sums(values, of.arms[who], len(of.variants)).every()
        exactly = {of.variants[arm]: from_minor_units(total, currency) for arm, total in enumerate(totals)}
        found[currency] = Spent(units / 10 ** minor_digits(currency), exactly)
    return dict(sorted(found.items()))


def _everyone(connection: Connection, campaign: Planned) -> Members:
    import numpy as np

    row, variants = members.c, Codes()
    where, parts = _parts(connection, members, campaign, (row.variant.is_not(None),))
    columns = {"ids": row.member_id, "arms": row.variant, "customers": row.customer_id}
    columns |= {"started_at": row.started_at, "started_on": row.started_on}
    read = [
        Members(variants=variants.texts, **one | {"arms": variants.of(one["arms"])})
        for one in portions(connection, columns, where, parts)
    ]
    vectors = [name for name in Members._fields if name != "variants"]
    joined = {name: np.concatenate([getattr(one, name) for one in (_nobody(), *read)]) for name in vectors}
    return Members(variants=variants.texts, **joined)


def _buyers(sold: _Sold) -> Members:
    import numpy as np

    numbers, length = numbered(sold.ids)
    ids, arms = np.zeros((length, 2), np.uint64), np.zeros(length, np.int64)
    ids[numbers], arms[numbers] = sold.ids, sold.of_variants
    return _nobody()._replace(ids=ids, arms=arms, variants=sold.variants.texts)


def _nobody() -> Members:
    import numpy as np

    ids, nothing = np.zeros((0, 2), np.uint64), np.zeros(0, np.int64)
    return Members(ids, nothing, [], ids, nothing, nothing)


def _sold(connection: Connection, campaign: Planned) -> _Sold:
    """The conversions with a value that count."""
    import numpy as np

    row, variants, currencies = conversions.c, Codes(), Codes()
    counts = (row.value.is_not(None), row.variant.is_not(None), _counts(row.days_after, campaign))
    where, parts = _parts(connection, conversions, campaign, counts)
    columns = {"ids": row.member_id, "of_variants": row.variant, "of_currencies": row.currency, "values": row.value}
    nothing = np.zeros(0, np.int64)
    read: list[dict[str, Any]] = [dict.fromkeys(columns, nothing) | {"ids": np.zeros((0, 2), np.uint64)}]
    for one in portions(connection, columns, where, parts):
        coded = {"of_variants": variants.of(one["of_variants"]), "of_currencies": currencies.of(one["of_currencies"])}
        read.append(one | coded)
    joined = {name: np.concatenate([one[name] for one in read]) for name in columns}
    return _Sold(variants=variants, currencies=currencies, **joined)


def _parts(connection: Connection, table: Table, campaign: Planned, conditions: Where) -> tuple[Where, Iterable[Any]]:
    """The conditions for the campaign's rows, and the parts in which they are read.

    In several parts they are found by where they are stored: an index would be searched from its beginning for each part.
    """
    of = table.c.campaign_id
    parts = list(by_place(connection, table, (of == campaign.campaign_id, *conditions)))
    found = of if len(parts) == 1 else func.coalesce(of, of)
    return (found == campaign.campaign_id, *conditions), parts


def _assigned(campaign: Planned) -> tuple[ColumnElement[bool], ...]:
    return members.c.campaign_id == campaign.campaign_id, members.c.variant.is_not(None)


def _counts(days_after: ColumnElement[Any], campaign: Planned) -> ColumnElement[bool]:
    """Whether a conversion so many days after the targeting counts; null is a conversion before it."""
    window = campaign.attribution_window_days
    return days_after.is_not(None) if window is None else days_after <= window
