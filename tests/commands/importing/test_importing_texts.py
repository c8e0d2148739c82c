"""The texts of a file: byte order marks, encodings, and neutralised formulas."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from commands.importing.mapping import FileFormat
from commands.importing.reading import Row, read_table
from domain.customers.customer.events import Registered
from domain.shared.spreadsheets import neutralised, restored
from tests.commands.importing.given_importing import Store

CUSTOMERS = """
system = "shop"
occurred_at = "2024-05-01"
[[make]]
command = "customer.register"
id = "{id}"
facts = { name = "{name}", attributes = { note = "{note}" } }
"""
SIGNS = "=+-@\t\r\n＝＋－＠"
TEXTS = some.text() | some.tuples(some.text("'" + SIGNS), some.text()).map("".join)


def recorded(text: str) -> str:
    """The form in which a text is recorded: composed and trimmed."""
    return unicodedata.normalize("NFC", text).strip()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


@given(TEXTS)
def test_every_text_is_restored_from_its_neutralised_form(text: str) -> None:
    assert restored(neutralised(text)) == text


@given(TEXTS, TEXTS)
def test_two_texts_never_have_the_same_neutralised_form(text: str, other: str) -> None:
    assert (neutralised(text) == neutralised(other)) == (text == other)


@given(TEXTS)
def test_a_neutralised_text_never_begins_with_a_sign_of_a_formula(text: str) -> None:
    assert neutralised(text)[:1] not in set(SIGNS)
    assert text[:1] in set(SIGNS) | {"'"} or neutralised(text) == text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(TEXTS.map(recorded).filter(bool).filter(lambda text: "\r" not in text), min_size=1, max_size=5))
def test_a_neutralised_file_has_the_texts_of_before(tmp_path: Path, texts: list[str]) -> None:
    file = tmp_path / "rows.csv"
    written = io.StringIO(newline="")
    csv.writer(written).writerows([("id", "text"), *((number, neutralised(text)) for number, text in enumerate(texts))])
    file.write_bytes(written.getvalue().encode())
    rows = read_table(file, FileFormat()).rows
    assert [row.texts[1] for row in rows if isinstance(row, Row)] == texts


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("'=1+1", "=1+1"),
        ("''=1+1", "'=1+1"),
        ("'+49 30", "+49 30"),
        ("=1+1", "=1+1"),
        ("'s-Hertogenbosch", "'s-Hertogenbosch"),
        ("'Ada'", "'Ada'"),
        ("'＝1", "＝1"),
    ],
)
def test_the_apostrophe_of_our_own_export_is_removed(store: Store, cell: str, name: str) -> None:
    store.load(CUSTOMERS, f"id,name,note\n1,{cell},x\n")
    assert [registered.name for registered in store.recorded(Registered)] == [name]


def test_a_mapping_can_say_that_apostrophes_belong_to_the_texts(store: Store) -> None:
    store.load(CUSTOMERS + "[file]\nneutralised = false\n", "id,name,note\n1,'=1+1,x\n")
    assert [registered.name for registered in store.recorded(Registered)] == ["'=1+1"]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", "\ufeff"),
        ("UTF8", "\ufeff"),
        ("utf-8", ""),
        ("utf-16", ""),
        ("utf-16-le", "\ufeff"),
        ("utf-16-be", ""),
        ("u8", "\ufeff"),
    ],
)
def test_a_file_with_or_without_a_byte_order_mark_is_read(store: Store, encoding: str, mark: str) -> None:
    file, mapping = store.folder / "rows.csv", store.folder / "mapping.toml"
    file.write_bytes((mark + "id,name,note\n1,Zoë,x\n").encode(encoding))
    mapping.write_text(CUSTOMERS + f'[file]\nencoding = "{encoding}"\n')
    report = store.load_file(mapping, file)
    assert ([registered.name for registered in store.recorded(Registered)], report.refusals) == (["Zoë"], [])


def test_a_mapping_with_a_byte_order_mark_is_read(store: Store) -> None:
    report = store.load("\ufeff" + CUSTOMERS, "id,name,note\n1,Ada,x\n")
    assert report.accepted == 1
