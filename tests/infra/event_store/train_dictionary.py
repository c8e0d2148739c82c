"""`python -m tests.infra.event_store.train_dictionary FILE`: trains a dictionary for `infra.event_store.compact`.

It learns from made-up events of every type, as the store writes them. A dictionary that was released never changes: what is
trained later is for another number.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import msgspec
from msgspec import inspect
from zstandard import train_dictionary

from domain.shared.events import Metadata, type_name
from tests.domain.pin_event_types import events

SIZE = 32 * 1024
OF_EACH_TYPE = 12
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = ("web", "store-1", "phone", "email", "1", "2", "USD", "EUR", "CNY", "UTC", "Europe/Berlin", "de", "en", "Disc", "done")
CODES = ("cdnow", "shop", "crm", "u-1", "agent-1", "command-line", "N-1001", "T-17", "L-3")

_random = Random(1)


def samples(of_each_type: int = OF_EACH_TYPE) -> list[bytes]:
    return [_sample(event) for _ in range(of_each_type) for event in events()]


def _sample(event: type[Any]) -> bytes:
    subject, metadata = _id(), _struct(inspect.type_info(Metadata))
    at = BEGUN + timedelta(microseconds=_random.randrange(10**13))
    metadata |= {"subject": subject, "recorded_at": at, "actor": _actor()}
    metadata["occurred_at"] = at if _random.random() < 0.6 else at.replace(hour=5, minute=0, second=0, microsecond=0)
    if _random.random() < 0.7:
        metadata = {name: metadata[name] for name in ("subject", "recorded_at", "occurred_at", "actor")}
        metadata["command_id"] = _id()
    elif _random.random() < 0.5:
        metadata |= {"occurred_precision": "day", "occurred_zone": "Europe/Berlin", "origin": "import", "source": _row()}
        metadata |= {"command_id": _id(), "correlation_id": _id()}
    order = [field.encode_name for field in inspect.type_info(Metadata).fields]  # type: ignore[attr-defined]
    ordered = {name: metadata[name] for name in order if name in metadata}
    return msgspec.json.encode({"metadata": ordered, "data": {"type": type_name(event), **_struct(inspect.type_info(event))}})


def _row() -> dict[str, Any]:
    event_id = f"row:{base64.urlsafe_b64encode(_random.randbytes(16)).decode()[:22]}"
    return {"system": "shop", "event_id": event_id, "import_id": _id(), "row": _random.randrange(10_000)}


def _actor() -> dict[str, str]:
    if _random.random() < 0.5:
        return {"type": "api_key", "id": _id().hex}
    return {"type": _random.choice(("user", "system", "policy")), "id": _random.choice(CODES)}


def _struct(node: Any) -> dict[str, Any]:
    return {field.encode_name: _value(field.type) for field in node.fields if field.required or _random.random() < 1 / 2}


def _value(node: Any) -> Any:
    match node:
        case inspect.Metadata(type=inner, extra=extra):
            return _sealed() if extra and extra.get("personal") else _value(inner)
        case inspect.LiteralType(values=choices):
            return _random.choice(choices)
        case inspect.UnionType(types=types):
            return _value(_random.choice([member for member in types if not isinstance(member, inspect.NoneType)]))
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            return [_value(item) for _ in range(_random.randrange(1, 3))]
        case inspect.DictType(value_type=value):
            return {_random.choice(WORDS): _value(value)}
        case inspect.StructType():
            return _struct(node)
    return LEAVES[type(node)]()


def _id() -> UUID:
    return UUID(int=0x01A2 << 112 | 7 << 76 | 8 << 60 | _random.getrandbits(112) & ~(15 << 76 | 15 << 60))


def _sealed() -> dict[str, str]:
    return {"sealed": base64.b64encode(_random.randbytes(_random.randrange(30, 60))).decode()}


LEAVES: Mapping[type, Callable[[], Any]] = {
    inspect.BoolType: lambda: True,
    inspect.IntType: lambda: _random.randrange(1, 1000),
    inspect.FloatType: _random.random,
    inspect.DecimalType: lambda: f"{_random.randrange(1, 20_000) / 100:.2f}",
    inspect.UUIDType: _id,
    inspect.DateTimeType: lambda: BEGUN + timedelta(microseconds=_random.randrange(10**13)),
    inspect.DateType: lambda: (BEGUN + timedelta(days=_random.randrange(300))).date(),
    inspect.StrType: lambda: _random.choice(WORDS + CODES),
    inspect.AnyType: lambda: _random.choice(WORDS),
}

if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(train_dictionary(SIZE, [*samples()], level=3).as_bytes())
