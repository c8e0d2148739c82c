"""The peers do what they are compared with, and the CRUD peer is the one of the first figures."""

from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from infra.servers.postgres import PostgresAt
from tests.benchmarks import services
from tests.benchmarks.services import CHANGE, JSON, THEIRS, Side

FROZEN = {
    "crud_peer.py": "4a01e157b6d072f7d21ff3852982c512400e2269c1e818f6d70587b8ba823208",
    "customer_body.py": "dbe11f2a3535db7b273cae1b426ac7cd80e2c6c134bae82d8ae3104990e2b81b",
    "nothing_peer.py": "e286bd9c0e778c34416f419b38f120d98f1bbbe3f27d49bf54ef50f44b7a0b14",
}


@pytest.mark.parametrize("name", FROZEN)
def test_a_frozen_peer_is_not_changed(name: str) -> None:
    source = Path(__file__).with_name(name).read_bytes()
    assert sha256(source).hexdigest() == FROZEN[name], "ratios to this peer are compared with those of earlier releases"


@pytest.fixture(scope="module", params=["crud", "django"])
def peer(request: pytest.FixtureRequest, postgres_server: PostgresAt) -> Iterator[Side]:
    with ExitStack() as stack:
        start = {"crud": services.crud, "django": services.django}[request.param]
        yield start(stack, postgres_server)
    postgres_server.drop_database(f"bench_{request.param}_1")


@pytest.fixture
def client(peer: Side) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=peer.processes[0].url, headers=JSON) as client:
        yield client


def test_a_registered_customer_is_shown_with_every_field_and_a_change_is_counted(client: httpx.Client) -> None:
    registered = client.post("/customers", content=THEIRS.replace("{n}", "-ada")).raise_for_status()
    assert registered.status_code == 201
    there = f"/customers/{registered.json()['id']}"
    shown = client.get(there).raise_for_status().json()
    assert (shown["version"], shown["kind"], shown["name"]) == (1, "person", "Customer -ada")
    assert shown["address"]["lines"] == ["Main Street 1"]
    assert shown["source"]["channel"] == "web"
    assert shown["attributes"] == {"size": "small", "income": 58138}
    [method] = shown["contact_methods"]
    assert {**method, "label": None} == {
        "kind": "email",
        "label": None,
        "primary": True,
        "value": "customer-ada@example.com",
    }
    changed = client.patch(there, content=CHANGE.replace("{n}", "Lovelace")).raise_for_status()
    assert changed.json()["version"] == 2
    shown = client.get(there).raise_for_status().json()
    assert (shown["version"], shown["name"]) == (2, "Customer Lovelace")
    assert shown["contact_methods"] == [method]


def test_a_body_with_an_unknown_kind_is_refused(client: httpx.Client) -> None:
    assert client.post("/customers", json={"kind": "ghost"}).status_code in (400, 422)
    assert client.get("/customers/01890000-0000-7000-8000-000000000000").status_code == 404


def test_the_django_peer_asks_for_duplicates(peer: Side, client: httpx.Client) -> None:
    body = THEIRS.replace("{n}", "-twin")
    client.post("/customers", content=body).raise_for_status()
    asks = client.post("/customers", content=body).status_code == 409
    assert asks == (peer.processes[0].process.name == "tests.benchmarks.django_peer.wsgi")
