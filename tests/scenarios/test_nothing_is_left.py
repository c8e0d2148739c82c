"""After an erasure, no file, table, Kafka segment or log has anything of the person, in either deployment.

The person has a name of this run's own in every field that a request can set, and arrives by every road: requests, an import
with its upload, a webhook, exports, searches and refused requests.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import sqlite3
import string
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from infra.settings import Settings
from tests.api.given_marks import tables_with
from tests.api.given_personal import EMAIL, MAPPING, MARK, PHONE, things_of_a_person
from tests.consumers.webhooks.listening import listening
from tests.scenarios.recount import Recount
from tests.servers import VARIABLE
from tests.waiting import wait_until

DOCS = Path(__file__).parents[2] / "docs"
ERASURE = {"reason": "requested", "requested_by": "customer"}
PADDING = "x" * 100_000


class Person:
    """The API, with this person's name and number in the place of those of the story."""

    def __init__(self, api: httpx.Client) -> None:
        self._api = api
        self.name = "".join(secrets.choice(string.ascii_lowercase) for _ in range(16))
        self.phone = "".join(secrets.choice("123456789") for _ in range(14))

    def named(self, text: str) -> str:
        return text.replace(MARK, self.name).replace(PHONE.removeprefix("+49"), self.phone[:11])

    def request(self, method: str, path: str, *, json: Any = None, **more: Any) -> httpx.Response:
        body = None if json is None else self.named(_json(json))
        headers = {"Idempotency-Key": self.named(f"{EMAIL}-{uuid4()}")} if method != "GET" and "files" not in more else {}
        headers |= {"Content-Type": "application/json"} if body else {}
        return self._api.request(method, self.named(path), content=body, headers=headers, **more)

    def forms(self) -> Iterator[bytes]:
        """The name and the number as they can stand in a file, in lower case."""
        for text in (self.name, self.phone[:11]):
            yield text.encode()
            yield text.encode("utf-16-le")
            yield text.encode().hex().encode()
            # Three alignments, without the characters that depend on what is before and after the text.
            for before in range(3):
                encoded = base64.b64encode(b" " * before + text.encode())
                yield encoded[4 if before else 0 : len(encoded) // 4 * 4 - 4].lower()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


pytestmark = pytest.mark.skipif(
    any(name in os.environ for name in ("RECOUNT_TEST_POSTGRES", "RECOUNT_TEST_KAFKA")),
    reason="it reads the files of the servers",
)


@pytest.fixture
def person(recount: Recount) -> Person:
    return Person(recount.api)


def test_nothing_of_an_erased_person_is_left(recount: Recount, person: Person) -> None:
    settings = recount.settings
    with listening() as listener:
        hook = {"url": listener.url, "personal": True}
        assert recount.api.post("/v1/webhooks", json=hook).status_code == 201
        ids = things_of_a_person(person)  # type: ignore[arg-type]
        _asked_and_refused(person, ids)
        report = _imported(person)
        _caught_up(recount, report["position"])
        wait_until(lambda: any(person.name.encode() in one.body for one in listener.taken), "the webhook has the name")
        _exported(recount, person)
        keys = _keys(settings)
        assert _files_with(_stores(recount, "CHECKPOINT"), person.forms()), "the search finds what is there"
        assert _files_with(_stores(recount), keys), "the search finds keys"
        _erase(recount, person, ids["leads"])
    assert tables_with(settings, person.name, person.phone[:11]) == set()
    destroyed = keys - _keys(settings)
    assert len(destroyed) > 16
    _in_kafka_it_is_only_sealed(settings, person)
    forms = {*person.forms(), *destroyed}
    left = _files_with(_stores(recount, *_recipe()), forms)
    wait_until(lambda: not (left and _files_with(_stores(recount), forms)), f"these files have nothing of the person: {left}")
    assert _files_with(_written(recount), forms) == set()


def _asked_and_refused(person: Person, ids: dict[str, str]) -> None:
    """Requests whose address or refused body has the name."""
    for path in (f"/v1/customers?q={MARK}", f"/v1/customers/by/shop/{MARK}", f"/v1/{MARK}", f"/v1/customers?{MARK}=1"):
        person.request("GET", path)
    place = f"/v1/orders/{ids['orders']}"
    for path, body in (
        ("/v1/customers", {"name": MARK, "kind": MARK}),
        ("/v1/customers", {MARK: MARK}),
        (f"{place}/payments", {"amount": MARK, "payment_id": MARK}),
        (f"{place}/shipments", {"shipment_id": "s-9", "lines": [{"line_id": MARK, "quantity": "1"}]}),
        (f"/v1/customers/{ids['customers']}/tags", {"tags": [f"{MARK} blank"]}),
    ):
        assert person.request("POST", path, json=body).status_code in (404, 409, 422)


def _imported(person: Person) -> dict[str, Any]:
    """The report of an import of rows with the name, one of them refused. The upload is too large to stay in memory."""
    rows = [f"{MARK}-{n},{MARK},{'2026-01-02' if n else MARK},{PADDING}" for n in range(15)]
    file = person.named("customer,name,day,more\n" + "\n".join(rows)).encode()
    begun = person.request(
        "POST", "/v1/imports", files={"mapping": ("shop.toml", MAPPING), "file": (f"{person.name}.csv", file)}
    )
    assert begun.status_code == 202, begun.text
    seen = f"/v1/imports/{begun.json()['id']}"
    wait_until(lambda: person.request("GET", seen).json()["state"] != "running", "the import ended")
    report: dict[str, Any] = person.request("GET", seen).json()["report"]
    assert (report["accepted"], report["refused"]) == (14, 1)
    return report


def _exported(recount: Recount, person: Person) -> None:
    for path, form in (("/v1/customers", "text/csv"), ("/v1/events", "application/x-ndjson"), ("/v1/orders", "text/csv")):
        answer = recount.api.get(path, headers={"Accept": form})
        assert answer.status_code == 200, answer.text
        assert person.name in answer.text.lower()


def _caught_up(recount: Recount, position: int) -> None:
    recount.caught_up(position, "/v1/customers", "/v1/orders", "/v1/tickets", "/v1/interactions", "/v1/touchpoints")


def _erase(recount: Recount, person: Person, lead: str) -> None:
    """Erase every customer whom a search for the name finds (the person, possible duplicates, imported ones) and the lead."""
    found = [f"/v1/customers/{one['id']}" for one in recount.all("/v1/customers", q=person.name)]
    assert len(found) >= 16
    for customer in found:
        assert recount.api.post(f"{customer}/erasure", json=ERASURE).status_code in (200, 409)
    position = recount.api.post(f"/v1/leads/{lead}/erasure", json=ERASURE).headers["Position"]
    _caught_up(recount, int(position))
    for customer in found:
        wait_until(lambda: recount.get(f"{customer}/erasure").json()["complete"], "the erasure is complete")  # noqa: B023


# Where it is searched


def _keys(settings: Settings) -> set[bytes]:
    """The keys of all subjects, as they are stored: with one of them and the master key, a sealed value can be read."""
    if settings.database_url:
        with psycopg.connect(settings.database_url) as postgres:
            return {bytes(row[0]) for row in postgres.execute("SELECT wrapped FROM subject_keys")}
    with closing(sqlite3.connect(settings.home / "events.db")) as sqlite:
        return {bytes(row[0]) for row in sqlite.execute("SELECT wrapped FROM subject_keys")}


def _written(recount: Recount) -> Iterator[Path]:
    """Everything that our processes write: HOME and their logs."""
    return _inside(recount.folder)


def _stores(recount: Recount, *statements: str) -> Iterator[Path]:
    """The files of the stores, after these statements ran on PostgreSQL, with its write-ahead log and its own log."""
    if (url := recount.settings.database_url) is None:
        return _written(recount)
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
        asked = "SELECT current_setting('data_directory'), oid FROM pg_database WHERE datname = current_database()"
        folder, oid = connection.execute(asked).fetchone() or ("", 0)
    data = Path(folder)
    return _inside(data / "base" / str(oid), data / "pg_wal", data.with_name("server.log"))


def _recipe() -> list[str]:
    """What docs/auditors.md tells operators of PostgreSQL to run."""
    [recipe] = re.findall(r"```sql\n(.*?)```", (DOCS / "auditors.md").read_text(), re.DOTALL)
    return [statement for part in recipe.split(";") if (statement := part.strip())]


def _in_kafka_it_is_only_sealed(settings: Settings, person: Person) -> None:
    if settings.kafka:
        node = Path(os.environ[VARIABLE]) / "kafka" / "node-1"
        segments = [file for file in node.rglob("*.log") if file.parent.name.startswith(settings.topic)]
        assert any(b'"sealed"' in file.read_bytes() for file in segments)
        assert _files_with(_inside(*segments, node / "server.log"), person.forms()) == set()


def _files_with(files: Iterable[Path], forms: Iterable[bytes]) -> set[str]:
    searched, found = list(forms), set()
    for file in files:
        with suppress(FileNotFoundError):
            content = file.read_bytes()
            lowered = content.lower()
            found |= {str(file) for form in searched if form in lowered or form in content}
    return found


def _inside(*places: Path) -> Iterator[Path]:
    for place in places:
        yield from (file for file in (place.rglob("*") if place.is_dir() else [place]) if file.is_file())
