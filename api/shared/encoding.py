"""The JSON of answers from read models."""

from __future__ import annotations

from typing import Any

import msgspec

from projections.shared.figures import PlainDecimal


def _text(value: Any) -> str:
    """The text of a value that msgspec does not know. Raises NotImplementedError."""
    if isinstance(value, PlainDecimal):
        return str(value)
    raise NotImplementedError(f"Answers contain no {type(value).__name__}.")


encode = msgspec.json.Encoder(enc_hook=_text).encode


def plain(value: Any) -> Any:
    """The value as objects, lists, texts and numbers, as they are in JSON."""
    return msgspec.to_builtins(value, enc_hook=_text)
