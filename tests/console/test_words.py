"""Every text of the console is in its dictionaries. That both languages have the same names is checked with the types."""

from __future__ import annotations

import re
from pathlib import Path

from api.console.preloading import FOLDER

WRITTEN = re.compile(r'\bt\("([^"]+)"')
NAMED = re.compile(r'^  "([^"]+)":', re.MULTILINE)


def test_every_name_that_the_console_asks_for_has_words() -> None:
    names = {name for file in (FOLDER / "words" / "en").glob("*.js") for name in NAMED.findall(file.read_text())}
    modules = [file for file in FOLDER.rglob("*.js") if "vendor" not in file.parts and "words" not in file.parts]
    asked = {(name, _place(file)) for file in modules for name in WRITTEN.findall(file.read_text())}
    assert len(asked) > 300
    assert {(name, place) for name, place in asked if name not in names} == set()


def _place(file: Path) -> str:
    return file.relative_to(FOLDER).as_posix()
