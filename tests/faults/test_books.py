"""What the clients' record says after the log was put back to an earlier moment, and repaired."""

from __future__ import annotations

from domain.shared.ids import new_id
from tests.faults.books import ERASED, Books, Fact


def test_who_was_erased_since_is_erased_again_if_the_log_has_them_or_their_order_again() -> None:
    books = Books()
    present, newcomer, absent, order, later_order = (new_id() for _ in range(5))
    books.registered(present)
    books.versions[present] = 1
    books.placed(order, guest=True)
    kept = books.kept()
    for customer in (newcomer, absent):
        books.registered(customer)
        books.versions[customer] = 1
    books.placed(later_order, guest=True)
    books.linked(order, newcomer)
    books.linked(later_order, absent)
    for customer in (present, newcomer, absent):
        books.was_erased(customer)

    back = books.return_to(kept)
    books.erased_again(back, {present: 7, newcomer: 8})

    assert back == books.erased == {present, newcomer}
    assert books.customers == set()
    assert sorted(books.facts) == sorted([Fact(7, present, 2, ERASED), Fact(8, newcomer, 1, ERASED)])
