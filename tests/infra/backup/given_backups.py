"""A store with a little of everything, and its backups."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from pyrage import x25519

from commands.customers import customers
from commands.shared.batch import Command
from commands.shared.executor import Executor
from domain.shared.ids import new_id
from infra.backup import tables
from infra.backup.erasures import ErasureList, erasures_file
from infra.backup.making import Folders, Made, Progress, make
from infra.backup.reading import Pair
from infra.backup.restoring import Restored, Wanted, restore
from infra.event_store.store import EventStore
from infra.event_store.vault import Vault
from infra.settings import Settings
from infra.wiring import restored_store
from tests.commands.event_stores import archiving, command, done, erasing, placing, registering, running, together


def nothing(done: int, total: int) -> None:
    """No progress is shown."""


class Place(NamedTuple):
    """Where a store is, or will be."""

    settings: Settings
    identity: x25519.Identity

    @contextmanager
    def opened(self) -> Iterator[EventStore]:
        """The store, which keeps its list of erasures."""
        self.settings.home.mkdir(exist_ok=True)
        with closing(restored_store(self.settings)) as store:
            store.when_erased = ErasureList(self.list, store).catch_up  # type: ignore[assignment]
            yield store

    @contextmanager
    def running(self) -> Iterator[Executor]:
        with self.opened() as store, running(store) as executor:
            yield executor

    @property
    def list(self) -> Path:
        return erasures_file(self.settings)

    def backed_up(self, folder: Path, progress: Progress = nothing, keys_folder: Path | None = None) -> Made:
        for one in (folder, keys_folder or folder):
            one.mkdir(exist_ok=True)
        with closing(tables.source(self.settings)) as source:
            recipients = [self.identity.to_public()]
            return make(source, Vault(*self.settings.master_keys), Folders(folder, keys_folder or folder), recipients, progress)

    def restored(self, made: Made, erasures: Path | None = None, above: int | None = None) -> Restored:
        pair = Pair(made.events_file, made.keys_file)
        return restore(self.settings, Wanted(pair, [self.identity], erasures, above), nothing, lambda: None)


class Shop(NamedTuple):
    """What `fill` recorded."""

    people: list[UUID]
    merged: UUID
    survivor: UUID
    erased: UUID
    orders: list[UUID]


def fill(executor: Executor) -> Shop:
    """Customers: one is merged into another, one is erased; orders with numbers; requests with receipts."""
    people = [new_id() for _ in range(130)]
    orders = [new_id() for _ in range(5)]
    done(*together(executor, *(registering(id, f"Ada {n}", key=f"register-{n}") for n, id in enumerate(people))))
    done(*together(executor, *(placing(id, person, key=id.hex) for id, person in zip(orders, people, strict=False))))
    merged, survivor, erased = people[10], people[11], people[12]
    done(executor.submit(merging(merged, survivor)), executor.submit(erasing(erased)), executor.submit(archiving(people[13])))
    return Shop(people, merged, survivor, erased, orders)


def merging(customer_id: UUID, into: UUID) -> Command:
    return command(customers.merge, customer_id=customer_id, into=into)


def unmerging(customer_id: UUID) -> Command:
    return command(customers.unmerge, customer_id=customer_id)


def names(store: EventStore, ids: list[UUID]) -> list[str | None]:
    found = store.streams(ids)
    return [found[id][0].event.name for id in ids]  # type: ignore[attr-defined]
