"""The facts of other systems that were decided before: those that no event names, because they were no news."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from commands.shared.commit import NewReceipt, ReceiptKey
from domain.shared.aggregate import Aggregate
from domain.shared.events import Source

NO_ANSWER = b""


class Decided:
    """Those of one batch. `known` are the scope and the key of every receipt that the store has of them."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()

    def learn(self, known: Collection[tuple[str, str]]) -> None:
        self._known.update(known)

    def knows(self, facts: Sequence[ReceiptKey]) -> bool:
        return bool(facts) and all(fact[:2] in self._known for fact in facts)

    def receipts(self, facts: Sequence[ReceiptKey]) -> Iterator[NewReceipt]:
        """A receipt for each fact that has none."""
        for fact in facts:
            if fact[:2] not in self._known:
                self._known.add(fact[:2])
                yield NewReceipt(fact, None, NO_ANSWER)


def names(about: Aggregate | None, source: Source | None) -> bool:
    """Whether the fact needs no receipt: an event of what it is about names it, or there is nothing that it could be about."""
    return about is None or not about.exists or about.names_source(source)
