from __future__ import annotations

import unicodedata
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.shared.ids import external_id, new_id

SECRET = b"a secret of the store"
names = st.text(min_size=1, max_size=40)


def test_new_ids_are_increasing_uuids_of_version_7() -> None:
    ids = [new_id() for _ in range(1000)]
    assert all(type(id) is UUID and id.version == 7 for id in ids)
    assert ids == sorted(set(ids))


def test_an_external_id_is_permanent() -> None:
    assert external_id("customer", "shop", "7", SECRET) == UUID("cbb9b0fe-57e4-5330-962d-541a92c866ec")


def test_an_external_id_depends_on_aggregate_system_and_id() -> None:
    ids = {
        external_id("customer", "shop", "7", SECRET),
        external_id("order", "shop", "7", SECRET),
        external_id("customer", "till", "7", SECRET),
        external_id("customer", "shop", "8", SECRET),
    }
    assert len(ids) == 4


def test_an_email_or_telephone_number_as_id_cannot_be_guessed_without_the_secret() -> None:
    for personal in ("ada@example.com", "+44 20 7946-0000"):
        assert external_id("customer", "shop", personal, SECRET) != external_id("customer", "shop", personal, b"another")


def test_other_ids_do_not_depend_on_the_secret() -> None:
    assert external_id("customer", "shop", "7", SECRET) == external_id("customer", "shop", "7", b"another")


@given(names, names)
def test_all_unicode_forms_of_an_id_give_the_same_external_id(system: str, id: str) -> None:
    composed, decomposed = (
        external_id("customer", unicodedata.normalize(form, system), unicodedata.normalize(form, id), SECRET)
        for form in ("NFC", "NFD")
    )
    assert composed == decomposed
    assert composed.version == 5


@given(names, names, names, names)
def test_different_names_give_different_ids(system: str, id: str, other_system: str, other_id: str) -> None:
    same = all(
        unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
        for one, other in ((system, other_system), (id, other_id))
    )
    met = external_id("customer", system, id, SECRET) == external_id("customer", other_system, other_id, SECRET)
    assert met == same
