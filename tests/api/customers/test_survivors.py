"""A merge survivor answers for everyone merged into them, and unmerging gives the earlier answers again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
import pytest

from tests.api.client import Client
from tests.api.conftest import KeyFor, on_both_engines
from tests.api.customers.given_customers import head, registered, seen
from tests.api.sales.given_orders import done

BOB: dict[str, Any] = {"name": "Bob", "contact_methods": [{"kind": "email", "value": "bob@example.com"}]}
NEWS = {"purpose": "news", "channel": "email"}
SYNCED = "/v1/customers/by/shop/17"


def id_of(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def merged(client: Client, one: str, into: str) -> None:
    done(client, f"{one}/merge", {"into": id_of(into)})


def listed(client: Client, **filter: Any) -> set[str]:
    """The names of the customers in the list."""
    found = seen(client, "/v1/customers", **filter)["items"]
    ids = [item["id"] for item in found]
    assert len(ids) == len(set(ids)), "a customer is listed twice"
    return {item["name"] for item in found}


@pytest.fixture
def pair(client: Client) -> tuple[str, str]:
    """Ada, and Bob, who has a tag, an owner and an attribute that Ada does not have."""
    ada = registered(client, attributes={"size": 1})
    bob = registered(client, **BOB, owner="kim", team="north", language="de", attributes={"size": 2, "shoe": "42"})
    done(client, f"{ada}/tags", {"tags": ["new"]})
    done(client, f"{bob}/tags", {"tags": ["vip"]})
    return ada, bob


# The profile


@on_both_engines
def test_a_survivor_has_the_values_of_both_and_where_they_come_from(client: Client, pair: tuple[str, str]) -> None:
    ada, bob = pair
    merged(client, bob, ada)
    survivor = seen(client, ada)
    assert (survivor["name"], survivor["owner"], survivor["team"], survivor["language"]) == ("Ada", "kim", "north", "de")
    assert (survivor["tags"], survivor["attributes"]) == (["new", "vip"], {"size": 1, "shoe": "42"})
    methods = {method["value"]: method["customer_id"] for method in survivor["contact_methods"]}
    assert methods == {"Ada@example.com": id_of(ada), "bob@example.com": id_of(bob)}
    origins = survivor["origins"]
    assert (origins["name"], origins["owner"], origins["language"]) == (id_of(ada), id_of(bob), id_of(bob))
    assert origins["tags"] == {"new": [id_of(ada)], "vip": [id_of(bob)]}
    assert origins["attributes"] == {"size": id_of(ada), "shoe": id_of(bob)}


def test_the_owner_and_the_team_come_from_one_record(client: Client) -> None:
    ada, bob = registered(client, owner="lee"), registered(client, **BOB, owner="kim", team="north")
    merged(client, bob, ada)
    survivor = seen(client, ada)
    assert (survivor["owner"], survivor["team"]) == ("lee", None)
    assert listed(client, owner="kim") == listed(client, team="north") == set()


def test_one_value_is_one_contact_method(client: Client) -> None:
    ada, twin = registered(client), registered(client)
    method = seen(client, twin)["contact_methods"][0]["method_id"]
    done(client, f"{twin}/contact-methods/{method}/undeliverable", {"bounce": "hard"})
    merged(client, twin, ada)
    [shown] = seen(client, ada)["contact_methods"]
    assert (shown["customer_id"], shown["primary"], shown["undeliverable"]) == (id_of(ada), True, "hard")


def test_a_caller_without_personal_read_sees_no_personal_origin(client: Client, pair: tuple[str, str], key_for: KeyFor) -> None:
    ada, bob = pair
    merged(client, bob, ada)
    plain = client.get(ada, params={"after": head(client)}, headers=key_for("analyst")).json()
    assert plain["attributes"] == {"size": 1}
    assert plain["origins"]["attributes"] == {"size": id_of(ada)}
    assert not {"name", "address"} & plain["origins"].keys()
    assert "42" not in str(plain["attributes"])
    assert plain["tags"] == ["new", "vip"]


# Consents


def consents(client: Client, customer: str) -> list[tuple[str, bool, str | None]]:
    found = seen(client, customer)["consents"]
    return [(consent["purpose"], consent["given"], consent.get("customer_id")) for consent in found]


@pytest.mark.parametrize("withdrawn_first", [True, False])
def test_of_two_consents_the_younger_word_counts(client: Client, withdrawn_first: bool) -> None:
    ada, bob = registered(client), registered(client, **BOB)
    given_at, withdrawn_at = ("2024-03-02", "2024-03-01") if withdrawn_first else ("2024-03-01", "2024-03-02")
    done(client, f"{ada}/consents", NEWS | {"occurred_at": f"{given_at}T09:00:00Z"})
    done(client, f"{bob}/consents/withdrawal", NEWS | {"occurred_at": f"{withdrawn_at}T09:00:00Z"})
    before = consents(client, ada), consents(client, bob)
    merged(client, bob, ada)
    assert consents(client, ada) == [("news", withdrawn_first, id_of(ada if withdrawn_first else bob))]
    done(client, f"{bob}/unmerge")
    assert (consents(client, ada), consents(client, bob)) == before


def test_at_the_same_moment_a_withdrawal_counts(client: Client) -> None:
    ada, bob = registered(client), registered(client, **BOB)
    at = {"occurred_at": "2024-03-01T09:00:00Z"}
    done(client, f"{bob}/consents", NEWS | at)
    done(client, f"{ada}/consents/withdrawal", NEWS | at)
    merged(client, bob, ada)
    assert consents(client, ada) == [("news", False, id_of(ada))]
    done(client, f"{bob}/unmerge")
    merged(client, ada, bob)
    assert consents(client, bob) == [("news", False, id_of(ada))]


@pytest.mark.parametrize("removed", [True, False])
def test_consents_for_one_contact_value_are_one_consent(client: Client, removed: bool) -> None:
    ada, twin = registered(client), registered(client)
    mine, theirs = (seen(client, one)["contact_methods"][0]["method_id"] for one in (ada, twin))
    done(client, f"{ada}/consents", NEWS | {"method_id": mine, "occurred_at": "2024-03-01T09:00:00Z"})
    done(client, f"{twin}/consents/withdrawal", NEWS | {"method_id": theirs, "occurred_at": "2024-03-02T09:00:00Z"})
    if removed:
        assert client.delete(f"{twin}/contact-methods/{theirs}").status_code == 200
    merged(client, twin, ada)
    [consent] = seen(client, ada)["consents"]
    assert (consent["given"], consent["method_id"], consent["customer_id"]) == (False, mine, id_of(twin))


def test_consents_of_a_chain_of_merges_are_all_heard(client: Client) -> None:
    ada, bob, cyd = (registered(client, name=name) for name in ("Ada", "Bob", "Cyd"))
    done(client, f"{ada}/consents", NEWS | {"occurred_at": "2024-03-01T09:00:00Z"})
    done(client, f"{cyd}/consents/withdrawal", NEWS | {"occurred_at": "2024-03-02T09:00:00Z"})
    merged(client, cyd, bob)
    merged(client, bob, ada)
    assert consents(client, ada) == [("news", False, id_of(cyd))]
    done(client, f"{bob}/unmerge")
    assert consents(client, ada) == [("news", True, None)]
    assert consents(client, bob) == [("news", False, id_of(cyd))]


def test_a_merged_customer_takes_withdrawals_and_what_ends_their_own_facts(client: Client, pair: tuple[str, str]) -> None:
    ada, bob = pair
    done(client, f"{bob}/consents", NEWS)
    [method] = [one["method_id"] for one in seen(client, bob)["contact_methods"]]
    merged(client, bob, ada)
    done(client, f"{bob}/consents/withdrawal", NEWS)
    done(client, f"{bob}/tags/removal", {"tags": ["vip"]})
    done(client, f"{bob}/contact-methods/{method}/verification")
    assert client.delete(f"{bob}/contact-methods/{method}").status_code == 200
    survivor = seen(client, ada)
    assert (survivor["tags"], [one["value"] for one in survivor["contact_methods"]]) == (["new"], ["Ada@example.com"])
    assert consents(client, ada) == [("news", False, id_of(bob))]
    for path, body in (("consents", NEWS), ("tags", {"tags": ["late"]}), ("anonymous-ids", {"anonymous_id": "x"})):
        refusal = client.post(f"{bob}/{path}", body)
        assert (refusal.status_code, refusal.json()["facts"]["survivor"]) == (409, id_of(ada)), path


# Lists


@on_both_engines
def test_lists_give_the_survivor_once_and_the_merged_customer_only_if_asked(client: Client, pair: tuple[str, str]) -> None:
    ada, bob = pair
    merged(client, bob, ada)
    filters: Collection[dict[str, Any]] = (
        {},
        {"tag": "vip"},
        {"tag": "new"},
        {"owner": "kim"},
        {"team": "north"},
        {"q": "bob"},
        {"q": "BOB@example"},
        {"q": "ada"},
        {"sort": "name"},
    )
    for filter in filters:
        assert listed(client, **filter) == {"Ada"}, filter
    assert (
        listed(client, merged=True) == listed(client, merged=True, tag="vip") == listed(client, merged=True, q="bob") == {"Bob"}
    )
    assert listed(client, merged=True, tag="new") == set()
    [row] = seen(client, "/v1/customers", tag="vip")["items"]
    assert row == {name: value for name, value in seen(client, ada).items() if name in row}
    assert row["merged_ids"] == [id_of(bob)]
    done(client, f"{bob}/unmerge")
    assert (listed(client), listed(client, tag="vip"), listed(client, merged=True)) == ({"Ada", "Bob"}, {"Bob"}, set())


def test_no_list_has_an_erased_survivor_or_anyone_merged_into_them(client: Client, pair: tuple[str, str]) -> None:
    ada, bob = pair
    merged(client, bob, ada)
    done(client, f"{ada}/erasure", {"reason": "requested", "requested_by": "customer"})
    assert listed(client) == listed(client, merged=True) == listed(client, q="bob") == listed(client, tag="vip") == set()
    gone = seen(client, ada)
    assert (gone["merged_ids"], "origins" in gone, seen(client, bob)["erased_at"]) == ([id_of(bob)], False, gone["erased_at"])


def test_the_channel_of_acquisition_is_filled_from_a_merged_customer(client: Client) -> None:
    ada = registered(client, acquisition={"utm": {"source": "letter"}})
    bob = registered(client, **BOB, acquisition={"channel": "fair"})
    merged(client, bob, ada)
    assert seen(client, ada)["source_channel"] == seen(client, ada)["source"]["channel"] == "fair"
    assert listed(client, source_channel="fair") == {"Ada"}


def test_a_selection_acts_on_the_survivor_and_never_on_a_merged_customer(client: Client, pair: tuple[str, str]) -> None:
    ada, bob = pair
    merged(client, bob, ada)
    selection = {"filter": {"tag": "vip"}, "then": {"path": "tags", "body": {"tags": ["chosen"]}}}
    answer = client.post("/v1/customers/select", selection, params={"after": head(client)})
    assert [line["id"] for line in map(msgspec.json.decode, answer.text.splitlines())] == [id_of(ada)]
    assert listed(client, tag="chosen") == {"Ada"}
    twins = {"filter": {"merged": True}, "then": {"path": "unmerge"}}
    assert client.post("/v1/customers/select", twins, params={"after": head(client)}).status_code == 200
    assert listed(client) == {"Ada", "Bob"}


def test_in_a_chain_every_survivor_is_found_by_those_merged_into_them(client: Client) -> None:
    ada, bob, cyd = (registered(client, name=name, contact_methods=[]) for name in ("Ada", "Bob", "Cyd"))
    done(client, f"{cyd}/tags", {"tags": ["vip"]})
    merged(client, cyd, bob)
    merged(client, bob, ada)
    assert listed(client, tag="vip") == listed(client, q="cyd") == {"Ada"}
    assert listed(client, merged=True, tag="vip") == {"Bob", "Cyd"}


# Another system that knows nothing of the merge


@pytest.fixture
def synced(client: Client) -> tuple[str, str]:
    """Ada, and Bob, who is merged into her and whom the shop knows as 17."""
    ada = registered(client)
    bob = client.put(SYNCED, BOB | {"attributes": {"size": 2}}).headers["Location"]
    merged(client, bob, ada)
    return ada, bob


@on_both_engines
def test_a_sync_of_a_merged_customer_changes_the_survivor(client: Client, synced: tuple[str, str]) -> None:
    ada, bob = synced
    answer = client.put(SYNCED, {"name": "Robert", "owner": "kim", "attributes": {"size": 3}})
    assert (answer.status_code, answer.json()["id"]) == (200, id_of(ada))
    survivor = seen(client, SYNCED)
    assert survivor == seen(client, ada)
    assert (survivor["name"], survivor["owner"], survivor["attributes"]) == ("Robert", "kim", {"size": 3})
    assert (seen(client, bob)["name"], seen(client, bob)["attributes"]) == ("Bob", {"size": 2})
    done(client, f"{bob}/unmerge")
    assert (seen(client, SYNCED)["name"], seen(client, ada)["external_ids"]) == ("Bob", [])
    assert client.put(SYNCED, {"name": "Bobby"}).json()["id"] == id_of(bob)


def test_a_sync_that_repeats_the_merged_customers_record_changes_nothing(client: Client, synced: tuple[str, str]) -> None:
    ada, _ = synced
    before = seen(client, ada)
    answer = client.put(SYNCED, BOB | {"attributes": {"size": 2}})
    assert (answer.status_code, answer.json()["id"], answer.json()["version"]) == (200, id_of(ada), before["version"])
    assert seen(client, ada) == before


def test_a_sync_of_a_chain_changes_the_last_survivor(client: Client, synced: tuple[str, str]) -> None:
    ada, _ = synced
    cyd = registered(client, name="Cyd")
    merged(client, ada, cyd)
    assert client.put(SYNCED, {"name": "Robert"}).json()["id"] == id_of(cyd)
    assert seen(client, SYNCED)["name"] == "Robert"


def test_the_version_that_a_sync_answers_is_the_one_that_it_expects(client: Client, synced: tuple[str, str]) -> None:
    first = client.put(SYNCED, {"name": "Robert"})
    second = client.put(SYNCED, {"name": "Rob"}, headers={"If-Match": first.headers["ETag"]})
    assert second.status_code == 200, second.text
    stale = client.put(SYNCED, {"name": "R."}, headers={"If-Match": first.headers["ETag"]})
    assert stale.status_code == 412


# Refusals name the right target


def test_a_merge_into_a_merged_customer_names_the_survivor(client: Client, pair: tuple[str, str]) -> None:
    ada, bob = pair
    cyd = registered(client, name="Cyd")
    merged(client, bob, ada)
    answer = client.post(f"{cyd}/merge", {"into": id_of(bob)})
    assert (answer.status_code, answer.json()["facts"]["survivor"]) == (409, id_of(ada))


def test_a_survivor_without_a_name_has_the_merged_customers_name_everywhere(client: Client) -> None:
    ada = registered(client, name=None)
    bob, acme = registered(client, **BOB), registered(client, name="Acme", contact_methods=[])
    done(client, f"{ada}/relations", {"other": id_of(acme), "role": "employee"})
    merged(client, bob, ada)
    assert seen(client, ada)["name"] == "Bob"
    assert listed(client, q="bob") == {"Bob"}
    [relation] = seen(client, f"{acme}/relations")["items"]
    assert relation["related"] == {"id": id_of(ada), "kind": "person", "name": "Bob"}
    done(client, f"{bob}/unmerge")
    [relation] = seen(client, f"{acme}/relations")["items"]
    assert relation["related"]["name"] is None


def test_a_survivor_leaves_a_list_that_only_a_merged_customer_was_put_on(client: Client, pair: tuple[str, str]) -> None:
    ada, bob = pair
    members = client.post("/v1/lists", {"name": "Invited"}).headers["Location"] + "/members"
    done(client, members, {"customer_ids": [id_of(bob)]})
    merged(client, bob, ada)
    assert [member["customer_id"] for member in seen(client, members)["items"]] == [id_of(ada)]
    done(client, f"{members}/removal", {"customer_ids": [id_of(ada)]})
    assert seen(client, members)["items"] == []
    done(client, f"{bob}/unmerge")
    assert seen(client, members)["items"] == []


def test_a_tag_of_a_survivor_is_removed_wherever_it_was_recorded(client: Client, pair: tuple[str, str]) -> None:
    ada, bob = pair
    done(client, f"{ada}/tags", {"tags": ["vip"]})
    merged(client, bob, ada)
    assert listed(client, tag="vip") == {"Ada"}
    done(client, f"{ada}/tags/removal", {"tags": ["vip"]})
    assert (listed(client, tag="vip"), seen(client, ada)["tags"]) == (set(), ["new"])
    done(client, f"{bob}/unmerge")
    assert seen(client, bob)["tags"] == []


def test_a_tag_of_a_customer_who_was_unmerged_stays(client: Client, pair: tuple[str, str]) -> None:
    ada, bob = pair
    merged(client, bob, ada)
    done(client, f"{bob}/unmerge")
    done(client, f"{ada}/tags/removal", {"tags": ["vip"]})
    assert seen(client, bob)["tags"] == ["vip"]


@pytest.mark.parametrize("path", ["", "/attributes"])
def test_an_attribute_of_a_survivor_is_removed_wherever_it_was_recorded(
    client: Client, pair: tuple[str, str], path: str
) -> None:
    ada, bob = pair
    merged(client, bob, ada)
    assert seen(client, ada)["attributes"] == {"size": 1, "shoe": "42"}
    assert client.patch(f"{ada}{path}", {"attributes": {"shoe": None, "size": 3}}).status_code == 200
    assert seen(client, ada)["attributes"] == {"size": 3}
    done(client, f"{bob}/unmerge")
    assert seen(client, bob)["attributes"] == {"size": 2}


def test_an_attribute_is_removed_where_its_origin_says_and_changed_only_on_the_survivor(
    client: Client, pair: tuple[str, str]
) -> None:
    ada, bob = pair
    merged(client, bob, ada)
    assert seen(client, ada)["origins"]["attributes"]["shoe"] == id_of(bob)
    assert client.patch(f"{bob}/attributes", {"attributes": {"shoe": "43"}}).status_code == 409
    assert client.patch(f"{bob}/attributes", {"attributes": {"shoe": None}}).status_code == 200
    assert "shoe" not in seen(client, ada)["attributes"]


def test_a_sync_that_removes_an_attribute_removes_it_from_the_survivor_and_the_merged_customer(
    client: Client, synced: tuple[str, str]
) -> None:
    ada, _ = synced
    assert seen(client, ada)["attributes"] == {"size": 2}
    client.put(SYNCED, {"attributes": {"size": None}})
    assert seen(client, ada)["attributes"] == {}
    before = seen(client, ada)["version"]
    client.put(SYNCED, {"attributes": {"size": None}})
    assert seen(client, ada)["version"] == before


def test_a_merge_of_a_moment_ago_counts_when_something_is_removed(client: Client, pair: tuple[str, str]) -> None:
    ada, bob = pair
    for _ in range(5):
        merged(client, bob, ada)
        done(client, f"{ada}/tags/removal", {"tags": ["vip"]})
        assert seen(client, ada)["tags"] == ["new"]
        done(client, f"{bob}/unmerge")
        done(client, f"{bob}/tags", {"tags": ["vip"]})
