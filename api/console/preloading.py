"""The documents of the pages. Each names the modules that its page needs, so that a browser asks for all of them at once.

Without these names a browser learns of a module only from the one that imports it: each step of the imports costs a round trip.
They are found in the modules' own text, so nobody has to keep a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
BEGINNING = FOLDER / "main.js"
PLACE = "  </head>"

IMPORTED = re.compile(r'\b(?:import|export)\b[^;"()]*?\bfrom\s*"(\.[^"]+)"')
"""A static import or export from another module, in our modules and in minified ones."""
PAGE = re.compile(r'path: "([^"]+)".*?import\("([^"]+)"\)', re.DOTALL)
"""A row of core/pages.js: the address of a page, and its module."""


def document(path: str) -> bytes:
    """The HTML of the pages whose addresses match this path of core/pages.js; of no page if none has it."""
    modules = dict.fromkeys(_with_imports(BEGINNING))
    if page := pages().get(path):
        modules |= dict.fromkeys(_with_imports(page))
    links = (f'    <link rel="modulepreload" href="/console/{one.relative_to(FOLDER).as_posix()}">\n' for one in modules)
    return (FOLDER / "index.html").read_text().replace(PLACE, "".join(links) + PLACE).encode()


def page_of(address: str) -> str:
    """The path of core/pages.js that the address matches, such as `/customers/:id`; empty if none does."""
    parts = address.strip("/").split("/")
    return next((path for path in pages() if _matches(path.strip("/").split("/"), parts)), "")


@cache
def pages() -> dict[str, Path]:
    """The module of each page, by its path in core/pages.js."""
    table = FOLDER / "core" / "pages.js"
    return {path: (table.parent / module).resolve() for path, module in PAGE.findall(table.read_text())}


def _matches(wanted: list[str], parts: list[str]) -> bool:
    return len(wanted) == len(parts) and all(one == part or one[:1] == ":" for one, part in zip(wanted, parts, strict=True))


def _with_imports(module: Path) -> Iterator[Path]:
    """The module and all that it imports, directly or not, each once, in the order in which they are found."""
    found, waiting = {module: None}, [module]
    while waiting:
        current = waiting.pop(0)
        yield current
        for name in IMPORTED.findall(current.read_text()):
            imported = (current.parent / name).resolve()
            if imported not in found:
                found[imported] = None
                waiting.append(imported)
