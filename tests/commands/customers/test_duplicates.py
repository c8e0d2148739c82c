"""A registration asks inside its commit who has its contacts, so twins see each other, wherever they are registered."""

from __future__ import annotations

from contextlib import closing
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.customers import customers
from commands.shared.batch import Command
from commands.shared.commit import Commit, Committed
from commands.shared.executor import Executor
from commands.shared.outcome import Outcome
from domain.customers.customer.events import ContactMethod
from domain.customers.customer.refusals import PossibleDuplicate
from domain.shared.contact import MethodKind
from domain.shared.ids import new_id
from infra.event_store import contacts
from infra.event_store.store import EventStore
from infra.event_store.verify import verify
from tests.commands.event_stores import (
    Watched,
    accepted,
    command,
    done,
    erasing,
    one,
    opened,
    registering,
    running,
    together,
    worker,
)

ADA = "ada@example.com"


def contact(value: str = ADA, kind: MethodKind = "email", method_id: UUID | None = None) -> ContactMethod:
    return ContactMethod(method_id=method_id or uuid4(), kind=kind, value=value)


def asking(*methods: ContactMethod, id: UUID | None = None, **more: Any) -> Command:
    """A registration that is refused if somebody has one of these contacts."""
    return registering(id, contact_methods=methods or (contact(),), allow_duplicate=False, **more)


def adding(id: UUID, method: ContactMethod) -> Command:
    return command(customers.add_contact_method, customer_id=id, method=method)


def removing(id: UUID, method_id: UUID) -> Command:
    return command(customers.remove_contact_method, customer_id=id, method_id=method_id)


def merging(id: UUID, into: UUID) -> Command:
    return command(customers.merge, customer_id=id, into=into)


def unmerging(id: UUID) -> Command:
    return command(customers.unmerge, customer_id=id)


def candidates(outcome: Outcome) -> list[UUID]:
    """Whom the refusal names."""
    assert isinstance(outcome.refusal, PossibleDuplicate), outcome
    named: list[UUID] = outcome.refusal.members["candidates"]
    return named


def registered(executor: Executor, *methods: ContactMethod) -> UUID:
    """The id of a new customer with these contacts, for whom nobody was asked."""
    outcome = one(executor, registering(contact_methods=methods or (contact(),)))
    assert outcome.id
    return outcome.id


def test_a_registration_is_refused_if_a_customer_has_one_of_its_contacts(executor: Executor) -> None:
    ada = registered(executor)
    refused = one(executor, asking(contact("ADA@Example.com"), contact("+4930123456", "phone")))
    assert candidates(refused) == [ada]
    assert accepted(one(executor, asking(contact("bob@example.com"))))


def test_values_of_different_kinds_are_different_contacts(executor: Executor) -> None:
    registered(executor, contact(ADA, "messaging"))
    assert accepted(one(executor, asking(contact(ADA, "email"))))


def test_of_twins_in_one_batch_the_second_names_the_first(executor: Executor) -> None:
    first, second = done(*together(executor, asking(), asking()))
    assert accepted(first)
    assert candidates(second) == [first.id]


def test_of_twins_in_one_batch_the_second_is_accepted_if_the_first_is_refused(executor: Executor) -> None:
    taken = contact("bob@example.com")
    bob = registered(executor, taken)
    first, second = done(*together(executor, asking(contact(), contact("bob@example.com")), asking()))
    assert candidates(first) == [bob]
    assert accepted(second)


def test_of_twins_in_two_processes_the_second_names_the_first(where: str, executor: Executor) -> None:
    with worker(where) as other:
        assert accepted(one(other, registering()))
        first = one(executor, asking())
        assert candidates(one(other, asking())) == [first.id]


def test_twins_that_two_processes_register_at_the_same_moment_are_one(where: str, executor: Executor) -> None:
    with worker(where) as other:
        for number in range(20):
            email = contact(f"twin-{number}@example.com")
            ends = done(*(each.submit(asking(email)) for each in (executor, other) for _ in range(3)))
            [winner] = [end for end in ends if accepted(end)]
            assert all(candidates(end) == [winner.id] for end in ends if end is not winner)


def test_a_twin_that_is_registered_between_the_decision_and_the_commit_is_seen(store: EventStore, where: str) -> None:
    late = new_id()

    class Overtaken(Watched):
        def commit(self, commit: Commit) -> Committed:
            if not self.commits:
                with worker(where) as other:
                    one(other, registering(late, contact_methods=(contact(),)))
            return super().commit(commit)

    with running(Overtaken(store)) as executor:
        assert candidates(one(executor, asking())) == [late]


def test_a_contact_that_is_removed_between_the_decision_and_the_commit_is_free(store: EventStore, where: str) -> None:
    method = contact()
    ada = new_id()

    class Overtaken(Watched):
        def commit(self, commit: Commit) -> Committed:
            if len(self.commits) == 1:
                with worker(where) as other:
                    one(other, removing(ada, method.method_id))
            return super().commit(commit)

    with worker(where) as first:
        one(first, registering(ada, contact_methods=(method,)))
    with running(Overtaken(store)) as executor:
        assert accepted(one(executor, asking()))


def test_a_removed_contact_is_free_and_an_added_one_is_not(executor: Executor) -> None:
    method = contact()
    ada = registered(executor, method)
    one(executor, removing(ada, method.method_id))
    assert accepted(one(executor, asking()))
    one(executor, adding(ada, contact("second@example.com")))
    assert candidates(one(executor, asking(contact("second@example.com")))) == [ada]


def test_a_contact_that_is_removed_and_added_in_one_batch_is_asked_for_rightly(executor: Executor) -> None:
    method = contact()
    ada = registered(executor, method)
    gone, free, back, taken = done(
        *together(
            executor,
            removing(ada, method.method_id),
            asking(contact("x@example.com"), contact()),
            adding(ada, contact("y@example.com")),
            asking(contact("y@example.com")),
        )
    )
    assert all(map(accepted, (gone, free, back)))
    assert candidates(taken) == [ada]


def test_the_survivor_is_named_for_a_merged_customer_until_they_are_separate_again(executor: Executor) -> None:
    ada, survivor = registered(executor), registered(executor, contact("survivor@example.com"))
    one(executor, merging(ada, survivor))
    assert candidates(one(executor, asking())) == [survivor]
    one(executor, unmerging(ada))
    assert candidates(one(executor, asking())) == [ada]


def test_contacts_of_the_erased_are_free_also_if_they_were_merged(executor: Executor, store: EventStore) -> None:
    ada, survivor = registered(executor), registered(executor, contact("survivor@example.com"))
    one(executor, merging(ada, survivor))
    one(executor, erasing(survivor))
    assert store.checks().contacts() == 0
    assert all(map(accepted, done(*together(executor, asking(), asking(contact("survivor@example.com"))))))


def test_the_refusal_is_no_receipt_so_that_a_repeat_is_accepted_once_the_contact_is_free(executor: Executor) -> None:
    ada = registered(executor)
    assert candidates(one(executor, asking(key="k-1"))) == [ada]
    one(executor, erasing(ada))
    assert accepted(one(executor, asking(key="k-1")))


def test_a_repeated_request_gets_the_first_answer_and_is_no_duplicate_of_itself(executor: Executor) -> None:
    first = one(executor, asking(id=new_id(), key="k-1"))
    assert accepted(first)
    assert one(executor, asking(id=new_id(), key="k-1")).id == first.id
    ends = done(*together(executor, asking(contact("b@example.com"), key="k-2"), asking(contact("b@example.com"), key="k-2")))
    assert ends[0].id == ends[1].id


def test_the_customer_of_another_system_is_refused_only_if_that_is_asked_for(executor: Executor) -> None:
    ada = registered(executor)
    facts: dict[str, Any] = {"customer_id": new_id(), "external": ("shop", "1"), "contact_methods": (contact(),)}
    refused = one(executor, command(customers.create_or_change, allow_duplicate=False, **facts))
    assert candidates(refused) == [ada]
    assert accepted(one(executor, command(customers.create_or_change, **facts)))
    # The customer exists now: their changes are no registration.
    more: dict[str, Any] = facts | {"contact_methods": (contact("bob@example.com"),)}
    registered(executor, contact("bob@example.com"))
    assert accepted(one(executor, command(customers.create_or_change, allow_duplicate=False, **more)))


# The register


def register(store: EventStore) -> set[contacts.ContactRow]:
    """The rows that the register has for the contact methods of all customers of the log."""
    events = store.decode(store.log(0, 10_000))
    added = [contacts.Method(one.stream, contact.method_id) for one in events for contact in one.event.contacts_added()]
    rows = set(store.registered(added))
    assert store.checks().contacts() == len(rows)
    return rows


def test_a_damaged_register_is_found_and_counted_again(executor: Executor, store: EventStore) -> None:
    ada = registered(executor, contact(), contact("+4930123456", "phone"))
    registered(executor, contact("bob@example.com"))
    right = register(store)
    assert [*verify(store)] == []
    [lost] = [row for row in right if row.digest == contacts.Digests(store.secret).of(("email", ADA))]
    store._recorder.register(contacts.ContactRows([], [lost.method]), [])
    [finding] = verify(store)
    assert (finding.kind, str(ada) in finding.detail) == ("contacts", True)
    extra = contacts.ContactRow(uuid4(), contacts.Method(ada, uuid4()))
    store._recorder.register(contacts.ContactRows([lost, extra], []), [])
    assert [finding.detail for finding in verify(store)] == ["The register has 1 rows more than the log has contact methods."]
    store.recount_contacts()
    assert register(store) == right
    assert [*verify(store)] == []


def test_a_store_without_a_register_gets_it_when_it_is_opened(where: str, executor: Executor, store: EventStore) -> None:
    ada = registered(executor)
    right = register(store)
    store._recorder.empty_register()
    store.swap_marker("format", b"4", b"2")
    with closing(opened(where)) as later:
        assert register(later) == right
        assert later.read_marker("format") == b"4"
        with running(later) as other:
            assert candidates(one(other, asking())) == [ada]


PEOPLE, VALUES = 4, 3
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("register", "add", "remove", "merge", "unmerge", "erase", "ask")),
        st.integers(0, PEOPLE - 1),
        st.integers(0, VALUES - 1),
    ),
    max_size=25,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_register_is_always_what_the_log_says(
    executor: Executor, store: EventStore, steps: list[tuple[str, int, int]]
) -> None:
    """Each example goes on with new people in the same store."""
    people = [new_id() for _ in range(PEOPLE)]
    prefix = people[0].hex
    methods = {(person, value): uuid4() for person in range(PEOPLE) for value in range(VALUES)}

    def sent(step: str, person: int, value: int) -> Command:
        id, method = people[person], contact(f"{prefix}-{value}@example.com", method_id=methods[person, value])
        return {
            "register": lambda: registering(id, name="Ada", contact_methods=(method,)),
            "add": lambda: adding(id, method),
            "remove": lambda: removing(id, method.method_id),
            "merge": lambda: merging(id, people[value]),
            "unmerge": lambda: unmerging(id),
            "erase": lambda: erasing(id),
            "ask": lambda: asking(method, id=new_id()),
        }[step]()

    done(*together(executor, *(sent(*step) for step in steps)))
    kept = register(store)
    store.recount_contacts()
    assert register(store) == kept
