"""The arms of a campaign: everyone who was assigned to each variant, with the conversions and the spend that count for them.

Assigned is who was ever targeted, also if they were suppressed or removed later: leaving somebody out because of what happened
after the assignment would compare groups that differ from the beginning. A conversion counts from the targeting on, until the
attribution window ends if the campaign has one. Spend is the value of these conversions.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, case, func, select

from domain.marketing.campaign.values import CONTROL, TREATMENT, VARIANT_LIMIT
from domain.shared.money import from_minor_units, minor_digits
from projections.marketing.campaign_members import conversions, has, members
from projections.marketing.campaigns import Planned
from projections.shared import exact
from projections.shared.id_vectors import NOT_FOUND, Places
from projections.shared.reports import TooManyGroups
from projections.shared.statistics.proportions import Share
from projections.shared.vectors import Codes, by_place, portions

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

    `customers` is NIL for a lead. Without `everyone`, only members with a conversion are here, and without the other vectors.
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


def assigned(connection: Connection, campaign: Planned, *, everyone: bool) -> Members:
    """The assigned members; without `everyone` only those with a conversion."""
    row, variants = members.c, Codes()
    where = (*_assigned(campaign), *(() if everyone else (has("converted"),)))
    columns: dict[str, ColumnElement[Any]] = {"ids": row.member_id, "arms": row.variant}
    if everyone:
        columns |= {"customers": row.customer_id, "started_at": row.started_at, "started_on": row.started_on}
    read = _read(connection, columns, where, by_place(connection, members, where), variants, "arms")
    return Members(variants=variants.texts, **{name: read[name] for name in Members._fields if name != "variants"})


def spent(connection: Connection, campaign: Planned, of: Members) -> dict[str, Spent]:
    """By currency, what each of these members spent. A conversion without a value adds nothing."""
    import numpy as np

    row, currencies = conversions.c, Codes()
    where = (row.campaign_id == campaign.campaign_id, row.value.is_not(None), _counts(row.days_after, campaign))
    columns: dict[str, ColumnElement[Any]] = {"ids": row.member_id, "currencies": row.currency, "values": row.value}
    read = _read(connection, columns, where, by_place(connection, conversions, where), currencies, "currencies")
    places = Places(of.ids).of(read["ids"])
    found = {}
    for number, currency in enumerate(currencies.texts):
        theirs = (read["currencies"] == number) & (places != NOT_FOUND)
        who, values = places[theirs], read["values"][theirs]
        units = np.bincount(who, weights=values, minlength=len(of.ids)).astype(np.float64)
        totals = exact.sums(values, of.arms[who], len(of.variants)).every()
        exactly = {of.variants[arm]: from_minor_units(total, currency) for arm, total in enumerate(totals)}
        found[currency] = Spent(units / 10 ** minor_digits(currency), exactly)
    return dict(sorted(found.items()))


def _read(
    connection: Connection, columns: dict[str, ColumnElement[Any]], where: Any, parts: Any, codes: Codes, coded: str
) -> dict[str, Any]:
    """All rows, as one vector for each column; the column `coded` as numbers of its texts. Absent columns are empty."""
    import numpy as np

    read: dict[str, list[Any]] = {name: [] for name in (*Members._fields, *columns)}
    for portion in portions(connection, columns, where, parts):
        portion[coded] = codes.of(portion[coded])
        for name, values in portion.items():
            read[name].append(values)
    nothing = np.zeros(0, np.int64)
    joined = {name: np.concatenate(values) if values else nothing for name, values in read.items()}
    return joined | {
        name: joined[name].astype(np.uint64, copy=False).reshape(-1, 2) for name in ("ids", "customers") if name in joined
    }


def _assigned(campaign: Planned) -> tuple[ColumnElement[bool], ...]:
    return members.c.campaign_id == campaign.campaign_id, members.c.variant.is_not(None)


def _counts(days_after: ColumnElement[Any], campaign: Planned) -> ColumnElement[bool]:
    """Whether a conversion so many days after the targeting counts; null is a conversion before it."""
    window = campaign.attribution_window_days
    return days_after.is_not(None) if window is None else days_after <= window
