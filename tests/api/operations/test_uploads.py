"""Uploads of imports take a bounded space, leave the disk room, and are gone when their import has ended."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.operations import uploads
from api.operations.uploads import Uploads
from api.shared import exporting
from tests.api.conftest import World
from tests.waiting import wait_until

MAPPING = b"""
system = "shop"
occurred_at = "{day}"
ids.customer = "{customer}"
[[make]]
command = "customer.register"
facts = { name = "{name}" }
"""
LARGE = b"x" * 3_000_000


@pytest.fixture
def limited(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The folder of temporary files. Uploads may have 2 MB together, and must leave 1 byte free."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before, world.app.state.uploads = world.app.state.uploads, Uploads(2_000_000, 1)
    yield tmp_path
    world.app.state.uploads = before
    assert list(tmp_path.iterdir()) == []


def _sent(world: World, rows: bytes, key: dict[str, str] | None = None) -> httpx.Response:
    files = {"mapping": ("shop.toml", MAPPING), "file": ("rows.csv", rows)}
    return world.client.request("POST", "/v1/imports", files=files, headers=key or world.admin)


def _ended(world: World, answer: httpx.Response) -> None:
    assert answer.status_code == 202, answer.text
    path = answer.headers["Location"]
    wait_until(lambda: world.client.get(path).json()["state"] != "running", "the import ended")


def test_an_upload_beyond_the_limit_of_all_uploads_is_refused_and_its_space_is_free_again(world: World, limited: Path) -> None:
    for _ in range(2):
        refused = _sent(world, LARGE)
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/uploads-too-large")
        assert refused.headers["Retry-After"]
    for number in range(3):
        _ended(world, _sent(world, b"customer,name,day\n%d,%s,2026-01-02\n" % (number, b"y" * 1_500_000)))


def test_an_upload_that_would_fill_the_disk_is_refused_by_name(world: World, limited: Path) -> None:
    world.app.state.uploads = Uploads(2**40, 2**62)
    refused = _sent(world, b"customer,name,day\n")
    assert (refused.status_code, refused.json()["type"]) == (507, "/problems/no-space")


@pytest.mark.parametrize("number", [28, 122])
def test_a_disk_that_is_full_in_spite_of_that_is_named_too_also_for_an_export(
    world: World, limited: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(number, "full")

    monkeypatch.setattr(uploads.Upload, "folder", full)
    monkeypatch.setattr(exporting, "SpooledTemporaryFile", full)
    export = world.client.get("/v1/customers", headers=world.admin | {"Accept": "text/csv"})
    for refused in (_sent(world, b"customer,name,day\n"), export):
        assert (refused.status_code, refused.json()["type"]) == (507, "/problems/no-space")


def test_imports_that_wait_are_limited_too(world: World, limited: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "AT_ONCE", 2)
    held = threading.Event()
    for _ in range(2):
        world.app.state.jobs._threads.submit(held.wait)
    try:
        waiting = [_sent(world, b"customer,name,day\n%d,Ada,2026-01-02\n" % number) for number in range(2)]
        refused = _sent(world, b"customer,name,day\n9,Ada,2026-01-02\n")
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/too-many-uploads")
    finally:
        held.set()
    for answer in waiting:
        _ended(world, answer)


def test_a_key_that_may_not_import_is_refused_before_its_files_are_read(
    world: World, limited: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    monkeypatch.setattr(Uploads, "take", lambda _, count: taken.append(count))
    refused = _sent(world, LARGE, world.key("analyst"))
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")
    assert taken == []


def test_an_upload_of_many_parts_is_refused(world: World, limited: Path) -> None:
    parts = [(f"part-{number}", (None, b"y" * 1_000)) for number in range(50)]
    refused = world.client.request("POST", "/v1/imports", files=parts, headers=world.admin)
    assert (refused.status_code, refused.json()["type"]) == (400, "/problems/malformed-request")
