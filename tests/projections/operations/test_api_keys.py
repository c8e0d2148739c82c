"""API keys, for listing."""

from domain.operations.api_key import ApiKey
from projections.operations import api_keys
from tests.projections.harness import History, fold, in_memory, uuid


def test_keys_are_listed_newest_first_without_the_digests_of_their_secrets() -> None:
    history = History()
    old, new_key = history.of(ApiKey, "old"), history.of(ApiKey, "new")
    history.must(old, lambda context: old.issue(context, label="old", roles=["agent"], hash="a" * 64))
    history.must(new_key, lambda context: new_key.issue(context, label="new", roles=["agent"], hash="a" * 64))
    history.must(old, old.revoke)
    with in_memory(api_keys.api_keys) as connection:
        fold(connection, history, api_keys.api_keys)
        new, revoked = api_keys.listing(connection)
    assert (new["key_id"], new["label"], new["roles"], new["revoked_at"]) == (uuid("new"), "new", ["agent"], None)
    assert revoked["revoked_at"] == history.now
    assert "a" * 64 not in str([new, revoked])
