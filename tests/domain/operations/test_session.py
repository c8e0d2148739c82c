from __future__ import annotations

from datetime import timedelta

import pytest

from domain.operations.session import Ended, ExpiryNotAhead, ImportMayNotSignIn, Opened, Session, SessionAlreadyOpened
from domain.shared.ids import new_id
from domain.shared.refusals import Malformed, NotThere
from tests.domain.given import NOW, facts, imported, live

HASH = "ab" * 32
KEY = new_id()
LATER = NOW + timedelta(hours=12)


def session() -> Session:
    opened = Session(new_id())
    opened.open(live(), key_id=KEY, hash=HASH, expires_at=LATER, means="link")
    return opened


def test_a_session_is_opened_for_a_key_and_its_stream_belongs_to_that_key() -> None:
    opened = session()
    assert facts(opened) == [Opened(key_id=KEY, hash=HASH, expires_at=LATER, means="link")]
    assert opened.pending[0][1].subject == KEY
    assert not opened.ended


def test_a_session_is_opened_once_also_with_the_same_values() -> None:
    opened = session()
    with pytest.raises(SessionAlreadyOpened):
        opened.open(live(), key_id=KEY, hash=HASH, expires_at=LATER, means="link")


def test_a_session_that_has_ended_is_not_opened_again() -> None:
    opened = session()
    opened.end(live())
    with pytest.raises(SessionAlreadyOpened):
        opened.open(live(), key_id=KEY, hash=HASH, expires_at=LATER, means="key")


def test_a_session_ends_once() -> None:
    opened = session()
    for _ in range(2):
        opened.end(live())
    assert facts(opened)[1:] == [Ended()]
    assert opened.ended


def test_a_session_that_was_never_opened_cannot_end() -> None:
    with pytest.raises(NotThere):
        Session(new_id()).end(live())


def test_a_session_expires_after_the_present_moment() -> None:
    with pytest.raises(ExpiryNotAhead):
        Session(new_id()).open(live(), key_id=KEY, hash=HASH, expires_at=NOW, means="key")


def test_only_the_digest_of_a_secret_is_recorded() -> None:
    with pytest.raises(Malformed):
        Session(new_id()).open(live(), key_id=KEY, hash="secret", expires_at=LATER, means="key")


def test_an_import_opens_and_ends_no_session() -> None:
    with pytest.raises(ImportMayNotSignIn):
        Session(new_id()).open(imported(), key_id=KEY, hash=HASH, expires_at=LATER, means="key")
    with pytest.raises(ImportMayNotSignIn):
        session().end(imported())
