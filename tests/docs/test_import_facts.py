"""docs/importing.md names every command of an import and its facts."""

from __future__ import annotations

import re

import pytest

from commands.importing.importable import IMPORTABLE
from tests.docs.test_paths import TREE

NAMED = set(re.findall(r"\w+", (TREE / "docs" / "importing.md").read_text()))


@pytest.mark.parametrize("name", IMPORTABLE)
def test_a_command_and_its_facts_are_named(name: str) -> None:
    stated = {name.partition(".")[2], *IMPORTABLE[name].facts.__struct_fields__}
    assert stated - NAMED == set()
