"""Answers as a page shows them: JSON in which `…` stands for omitted text, and `{name}` for a value that later lines use.

{"id": "{order}", "version": 1, "position": …}
{"items": [{"number": "A-1", …}, …], …}
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

LEFT_OUT = "…"
NAME = re.compile(r"\{([a-z][a-z_]*)\}")
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\{[a-z][a-z_]*\}|[{}\[\],:…]|[^\s{}\[\],:…"]+')

Names = dict[str, Any]


def parsed(text: str) -> Any:
    tokens, within = list[str](), list[str]()
    for token in TOKEN.findall(text):
        if token == LEFT_OUT:
            is_field = within[-1:] == ["{"] and tokens[-1] in "{,"
            tokens.append('"…": "…"' if is_field else '"…"')
            continue
        if token in ("{", "["):
            within.append(token)
        elif token in ("}", "]"):
            within.pop()
        tokens.append(f'"{token}"' if NAME.fullmatch(token) else token)
    return json.loads("".join(tokens))


def filled(text: str, names: Names) -> str:
    """The text with known names replaced by their values; other braces stay."""
    return NAME.sub(lambda found: str(names.get(found[1], found[0])), text)


def difference(shown: Any, seen: Any, names: Names, at: str = "answer") -> str | None:
    """The first difference, or None. A name without a value gets the value seen."""
    if shown == LEFT_OUT:
        return None
    if isinstance(shown, str) and (found := NAME.fullmatch(shown)):
        shown, seen = str(names.setdefault(found[1], seen)), str(seen)
    if isinstance(shown, dict) and isinstance(seen, dict):
        return _of_objects(shown, seen, names, at)
    if isinstance(shown, list) and isinstance(seen, list):
        return _of_lists(shown, seen, names, at)
    if isinstance(shown, str) and isinstance(seen, str):
        found = re.fullmatch(_pattern(filled(shown, names)), seen, re.DOTALL)
        names |= found.groupdict() if found else {}
        return None if found else f"{at}: {shown!r} is {seen!r}"
    return None if shown == seen else f"{at}: {shown!r} is {seen!r}"


def _pattern(shown: str) -> str:
    """A pattern in which `…` matches any text, and a name matches a word."""
    parts = re.split(r"(…|\{[a-z][a-z_]*\})", shown)
    return "".join(".*" if part == LEFT_OUT else _group(part) for part in parts)


def _group(part: str) -> str:
    found = NAME.fullmatch(part)
    return rf"(?P<{found[1]}>[\w-]+)" if found else re.escape(part)


def _of_objects(shown: dict[str, Any], seen: dict[str, Any], names: Names, at: str) -> str | None:
    named = shown.keys() - {LEFT_OUT}
    if more := seen.keys() - named if named == shown.keys() else named - seen.keys():
        return f"{at}: {', '.join(sorted(more))} not in both"
    if missing := named - seen.keys():
        return f"{at}: no {', '.join(sorted(missing))}"
    return _first(difference(shown[key], seen[key], names, f"{at}.{key}") for key in shown if key != LEFT_OUT)


def _of_lists(shown: Sequence[Any], seen: Sequence[Any], names: Names, at: str) -> str | None:
    if shown[-1:] == [LEFT_OUT]:
        shown, seen = shown[:-1], seen[: len(shown) - 1]
    if len(shown) != len(seen):
        return f"{at}: {len(shown)} items are {len(seen)}"
    pairs = zip(shown, seen, strict=True)
    return _first(difference(one, other, names, f"{at}[{number}]") for number, (one, other) in enumerate(pairs))


def _first(differences: Any) -> str | None:
    return next((one for one in differences if one), None)
