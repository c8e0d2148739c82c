"""Rules on many customers at once find for each of them what they find for that customer alone."""

from __future__ import annotations

from datetime import date, timedelta
from math import isnan
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.segmentation.segment_expression import RELATIONS, And, Compare, Expression, In, IsNull, Not, Or, Window
from projections.customers.behaviour_figures import Behaviours, attributes, packed
from projections.customers.customer_behaviour import Behaviour
from projections.customers.purchase_days import packed_days
from projections.segmentation.segment_rule_columns import NO_RULE, RuleColumns, need_attributes, need_days
from projections.segmentation.segment_rule_labels import first_match
from projections.segmentation.segment_rules import Rule
from tests.projections.customers.given_behaviours import DAY, behaviours

PLAIN = st.sampled_from(["days_since_last", "T", "tickets", "touches", "attribute:size", "attribute:vip"])
WINDOWED = st.sampled_from(["orders", "frequency", "recency", "total:EUR", "monetary:EUR", "total:KWD", "monetary:JPY"])
DAYS = st.integers(-400, 20).map(lambda days: DAY + timedelta(days=days))
WINDOWS = (
    st.none()
    | st.builds(Window, last_days=st.integers(1, 500))
    | st.builds(Window, from_=DAYS)
    | st.builds(Window, to=DAYS)
    | DAYS.flatmap(lambda day: st.builds(Window, from_=st.just(day), to=st.integers(1, 90).map(lambda n: day + timedelta(n))))
)
NUMBERS = st.integers(-2, 9).map(float) | st.floats(-1e7, 1e7)


def leaf(feature: st.SearchStrategy[str], window: st.SearchStrategy[Window | None]) -> st.SearchStrategy[Expression]:
    return (
        st.builds(Compare, feature=feature, window=window, is_=st.sampled_from(list(RELATIONS)), value=NUMBERS)
        | st.builds(In, feature=feature, window=window, values=st.lists(NUMBERS, min_size=1, max_size=4).map(tuple))
        | st.builds(IsNull, feature=feature, window=window)
    )


EXPRESSIONS = st.recursive(
    leaf(PLAIN, st.none()) | leaf(WINDOWED, WINDOWS),
    lambda parts: (
        st.builds(And, of=st.lists(parts, min_size=1, max_size=3).map(tuple))
        | st.builds(Or, of=st.lists(parts, min_size=1, max_size=3).map(tuple))
        | st.builds(Not, of=parts)
    ),
    max_leaves=5,
)


def rule(number: int, expression: Expression, said_on: date) -> Rule:
    return Rule(
        rule_id=UUID(int=number),
        version=1,
        position=number,
        defined_position=number,
        said_position=number,
        said_on=said_on,
        name=str(number),
        rule=msgspec.json.encode(expression).decode(),
        priority=1,
        retired_since=None,
    )


@settings(max_examples=100, deadline=None)
@given(
    some=st.lists(behaviours(), max_size=6),
    expressions=st.lists(EXPRESSIONS, max_size=3),
    said_on=DAYS,
    ended=st.none() | DAYS,
)
def test_the_first_rule_that_matches_is_that_of_each_customer(
    some: list[Behaviour], expressions: list[Expression], said_on: date, ended: date | None
) -> None:
    rules = [rule(number, one, said_on) for number, one in enumerate(expressions, 1)]
    of_attributes = attributes([one.dump() for one in some]) if need_attributes(rules) else ()
    days = b"".join(map(packed_days, some)) if need_days(rules) else b""
    columns = RuleColumns(Behaviours(b"".join(map(packed, some)), of_attributes, days))
    places = columns.first_matches(rules, ended).tolist()
    for place, (behaviour, found) in enumerate(zip(some, places, strict=True)):
        expected = first_match(rules, behaviour, ended)
        if expected is None:
            assert found == NO_RULE
        else:
            assert rules[found] == expected.rule
            assert columns.as_of(rules[found], ended)[place] == expected.as_of.toordinal()
            facts = [column[place] for column in columns.facts(rules[found], ended)]
            assert [None if isnan(fact) else fact for fact in facts] == expected.facts
