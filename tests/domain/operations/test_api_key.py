from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.operations.api_key import (
    ApiKey,
    ApiKeyAlreadyIssued,
    ApiKeyRevoked,
    ExpiryInThePast,
    ExpirySet,
    ImportMayNotTouchKeys,
    Issued,
    Revoked,
    UnknownRole,
)
from domain.shared.events import Context, type_name
from domain.shared.ids import new_id
from domain.shared.refusals import Malformed, NotThere, Refusal
from tests.domain.given import LAST_WEEK, NOW, YESTERDAY, facts, flags, imported, live, state, stored

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
    with pytest.raises(ImportMayNotTouchKeys):
        key().set_expiry(imported(), expires_at=None)


LATER, LATEST = NOW + timedelta(hours=1), NOW + timedelta(days=1)


def test_a_key_is_in_force_before_its_expiry_and_not_at_it() -> None:
    issued = key(expires_at=LATER)
    assert issued.in_force(LATER - timedelta(microseconds=1))
    assert not issued.in_force(LATER)
    assert key().in_force(datetime.max.replace(tzinfo=NOW.tzinfo))


def test_an_expiry_can_be_changed_and_the_same_again_records_nothing() -> None:
    issued = key(expires_at=LATER)
    for moment in (LATER, LATEST, LATEST, None, None):
        issued.set_expiry(live(), expires_at=moment)
    assert facts(issued)[1:] == [ExpirySet(expires_at=LATEST), ExpirySet()]


@pytest.mark.parametrize("moment", [NOW, YESTERDAY])
def test_a_key_does_not_expire_in_the_past(moment: datetime) -> None:
    with pytest.raises(ExpiryInThePast):
        key(expires_at=moment)
    with pytest.raises(ExpiryInThePast):
        key().set_expiry(live(), expires_at=moment)


def test_a_revoked_key_gets_no_other_expiry() -> None:
    issued = key()
    issued.revoke(live())
    with pytest.raises(ApiKeyRevoked):
        issued.set_expiry(live(), expires_at=LATER)
    with pytest.raises(NotThere):
        ApiKey(new_id()).set_expiry(live(), expires_at=None)


moments = st.sampled_from([None, NOW, LATER, LATEST])


@given(
    st.lists(st.tuples(st.sampled_from(["issue", "set_expiry", "revoke"]), moments, st.none() | st.just(YESTERDAY)), max_size=8)
)
def test_the_first_and_the_last_event_tell_whether_a_key_is_in_force(steps: list[tuple[str, Any, Any]]) -> None:
    issued = ApiKey(new_id())
    for number, (what, moment, at) in enumerate(steps):
        context: Context = live(at and at - timedelta(days=number))
        with suppress(Refusal):
            match what:
                case "issue":
                    issued.issue(context, label="Shop", roles=["agent"], hash=HASH, expires_at=moment)
                case "set_expiry":
                    issued.set_expiry(context, expires_at=moment)
                case "revoke":
                    issued.revoke(context)
    ends = ApiKey(issued.id)
    for event, metadata in [*issued.pending[:1], *issued.pending[1:][-1:]]:
        ends.apply(event, metadata)
    for now in (NOW, LATER, LATEST):
        assert ends.in_force(now) == issued.in_force(now)
    assert (ends.hash, ends.roles) == (issued.hash, issued.roles)


def test_a_replay_gives_the_same_key() -> None:
    issued = key()
    issued.revoke(live())
    assert state(stored(issued)) == state(issued)


def test_type_names_are_permanent() -> None:
    assert [type_name(event) for event in ApiKey.events] == [
        "crm.api_key.issued.v1",
        "crm.api_key.expiry_set.v1",
        "crm.api_key.revoked.v1",
    ]
