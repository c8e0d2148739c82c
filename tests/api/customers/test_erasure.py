"""An erasure reaches every store, includes everything linked to the person, and leaves a receipt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import FastAPI

from consumers.rebuilding.rebuild import Rebuilt, rebuild_all
from infra.processes.parts import Parts
from infra.settings import Settings
from infra.wiring import PROJECTIONS
from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import ADA, ERASURE, registered, seen
from tests.api.given_marks import MARK, OTHER, PHONE, customer, files_with, id_of, marked_person, tables_with
from tests.api.sales.given_leads import captured
from tests.api.sales.given_orders import done
from tests.waiting import wait_until

PRIVATE = {
    "customer_view",
    "customer_contacts",
    "feedback_private",
    "interaction_private",
    "interaction_thread_id",
    "lead_private",
    "order_private",
    "task_titles",
    "ticket_private",
    "touchpoint_private",
}


@on_both_engines
def test_after_an_erasure_no_store_and_no_answer_contains_personal_data(
    app: FastAPI, client: Client, parts: Parts, settings: Settings
) -> None:
    other = customer(client, OTHER, "1234567")
    person, *others = marked_person(client)
    seen(client, person)
    assert tables_with(settings, MARK) == PRIVATE
    assert marked(client, [person], MARK)
    done(client, f"{person}/erasure", ERASURE)
    wait_until(lambda: receipt(client, person)["complete"], "every read model has followed the erasure")
    assert tables_with(settings, MARK, PHONE) == set()
    wait_until(lambda: not files_with(settings, MARK), "no file has what was purged")
    assert marked(client, questions(app, [person, *others]), MARK) == []
    private = [one for one in PROJECTIONS if PRIVATE & {table.name for table in one.tables}]
    store, read_models, partitions = parts.deployment.store, parts.deployment.read_models, parts.deployment.partitions
    for name, ended in rebuild_all(private, store, read_models, partitions):
        assert isinstance(ended, Rebuilt), name
    assert tables_with(settings, MARK, PHONE) == set()
    assert seen(client, other)["name"] == OTHER


def marked(client: Client, questions: Iterable[str], mark: str) -> list[str]:
    """The questions whose answers have the mark."""
    return [path for path in questions if mark in client.get(path).text.lower()]


def questions(app: FastAPI, paths: list[str]) -> Iterator[str]:
    """All reads of these resources, and all lists. Reports are left out: they use only columns that are not personal."""
    for route, operations in app.openapi()["paths"].items():
        if "get" not in operations or route == "/v1/events/stream" or route.startswith("/v1/reports/"):
            continue
        if "{" not in route:
            yield route
        elif "{" not in route.replace("/{id}", "", 1):
            things, _, rest = route.partition("/{id}")
            yield from (path + rest for path in paths if path.startswith(f"{things}/"))


def receipt(client: Client, customer: str) -> dict[str, Any]:
    answer = client.get(f"{customer}/erasure")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_receipt_names_the_actor_the_reason_and_everything_erased(client: Client) -> None:
    person, duplicate, lead, stranger = registered(client), registered(client), captured(client), registered(client)
    done(client, f"{lead}/conversion", {"customer_id": id_of(duplicate)})
    for other in (duplicate, stranger):
        done(client, f"{other}/merge", {"into": id_of(person)})
    done(client, f"{stranger}/unmerge")
    position = done(client, f"{person}/erasure", ERASURE)["position"]
    wait_until(lambda: receipt(client, person)["complete"], "every read model has followed the erasure")
    shown = receipt(client, person)
    assert {name: shown[name] for name in ERASURE} == ERASURE
    assert (shown["position"], shown["actor"]["type"], len(shown["receipt"])) == (position, "api_key", 32)
    assert {(one["kind"], one["id"]) for one in shown["subjects"]} == {
        ("customer", id_of(person)),
        ("customer", id_of(duplicate)),
        ("lead", id_of(lead)),
    }
    assert {one["name"] for one in shown["read_models"]} == {projection.name for projection in PROJECTIONS}
    assert receipt(client, duplicate) == shown | {"customer_id": id_of(duplicate)}
    assert client.get(f"{stranger}/erasure").status_code == 404
    assert seen(client, stranger)["name"] == ADA["name"]


def test_an_erasure_is_not_complete_until_every_read_model_has_followed(client: Client, parts: Parts) -> None:
    person = registered(client)
    seen(client, person)
    assert parts.projector is not None
    with parts.deployment.read_models.writer.begin():
        done(client, f"{person}/erasure", ERASURE)
        shown = receipt(client, person)
        assert all(one["key_destroyed"] for one in shown["subjects"])
        assert not shown["complete"]
        assert not any(one["purged"] for one in shown["read_models"])
