"""The token of a sign-in link: only this store makes one, and nothing in it can be changed."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.shared import sign_in_links
from api.shared.sign_in_links import LASTS, new_link, opened_link
from domain.shared.ids import new_id

SECRET = b"s" * 32
TOKEN, LINK = new_link(None, SECRET)


def test_a_link_says_as_whom_it_signs_in_and_until_when() -> None:
    key = new_id()
    for key_id in (None, key):
        token, link = new_link(key_id, SECRET)
        assert opened_link(token, SECRET) == link
        assert link.key_id == key_id
        assert 0 < link.expires_at - time.time() <= LASTS


def test_a_link_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    _, link = new_link(None, SECRET)
    assert not link.expired
    monkeypatch.setattr(sign_in_links, "time", SimpleNamespace(time=lambda: float(link.expires_at)))
    assert link.expired


def test_no_two_links_open_the_same_session() -> None:
    assert len({new_link(None, SECRET)[1].id for _ in range(100)}) == 100


def test_a_link_of_another_store_is_not_ours() -> None:
    assert opened_link(TOKEN, b"t" * 32) is None


@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_no_character_of_a_link_can_be_changed(place: int, other: str) -> None:
    changed = TOKEN[:place] + other + TOKEN[place + 1 :]
    assert (opened_link(changed, SECRET) is not None) is (changed == TOKEN)


@given(st.text())
def test_any_other_text_is_no_link(text: str) -> None:
    assert opened_link(text, SECRET) is None
