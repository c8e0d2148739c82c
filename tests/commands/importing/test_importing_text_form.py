"""A text of a file has the same form as a text of a request: its cells, its column names, and the texts of the mapping."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.importing.mapping import MappingError, parse_mapping
from domain.customers.customer.events import Registered
from domain.shared.annotations import ExternalIdLinked, Tagged
from domain.shared.ids import external_id
from tests.commands.importing.given_importing import Store

MAPPING = """
system = "shop"
occurred_at = "{day}"
[ids]
customer = "{größe}"
[[make]]
command = "customer.register"
when = { art = "für" }
[make.facts]
name = "Zoë {größe}"
attributes = { "größe" = "{größe}", note = { text = "{art}", map = { "für" = "zwei\\r\\nZeilen" } } }
[[make]]
command = "customer.tag"
[make.facts]
tags = ["{größe}"]
"""
DECOMPOSED = {"ö": "o\u0308", "ü": "u\u0308", "ë": "e\u0308"}


def decomposed(text: str) -> str:
    for letter, letters in DECOMPOSED.items():
        text = text.replace(letter, letters)
    return text


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "store")
    yield store
    store.close()


@pytest.mark.parametrize("mapping", [MAPPING, decomposed(MAPPING)], ids=["composed", "decomposed"])
@pytest.mark.parametrize(
    "rows",
    [
        "größe,art,day\ngroß,für,2026-01-02\n",
        decomposed("größe,art,day\ngroß,für,2026-01-02\n"),
        "größe,art,day\r\n \u3000groß\u00a0,für ,2026-01-02\r\n",
        decomposed(' größe ,art,day\n"\r\ngroß\r\n",für,2026-01-02\n'),
    ],
    ids=["composed", "decomposed", "with blanks", "with empty lines"],
)
def test_a_row_in_any_form_is_the_same_row(store: Store, mapping: str, rows: str) -> None:
    assert store.load(mapping, rows).accepted == 1
    id = external_id("customer", "shop", "groß", store.events.secret)
    assert {recorded.stream for recorded in store.log() if isinstance(recorded.event, Registered)} == {id}
    [registered] = store.recorded(Registered)
    assert (registered.name, registered.texts) == ("Zoë groß", {"größe": "groß", "note": "zwei\nZeilen"})
    assert [tagged.tags for tagged in store.recorded(Tagged)] == [("groß",)]
    assert {linked.id for linked in store.recorded(ExternalIdLinked)} <= {"groß"}
    # The same row in another form is not a second customer.
    assert store.load(MAPPING, "größe,art,day\ngroß,für,2026-01-02\n", "again.csv").repeated == 1


@pytest.mark.parametrize("cell", ["one\r\ntwo", "one\rtwo", "one\ntwo", "\r\none\r\ntwo\r\n"])
def test_every_end_of_a_line_in_a_cell_is_the_same(store: Store, cell: str) -> None:
    mapping = MAPPING.replace('"{größe}", note', '"{größe}", cell = "{cell}", note')
    assert store.load(mapping, f'größe,art,day,cell\ngroß,für,2026-01-02,"{cell}"\n').accepted == 1
    assert store.recorded(Registered)[0].texts["cell"] == "one\ntwo"


@pytest.mark.parametrize("wrong", ["\x00", "\x01", "\x1c", "\x85", "\x9b"])
def test_a_cell_with_a_control_character_is_refused(store: Store, wrong: str) -> None:
    for cell in (f"A{wrong}", f"{wrong}A", f"A{wrong}B"):
        report = store.load(MAPPING, f"größe,art,day\n{cell},für,2026-01-02\n", f"{cell!a}.csv")
        assert (report.accepted, report.refused) == (0, 1)


@pytest.mark.parametrize("id", ["A\x01", "\x7fA", "A" * 256])
def test_an_id_that_no_request_could_name_is_refused(store: Store, id: str) -> None:
    mapping = MAPPING.replace("register", "create_or_change").replace("Zoë {größe}", "Zoë").replace('"größe" = "{größe}", ', "")
    assert store.load(mapping, f"größe,art,day\n{id},für,2026-01-02\n").refused == 1
    assert store.recorded(Registered, ExternalIdLinked) == []


def test_a_fill_of_several_texts_is_composed(store: Store) -> None:
    mapping = MAPPING.replace("Zoë {größe}", "Zoe{mark} ")
    assert store.load(mapping, "größe,art,day,mark\n1,für,2026-01-02,\u0308\n").accepted == 1
    assert store.recorded(Registered)[0].name == "Zoë"


def test_a_mapping_with_two_forms_of_a_key_is_refused() -> None:
    with pytest.raises(MappingError, match="same"):
        parse_mapping((MAPPING + '"größe" = "1"\n"gro\\u0308ße" = "2"\n').encode())
