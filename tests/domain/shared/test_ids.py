from __future__ import annotations

import hmac
import unicodedata
from uuid import RFC_4122, UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given
from hypothesis import strategies as st

from domain.shared.ids import derived_id, external_id, keyed_digest, keyed_id, new_id

SECRET = b"a secret of the store"
names = st.text(min_size=1, max_size=40)
secrets = st.binary(min_size=32, max_size=32)


def test_new_ids_are_increasing_uuids_of_version_7() -> None:
    ids = [new_id() for _ in range(1000)]
    assert all(type(id) is UUID and id.version == 7 for id in ids)
    assert ids == sorted(set(ids))


def test_an_external_id_is_permanent() -> None:
    assert external_id("customer", "shop", "7", SECRET) == UUID("c52a17d3-b706-846b-b31e-841d912e6ec8")


def test_an_external_id_is_the_hmac_that_its_documentation_states() -> None:
    """HKDF-Expand (RFC 5869) with the purpose, HMAC-SHA-256 of the canonical JSON, UUIDv8 (RFC 9562)."""
    key = HKDFExpand(SHA256(), 32, b"external id").derive(SECRET)
    digest = bytearray(hmac.digest(key, '["customer","shop","Zoë"]'.encode(), "sha256")[:16])
    digest[6], digest[8] = 0x80 | digest[6] & 0x0F, 0x80 | digest[8] & 0x3F
    assert external_id("customer", "shop", "Zoë", SECRET) == UUID(bytes=bytes(digest))


def test_an_external_id_depends_on_aggregate_system_and_id() -> None:
    ids = {
        external_id("customer", "shop", "7", SECRET),
        external_id("order", "shop", "7", SECRET),
        external_id("customer", "till", "7", SECRET),
        external_id("customer", "shop", "8", SECRET),
    }
    assert len(ids) == 4


@given(names, secrets, secrets)
def test_no_external_id_can_be_computed_without_the_secret_of_the_store(id: str, secret: bytes, another: bytes) -> None:
    ids = {external_id("customer", "shop", id, each) for each in {secret, another}}
    assert len(ids) == len({secret, another})
    assert derived_id("customer", "shop", id) not in ids


@given(names, secrets)
def test_a_digest_for_one_purpose_says_nothing_about_one_for_another(content: str, secret: bytes) -> None:
    purposes = ("external id", "receipt", "request", "etag", "imported fact")
    assert len({keyed_digest(secret, purpose, content.encode()) for purpose in purposes}) == len(purposes)
    assert len({keyed_id(secret, purpose, content) for purpose in purposes}) == len(purposes)


@given(st.lists(names, max_size=3), st.lists(names, max_size=3))
def test_a_keyed_id_is_a_uuid_of_version_8_and_depends_on_where_its_parts_end(parts: list[str], others: list[str]) -> None:
    one, other = keyed_id(SECRET, "contact method", *parts), keyed_id(SECRET, "contact method", *others)
    assert (one == other) == (parts == others)
    assert (one.version, one.variant) == (8, RFC_4122)


@given(names, names)
def test_all_unicode_forms_of_an_id_give_the_same_external_id(system: str, id: str) -> None:
    composed, decomposed = (
        external_id("customer", unicodedata.normalize(form, system), unicodedata.normalize(form, id), SECRET)
        for form in ("NFC", "NFD")
    )
    assert composed == decomposed
    assert composed.version == 8


@given(names, names, names, names)
def test_different_names_give_different_ids(system: str, id: str, other_system: str, other_id: str) -> None:
    same = all(
        unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
        for one, other in ((system, other_system), (id, other_id))
    )
    met = external_id("customer", system, id, SECRET) == external_id("customer", other_system, other_id, SECRET)
    assert met == same
