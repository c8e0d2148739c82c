"""Where values are in the JSON of an event: the personal ones by the type's class, and the sealed ones wherever they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from domain.shared.events import Event

Path = tuple[str, ...]
Place = tuple[Any, Any, str]
EACH = "*"


def personal_paths(event: type[Event]) -> Iterator[Path]:
    """Paths of the personal fields of an event class; EACH stands for every item of a sequence or mapping."""
    yield from _walk(msgspec.inspect.type_info(event), ())


def _walk(node: Any, path: Path) -> Iterator[Path]:
    match node:
        case msgspec.inspect.Metadata(type=inner, extra=extra):
            if extra and extra.get("personal"):
                yield path
            else:
                yield from _walk(inner, path)
        case msgspec.inspect.StructType(fields=fields):
            for field in fields:
                yield from _walk(field.type, (*path, field.encode_name))
        case msgspec.inspect.VarTupleType(item_type=item) | msgspec.inspect.ListType(item_type=item):
            yield from _walk(item, (*path, EACH))
        case msgspec.inspect.DictType(value_type=value):
            yield from _walk(value, (*path, EACH))
        case msgspec.inspect.UnionType(types=types):
            for member in types:
                yield from _walk(member, path)


def places(node: Any, path: Path, place: str) -> Iterator[Place]:
    """(holder, key, place) of each value at `path`; absent values are skipped."""
    step, rest = path[0], path[1:]
    if not isinstance(node, dict | list | tuple if step == EACH else dict):
        return
    if step == EACH:
        keys: Iterable[Any] = list(node) if isinstance(node, dict) else range(len(node))
    else:
        keys = (step,) if step in node else ()
    for key in keys:
        if rest:
            yield from places(node[key], rest, f"{place}{key}/")
        else:
            yield node, key, f"{place}{key}"


def sealed_everywhere(node: Any, place: str) -> Iterator[Place]:
    for name, value in node.items() if isinstance(node, dict) else enumerate(node):
        if _is_sealed(value):
            yield node, name, f"{place}{name}"
        elif isinstance(value, dict | list):
            yield from sealed_everywhere(value, f"{place}{name}/")


def has_seal(value: Any) -> bool:
    return isinstance(value, dict) and "sealed" in value


def _is_sealed(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"sealed"} and isinstance(value["sealed"], str)
