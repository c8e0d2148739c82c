"""Any sequence of decisions on a customer keeps the rules."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.customers.customer.customer import Customer
from domain.customers.customer.events import Bounce, ConsentGiven, ContactMethod
from domain.customers.customer.relation_events import RelationAdded, RelationEnded
from domain.shared.contact import Address
from domain.shared.events import Actor, Context
from domain.shared.ids import external_id
from domain.shared.refusals import Refusal
from tests.domain.given import NOW, state, stored

OTHERS = [external_id("customer", "test", number, b"") for number in "123"]
METHOD_IDS = [external_id("contact_method", "test", str(number), b"") for number in range(4)]

times = st.none() | st.integers(min_value=-3, max_value=1).map(lambda days: NOW + timedelta(days=days))
origins = st.sampled_from(["live", "import"])
method_ids = st.sampled_from(METHOD_IDS)
names = st.sampled_from([None, "Ada", "Bob", " "])
methods = st.builds(
    ContactMethod,
    method_id=method_ids,
    kind=st.sampled_from(["email", "other"]),
    primary=st.booleans(),
    value=st.sampled_from(["ada@example.com", "ADA@example.com", "bob@example.com", "nonsense"]),
)
purposes = st.sampled_from(["news", "research"])
consents = st.builds(
    ConsentGiven,
    purpose=purposes,
    channel=st.just("email"),
    method_id=st.none() | method_ids,
    expires=st.none() | st.just(NOW),
    evidence=st.none() | st.just("form 7"),
)
days = st.sampled_from([date(2024, 1, 1), date(2024, 6, 1)])
relations = st.builds(
    RelationAdded,
    relation_id=method_ids,
    other=st.sampled_from(OTHERS),
    role=st.sampled_from(["employee", "partner", "owner"]),
    primary=st.booleans(),
    since=st.none() | days,
    title=st.sampled_from([None, "Bob's boss", " "]),
)
attributes = st.dictionaries(st.sampled_from(["size", "notes", ""]), st.sampled_from([None, 1, "tea"]), max_size=2)


def refusal_of(customer: Customer, decision: str, context: Context, *values: Any, **named: Any) -> Refusal | None:
    try:
        getattr(customer, decision)(context, *values, **named)
    except Refusal as refusal:
        return refusal
    return None


class AnyHistory(RuleBasedStateMachine):
    """Each rule tries one decision, which is either refused and changes nothing, or records at most one fact."""

    def __init__(self) -> None:
        super().__init__()
        self.customer = Customer(external_id("customer", "test", "1", b""))
        self.clock = NOW

    def attempt(self, decision: str, origin: Any, at: datetime | None, *values: Any, **named: Any) -> None:
        self.clock += timedelta(seconds=1)
        context = Context(now=self.clock, actor=Actor(type="user", id="u-1"), origin=origin, occurred_at=at)
        was_erased, before, recorded = self.customer.erased, state(stored(self.customer)), len(self.customer.pending)
        refused = refusal_of(self.customer, decision, context, *values, **named)
        if refused is not None:
            assert state(self.customer) == before
            assert not any(secret in str(refused) for secret in ("Ada", "Bob", "nonsense", "example.com"))
        assert 0 <= len(self.customer.pending) - recorded <= 1
        assert not (was_erased and len(self.customer.pending) > recorded)
        if at is not None and len(self.customer.pending) > recorded:
            self.repeat(decision, context, *values, **named)

    def repeat(self, decision: str, context: Context, *values: Any, **named: Any) -> None:
        """Repeating the same fact at the same time records nothing."""
        version = self.customer.version
        assert refusal_of(self.customer, decision, context, *values, **named) is None or self.customer.erased
        assert self.customer.version == version

    @initialize(name=st.sampled_from([None, "Ada"]), method=methods.filter(lambda method: method.value != "nonsense"))
    def registered(self, name: str | None, method: ContactMethod) -> None:
        self.attempt("register", "live", None, kind="person", name=name, contact_methods=[method])

    @rule(origin=origins, at=times, name=names, method=methods)
    def register(self, origin: Any, at: datetime | None, name: str | None, method: ContactMethod) -> None:
        self.attempt("register", origin, at, kind="person", name=name, contact_methods=[method])

    @rule(origin=origins, at=times, name=names, city=st.sampled_from([None, "Oslo", ""]))
    def change_details(self, origin: Any, at: datetime | None, name: str | None, city: str | None) -> None:
        self.attempt("change_details", origin, at, name=name, address=None if city is None else Address(city=city))

    @rule(origin=origins, at=times, method=methods)
    def add_contact_method(self, origin: Any, at: datetime | None, method: ContactMethod) -> None:
        self.attempt("add_contact_method", origin, at, method)

    @rule(
        decision=st.sampled_from(["verify_contact_method", "remove_contact_method", "restore_contact_method"]),
        origin=origins,
        at=times,
        method_id=method_ids,
    )
    def change_contact_method(self, decision: str, origin: Any, at: datetime | None, method_id: Any) -> None:
        self.attempt(decision, origin, at, method_id)

    @rule(origin=origins, at=times, method_id=method_ids, bounce=st.sampled_from(get_args(Bounce)))
    def mark_undeliverable(self, origin: Any, at: datetime | None, method_id: Any, bounce: Any) -> None:
        consents = dict(self.customer.consents)
        self.attempt("mark_undeliverable", origin, at, method_id, bounce)
        assert self.customer.consents == consents

    @rule(origin=origins, at=times, terms=consents)
    def give_consent(self, origin: Any, at: datetime | None, terms: ConsentGiven) -> None:
        self.attempt("give_consent", origin, at, terms)

    @rule(origin=origins, at=times, purpose=purposes, method_id=st.none() | method_ids)
    def withdraw_consent(self, origin: Any, at: datetime | None, purpose: str, method_id: Any) -> None:
        self.attempt("withdraw_consent", origin, at, purpose, "email", method_id)

    @rule(origin=origins, at=times, relation=relations)
    def add_relation(self, origin: Any, at: datetime | None, relation: RelationAdded) -> None:
        self.attempt("add_relation", origin, at, relation)

    @rule(origin=origins, at=times, relation_id=method_ids, until=days)
    def end_relation(self, origin: Any, at: datetime | None, relation_id: Any, until: date) -> None:
        self.attempt("end_relation", origin, at, relation_id, until)

    @rule(decision=st.sampled_from(["archive", "restore"]), origin=origins, at=times)
    def archive_or_restore(self, decision: str, origin: Any, at: datetime | None) -> None:
        self.attempt(decision, origin, at)

    @rule(origin=origins, at=times, into=st.sampled_from(OTHERS))
    def merge(self, origin: Any, at: datetime | None, into: Any) -> None:
        survivor = self.customer.survivor
        self.attempt("merge_into", origin, at, into)
        assert self.customer.survivor in {into, survivor} - {self.customer.id}

    @rule(origin=origins, at=times)
    def unmerge(self, origin: Any, at: datetime | None) -> None:
        self.attempt("unmerge", origin, at)

    @rule(
        decision=st.sampled_from(["tag", "untag"]),
        origin=origins,
        tags=st.lists(st.sampled_from("abc"), max_size=2).map(tuple),
    )
    def tag_or_untag(self, decision: str, origin: Any, tags: tuple[str, ...]) -> None:
        self.attempt(decision, origin, None, tags)

    @rule(origin=origins, at=times, attributes=attributes)
    def set_attributes(self, origin: Any, at: datetime | None, attributes: dict[str, Any]) -> None:
        self.attempt("set_attributes", origin, at, attributes)

    @rule(origin=origins, decision=st.sampled_from(["link_external_id", "unlink_external_id"]))
    def link_or_unlink(self, origin: Any, decision: str) -> None:
        self.attempt(decision, origin, None, "shop", "7")

    @rule(origin=origins, chance=st.integers(min_value=0, max_value=9))
    def erase(self, origin: Any, chance: int) -> None:
        if chance == 0:
            self.attempt("erase", origin, None, reason="requested", requested_by="customer", receipt="DSR-7")

    @invariant()
    def a_replay_gives_the_same_state(self) -> None:
        assert state(stored(self.customer)) == state(self.customer)

    @invariant()
    def a_name_or_a_contact_method_remains(self) -> None:
        customer = self.customer
        assert customer.erased or not customer.exists or customer.details["name"] or customer.present_methods()

    @invariant()
    def at_most_one_primary_method_per_kind(self) -> None:
        primaries = [method.kind for method in self.customer.present_methods() if method.primary]
        assert len(primaries) == len(set(primaries))

    @invariant()
    def no_duplicate_contact_values(self) -> None:
        values = [(method.kind, (method.value or "").casefold()) for method in self.customer.present_methods()]
        assert len(values) == len(set(values))

    @invariant()
    def no_relation_to_themselves_and_no_duplicate_relations(self) -> None:
        held = [known.added for known in self.customer.relations.values() if known.until is None]
        assert all(added.other != self.customer.id for added in held)
        assert len({(added.other, added.role, added.primary, added.since, added.title) for added in held}) == len(held)

    @invariant()
    def only_imported_relations_end_before_they_begin(self) -> None:
        since = {id: known.added.since for id, known in self.customer.relations.items()}
        for event, metadata in self.customer.pending:
            if isinstance(event, RelationEnded) and (began := since.get(event.relation_id)):
                assert event.until >= began or metadata.irregular[0] == "relation-ends-before-it-begins"

    @invariant()
    def every_imported_consent_has_evidence(self) -> None:
        for event, metadata in self.customer.pending:
            assert not isinstance(event, ConsentGiven) or metadata.origin != "import" or event.evidence

    @invariant()
    def an_erased_customer_has_no_state(self) -> None:
        customer = self.customer
        assert not customer.erased or not (
            customer.details or customer.methods or customer.attributes or customer.external_ids or customer.relations
        )


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
