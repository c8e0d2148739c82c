from __future__ import annotations

from typing import Any

import pytest

from domain.operations.api_key import ApiKey, ApiKeyAlreadyIssued, ImportMayNotTouchKeys, Issued, Revoked, UnknownRole
from domain.shared.events import type_name
from domain.shared.ids import new_id
from domain.shared.refusals import Malformed, NotThere
from tests.domain.given import LAST_WEEK, YESTERDAY, facts, flags, imported, live, state, stored

HASH = "ab" * 32


def key(**more: Any) -> ApiKey:
    issued = ApiKey(new_id())
    issued.issue(live(), **{"label": "Shop", "roles": ["sales", "agent"], "hash": HASH, **more})
    return issued


def test_a_key_is_issued_with_its_roles_and_the_digest_of_its_secret() -> None:
    issued = key()
    assert facts(issued) == [Issued(label="Shop", roles=("agent", "sales"), hash=HASH)]
    assert issued.active


def test_the_same_key_again_records_nothing() -> None:
    issued = key()
    issued.issue(live(), label="Shop", roles=["agent", "sales"], hash=HASH)
    assert issued.version == 1


def test_another_key_under_the_same_id_is_refused() -> None:
    with pytest.raises(ApiKeyAlreadyIssued):
        key().issue(live(), label="Shop", roles=["admin"], hash=HASH)


@pytest.mark.parametrize("roles", [[], ["root"], ["agent", "importer"]])
def test_an_unknown_role_is_refused(roles: list[str]) -> None:
    with pytest.raises(UnknownRole):
        key(roles=roles)


@pytest.mark.parametrize("wrong", [{"hash": "secret"}, {"hash": HASH.upper()}, {"label": ""}])
def test_a_malformed_key_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        key(**wrong)


def test_a_key_is_revoked_once() -> None:
    issued = key()
    issued.revoke(live(LAST_WEEK))
    issued.revoke(live())
    assert facts(issued)[1:] == [Revoked()]
    assert not issued.active


def test_revoking_again_at_another_time_is_recorded_and_flagged() -> None:
    issued = key()
    issued.revoke(live(LAST_WEEK))
    issued.revoke(live(YESTERDAY))
    issued.revoke(live(LAST_WEEK))
    assert issued.version == 3
    assert flags(issued) == ("repeated",)


def test_a_revoked_key_cannot_be_issued_again() -> None:
    issued = key()
    issued.revoke(live())
    issued.issue(live(), label="Shop", roles=["agent", "sales"], hash=HASH)
    assert not issued.active


def test_a_key_that_was_never_issued_cannot_be_revoked() -> None:
    with pytest.raises(NotThere):
        ApiKey(new_id()).revoke(live())


def test_an_import_cannot_issue_or_revoke_keys() -> None:
    with pytest.raises(ImportMayNotTouchKeys):
        ApiKey(new_id()).issue(imported(), label="Shop", roles=["agent"], hash=HASH)
    with pytest.raises(ImportMayNotTouchKeys):
        key().revoke(imported())


def test_a_replay_gives_the_same_key() -> None:
    issued = key()
    issued.revoke(live())
    assert state(stored(issued)) == state(issued)


def test_type_names_are_permanent() -> None:
    assert [type_name(event) for event in ApiKey.events] == ["crm.api_key.issued.v1", "crm.api_key.revoked.v1"]
