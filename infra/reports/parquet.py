"""The groups of a report as a Parquet file, for pandas and other tools of analysts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NUMBERS = frozenset(
    ("value", "numerator", "denominator", "low", "high", "confidence", "statistic", "p_value", "adjusted_p_value")
)
"""The fields of a figure whose texts are numbers. In a file they are float64, which holds their 12 digits."""


def write(lines: Sequence[bytes], file: Path) -> None:
    """Writes groups, one JSON object a line, with a column for each path, such as `measures.net.value`.

    What names a group keeps its type: a code such as 007 stays a text. Lists become JSON. Raises ImportError without pyarrow.
    """
    import pyarrow  # noqa: F401, pandas writes with it
    from pandas import json_normalize, to_numeric

    frame = json_normalize([json.loads(line) for line in lines])
    for name in frame.columns:
        if name.rpartition(".")[2] in NUMBERS and not name.startswith("group."):
            frame[name] = to_numeric(frame[name]).astype("float64")
        elif frame[name].map(lambda cell: isinstance(cell, list)).any():
            frame[name] = frame[name].map(_listed)
    frame.to_parquet(file, engine="pyarrow", index=False)


def _listed(cell: Any) -> Any:
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, list) else cell
