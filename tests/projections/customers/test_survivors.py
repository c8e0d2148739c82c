"""Random facts about three customers, merged in any order and unmerged: survivors answer for all, and nothing stays behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from domain.customers.customer.customer import Customer
from domain.customers.customer.events import ConsentGiven, ContactMethod
from domain.shared.contact import MethodKind
from domain.shared.events import Context
from projections.customers import customer_list
from projections.customers import timeline as customer_timeline
from projections.customers.customer_book import opened
from projections.customers.customer_list import Filter
from projections.customers.customers import customer_view, customers
from projections.customers.duplicates import duplicates
from projections.customers.merging import merged_into
from projections.customers.whole_profile import Record, profile, together
from tests.projections.harness import History, clear, fold, in_memory, uuid

NAMES = ("Ada", "Bob", "Cyd")
VALUES = ("ada@example.org", "ADA@example.org", "bob@example.org", "+4930123456")
SINCE = datetime(2024, 1, 1, tzinfo=UTC)
FILTERS = (
    Filter(),
    Filter(merged=True),
    *(Filter(tag=tag) for tag in ("a", "b", "c")),
    *(Filter(owner=owner) for owner in ("kim", "lee")),
    Filter(team="north"),
    Filter(archived=True),
)
TEXTS = ("ada", "b", "example", "bob@", "+4930")

Act = tuple[str, int, int]
Decide = Callable[[Customer, Context, int], None]


def _method_id(customer: Customer, n: int) -> UUID:
    return uuid((customer.id, VALUES[n % 4]))


def _add_contact(customer: Customer, context: Context, n: int) -> None:
    value = VALUES[n % 4]
    kind: MethodKind = "email" if "@" in value else "phone"
    method = ContactMethod(method_id=_method_id(customer, n), kind=kind, value=value, primary=n % 3 == 0)
    customer.add_contact_method(context, method)


def _set_text(customer: Customer, context: Context, n: int) -> None:
    customer.set_attributes(context, {"xyz"[n % 3]: f"text {n}"}, plain={"x"} if n % 2 else ())


def _consent(customer: Customer, context: Context, n: int) -> None:
    customer.give_consent(context, ConsentGiven(purpose=("news", "ads")[n % 2], channel="email"))


def _withdraw(customer: Customer, context: Context, n: int) -> None:
    customer.withdraw_consent(context, ("news", "ads")[n % 2], "email")


COMMON: dict[str, Decide] = {
    "tag": lambda customer, context, n: customer.tag(context, "abc"[n % 3]),
    "consent": _consent,
    "withdraw": _withdraw,
}
"""Acts that give the same answer whether they are recorded for one customer or for several who are merged."""

ACTS: dict[str, Decide] = COMMON | {
    "untag": lambda customer, context, n: customer.untag(context, "abc"[n % 3]),
    "assign": lambda customer, context, n: customer.assign(context, (None, "kim", "lee")[n % 3], (None, "north")[n % 2]),
    "attribute": lambda customer, context, n: customer.set_attributes(context, {"xyz"[n % 3]: n or None}, plain={"x"}),
    "text": _set_text,
    "rename": lambda customer, context, n: customer.change_details(context, name=(f"Name {n}", None)[n % 2]),
    "contact": _add_contact,
    "uncontact": lambda customer, context, n: customer.remove_contact_method(context, _method_id(customer, n)),
    "bounce": lambda customer, context, n: customer.mark_undeliverable(context, _method_id(customer, n), "hard"),
    "verify": lambda customer, context, n: customer.verify_contact_method(context, _method_id(customer, n)),
    "consent for a method": lambda customer, context, n: customer.give_consent(
        context, ConsentGiven(purpose="news", channel="email", method_id=_method_id(customer, n))
    ),
    "withdraw for a method": lambda customer, context, n: customer.withdraw_consent(
        context, "news", "email", _method_id(customer, n)
    ),
    "archive": lambda customer, context, n: customer.archive(context),
}


CONSENTS = {name: ACTS[name] for name in ("consent", "withdraw", "consent for a method", "withdraw for a method")}


def acts(known: dict[str, Decide]) -> st.SearchStrategy[list[Act]]:
    return st.lists(st.tuples(st.sampled_from(sorted(known)), st.integers(0, 2), st.integers(0, 11)), max_size=25)


MERGES = st.permutations(range(3))


def registered(*names: str) -> History:
    history = History()
    for name in names:
        customer = history.of(Customer, name)
        history.must(customer, partial(customer.register, kind="person", name=name))
    return history


def act(history: History, name: str, done: Act, place: int) -> None:
    what, _, n = done
    customer = history.of(Customer, name)
    # Late facts are recorded too: the order of their times is not the order in which they are recorded.
    at = SINCE + timedelta(days=(place * 7) % 26, minutes=place)
    history.do(customer, lambda context: ACTS[what](customer, context, n), occurred_at=at)


def merge(history: History, one: str, into: str) -> None:
    customer, survivor = history.of(Customer, one), history.of(Customer, into)
    history.must(customer, lambda context: customer.merge_into(context, survivor.id))


def unmerge(history: History, one: str) -> None:
    customer = history.of(Customer, one)
    history.must(customer, customer.unmerge)


def folded(connection: Connection, history: History) -> None:
    for projection in (customer_view, customer_timeline.customer_timeline):
        clear(connection, projection)
        fold(connection, history, projection)


def answers(connection: Connection, history: History) -> dict[str, Any]:
    """Every answer about customers, without versions, positions and the events of merging."""
    folded(connection, history)
    found: dict[str, Any] = {}
    for name in NAMES:
        id = uuid(name)
        found[name] = _plain(customer_list.get(connection, id))
        line = customer_timeline.timeline(connection, [id, *merged_into(connection, id)], limit=500)
        found[f"timeline {name}"] = [row["position"] for row in line if "merged" not in row["type"]]
    for filter in FILTERS:
        found[str(filter)] = [_plain(row) for row in customer_list.listing(connection, filter, sort="registered_at").rows]
    for text in TEXTS:
        found[text] = [_plain(row) for row in customer_list.search(connection, text).rows]
    return found | {"duplicates": duplicates(connection).rows}


def _plain(row: dict[str, Any] | None) -> dict[str, Any]:
    assert row is not None
    return {name: value for name, value in row.items() if name not in ("position", "version")}


@settings(max_examples=40, deadline=None)
@given(acts(ACTS), MERGES, st.booleans(), st.booleans())
def test_unmerging_gives_every_earlier_answer_again(
    done: Sequence[Act], order: Sequence[int], chain: bool, last_first: bool
) -> None:
    history = registered(*NAMES)
    for place, one in enumerate(done):
        act(history, NAMES[one[1]], one, place)
    first, second, survivor = (NAMES[place] for place in order)
    with in_memory(customer_timeline.customer_timeline) as connection:
        before = answers(connection, history)
        merge(history, first, second if chain else survivor)
        merge(history, second, survivor)
        merged = answers(connection, history)
        _is_in_each_list_once(merged, survivor)
        for name in (second, first) if last_first else (first, second):
            unmerge(history, name)
        assert answers(connection, history) == before
        merge(history, survivor, first)
        unmerge(history, survivor)
        assert answers(connection, history) == before


def _is_in_each_list_once(found: dict[str, Any], survivor: str) -> None:
    """Lists and searches have the survivor once or not at all, as in the single answer; only `merged` lists the others."""
    for asked in (*map(str, FILTERS), *TEXTS):
        if asked == str(Filter(merged=True)):
            assert len(found[asked]) == 2
        else:
            assert found[asked] in ([], [found[survivor]]), asked
    shown = found[survivor]
    assert found[str(Filter())] == [shown]
    for tag in "abc":
        assert bool(found[str(Filter(tag=tag))]) == (tag in shown["tags"])
    for owner in ("kim", "lee"):
        assert bool(found[str(Filter(owner=owner))]) == (shown["owner"] == owner)
    assert bool(found[str(Filter(team="north"))]) == (shown["team"] == "north")
    values = [method["value"].casefold() for method in shown["contact_methods"]]
    assert len(values) == len(set(values))
    for start in ("bob@", "+4930"):
        assert bool(found[start]) == any(value.startswith(start) for value in values)


@settings(max_examples=40, deadline=None)
@given(acts(COMMON), MERGES)
def test_a_survivor_is_the_customer_for_whom_everything_was_recorded(done: Sequence[Act], order: Sequence[int]) -> None:
    several, single = registered(*NAMES), registered("One")
    for place, one in enumerate(done):
        act(several, NAMES[one[1]], one, place)
        act(single, "One", one, place)
    first, second, survivor = (NAMES[place] for place in order)
    merge(several, first, second)
    merge(several, second, survivor)
    with in_memory(customer_timeline.customer_timeline) as connection:
        folded(connection, several)
        merged = _plain(customer_list.get(connection, uuid(survivor)))
    with in_memory(customer_timeline.customer_timeline) as connection:
        folded(connection, single)
        expected = _plain(customer_list.get(connection, uuid("One")))
    assert merged["tags"] == expected["tags"]
    assert [_without_origin(consent) for consent in merged["consents"]] == expected["consents"]


def _without_origin(consent: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in consent.items() if name != "customer_id"}


@settings(max_examples=60, deadline=None)
@given(acts(CONSENTS), MERGES)
def test_of_all_words_about_one_contact_value_the_youngest_counts(done: Sequence[Act], order: Sequence[int]) -> None:
    history = registered(*NAMES)
    for name in NAMES:
        for n in range(4):
            act(history, name, ("contact", 0, n), n)
    for place, one in enumerate(done):
        act(history, NAMES[one[1]], one, place)
    first, second, survivor = (NAMES[place] for place in order)
    merge(history, first, second)
    merge(history, second, survivor)
    youngest: dict[tuple[str, str, str | None], tuple[datetime, bool]] = {}
    for customer in (history.of(Customer, name) for name in NAMES):
        values = {id: str(known.method.value).casefold() for id, known in customer.methods.items()}
        for (purpose, channel, method_id), word in customer.consents.items():
            value = None if method_id is None else values[method_id]
            key, at = (purpose, channel, value), (word.at, word.terms is None)
            youngest[key] = max(youngest.get(key, at), at)
    with in_memory(customer_timeline.customer_timeline) as connection:
        folded(connection, history)
        shown = _plain(customer_list.get(connection, uuid(survivor)))
    values = {UUID(method["method_id"]): method["value"].casefold() for method in shown["contact_methods"]}
    assert {
        (one["purpose"], one["channel"], one["method_id"] and values[one["method_id"]]): (one["at"], not one["given"])
        for one in shown["consents"]
    } == youngest


@settings(max_examples=40, deadline=None)
@given(acts(ACTS))
def test_one_record_alone_is_shown_like_several_records_together(done: Sequence[Act]) -> None:
    history = registered("Ada")
    for place, one in enumerate(done):
        act(history, "Ada", one, place)
    with in_memory(customer_timeline.customer_timeline) as connection:
        folded(connection, history)
        [state] = connection.execute(select(customers.c.state)).scalars()
    record = Record(uuid("Ada"), opened(state))
    several = together([record])
    for field in ("contact_methods", "consents", "external_ids"):
        several[field] = [_without_origin(one) for one in several[field]]
    assert several | {"origins": {}} == profile([record])
