"""Erasures of after a backup, applied to the store that was restored from it, and the list that they come from."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from commands.shared.executor import Executor
from domain.shared.ids import new_id
from infra.backup.erasures import BadList, ErasureList, ForeignList
from tests.commands.event_stores import accepted, done, erasing, one, refusal, registering, running, tagging, together
from tests.infra.backup.given_backups import Place, Shop, fill, merging, names, unmerging


class Lost:
    """A store that was backed up, went on, and is gone; its list of erasures is not."""

    def __init__(self, place: Place, other: Place, folder: Path, later: Callable[[Executor, Shop], None]) -> None:
        self.place, self.other = place, other
        with place.running() as executor:
            self.shop = fill(executor)
            self.made = place.backed_up(folder)
            later(executor, self.shop)
        self.list = place.list

    def lines(self) -> list[str]:
        return self.list.read_text().splitlines(keepends=True)

    def restored(self) -> int:
        return self.other.restored(self.made, self.list).erased


def test_who_was_erased_after_the_backup_is_erased_again(place: Place, other: Place, tmp_path: Path) -> None:
    def later(executor: Executor, shop: Shop) -> None:
        done(*together(executor, erasing(shop.people[0]), erasing(shop.survivor), registering()))

    lost = Lost(place, other, tmp_path / "backups", later)
    shop = lost.shop
    assert lost.restored() == 3
    with other.opened() as store, running(store) as executor:
        assert names(store, [*shop.people[:2], shop.merged, shop.survivor]) == [None, "Ada 1", None, None]
        assert not store.subjects_with_keys([shop.people[0], shop.orders[0], shop.merged, shop.survivor, shop.erased])
        again = store.streams([shop.people[0]])[shop.people[0]][-1]
        assert (again.type, again.event.receipt) == ("crm.customer.erased.v1", "r-1")  # type: ignore[attr-defined]
        assert again.position > lost.made.events.given
        assert set(store.streams([shop.survivor])[shop.survivor][-1].metadata.concerns) == {shop.merged}
        assert refusal(one(executor, tagging(shop.people[0], "vip"))) == "customer-erased"


def test_without_the_list_erased_people_would_be_back(place: Place, tmp_path: Path, make_place: Callable[[str], Place]) -> None:
    other = make_place("sqlite")

    def later(executor: Executor, shop: Shop) -> None:
        one(executor, erasing(shop.people[0]))

    lost = Lost(place, other, tmp_path / "backups", later)
    other.restored(lost.made)
    with other.opened() as store:
        assert names(store, lost.shop.people[:1]) == ["Ada 0"]


def test_an_erasure_takes_along_who_was_merged_after_the_backup_and_spares_who_was_parted(
    place: Place, other: Place, tmp_path: Path
) -> None:
    late = new_id()

    def later(executor: Executor, shop: Shop) -> None:
        outcomes = done(
            *together(
                executor,
                unmerging(shop.merged),
                merging(shop.people[20], shop.survivor),
                registering(late, "Bob"),
                merging(shop.people[21], late),
                erasing(shop.survivor),
                erasing(late),
            )
        )
        assert all(map(accepted, outcomes))

    lost = Lost(place, other, tmp_path / "backups", later)
    shop = lost.shop
    assert lost.restored() == 3
    with other.opened() as store, running(store) as executor:
        assert names(store, [shop.merged, shop.survivor, *shop.people[20:23]]) == ["Ada 10", None, None, None, "Ada 22"]
        assert not store.subjects_with_keys([late])
        # They are erased for commands too, although the merges are lost.
        for gone in (shop.people[20], shop.people[21]):
            assert refusal(one(executor, tagging(gone, "vip"))) == "customer-erased"
        assert accepted(one(executor, tagging(shop.people[22], "vip")))


def test_a_line_is_written_before_the_erasure_is_answered_and_has_nothing_personal(
    make_place: Callable[[str], Place], tmp_path: Path
) -> None:
    place = make_place("sqlite")
    with place.opened() as store, running(store) as executor:
        id = new_id()
        done(executor.submit(registering(id, "Ada Lovelace")))
        assert not place.list.exists()
        erased = one(executor, erasing(id))
        [line] = place.list.read_text().splitlines()
        receipt = json.loads(line)
        assert (receipt["stream"], receipt["position"], receipt["previous"]) == (str(id), erased.position, 0)
        assert receipt["store"] == store.identity().store
        assert "Lovelace" not in line
        assert stat.S_IMODE(place.list.stat().st_mode) == 0o600


def test_a_list_that_is_gone_torn_or_behind_is_completed_from_the_log(make_place: Callable[[str], Place]) -> None:
    place = make_place("sqlite")
    with place.opened() as store, running(store) as executor:
        ids = [new_id() for _ in range(5)]
        done(*together(executor, *map(registering, ids)), *together(executor, *map(erasing, ids[:4])))
        whole = place.list.read_bytes()
        lines = whole.splitlines(keepends=True)
        assert len(lines) == 4
        for left in (b"", lines[0], b"".join(lines[:3]) + lines[3][:50], whole[:-1]):
            place.list.write_bytes(left)
            assert ErasureList(place.list, store).catch_up() == 4 - left.count(b"\n")
            assert place.list.read_bytes() == whole
        rivals = [ErasureList(place.list, store) for _ in range(2)]
        assert [rival.catch_up() for rival in rivals] == [0, 0]
        store.when_erased = lambda: None
        one(executor, erasing(ids[4]))
        assert [rival.catch_up() for rival in rivals] == [1, 0]
        place.list.unlink()
        assert rivals[0].catch_up() == 5
        assert [json.loads(line)["stream"] for line in place.list.read_text().splitlines()] == list(map(str, ids))


def test_the_list_of_another_store_is_left_alone(make_place: Callable[[str], Place]) -> None:
    place, stranger = make_place("sqlite"), make_place("sqlite")
    for one_place in (stranger, place):
        with one_place.running() as executor:
            one(executor, registering(id := new_id()))
            one(executor, erasing(id))
    theirs = stranger.list.read_bytes()
    place.list.write_bytes(theirs)
    with place.opened() as store, pytest.raises(ForeignList):
        ErasureList(place.list, store).catch_up()
    assert place.list.read_bytes() == theirs


def test_a_list_with_a_gap_a_foreign_line_or_an_end_before_the_backup_is_refused(
    make_place: Callable[[str], Place], tmp_path: Path
) -> None:
    def later(executor: Executor, shop: Shop) -> None:
        for id in shop.people[:3]:
            one(executor, erasing(id))

    place, other = make_place("sqlite"), make_place("sqlite")
    lost = Lost(place, other, tmp_path / "backups", later)
    lines = lost.lines()
    stranger = make_place("sqlite")
    with stranger.running() as executor:
        one(executor, registering(id := new_id()))
        one(executor, erasing(id))
    for wrong, why in (
        ([*lines[:2], lines[3]], "has a gap"),
        ([], "does not have the erasure"),
        (lines[2:], "does not have the erasure"),
        ([*lines, stranger.list.read_text()], "line 5: another store wrote it"),
        ([*lines[:3], lines[3].replace('"requested"', '"retention"')], "line 4: another store wrote it"),
        ([*lines[:3], "{}\n"], "line 4: it is not a receipt"),
    ):
        lost.list.write_text("".join(wrong))
        with pytest.raises(BadList, match=why):
            lost.restored()
        assert not list(other.settings.home.glob("events.db*"))
    # Two lists of the same store, one after another, and a line that the crash cut off.
    lost.list.write_text("".join(lines + lines[1:]) + lines[0][:40])
    assert lost.restored() == 3
