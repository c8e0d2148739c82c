"""Small cases with known values, from the data next to the repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

CASES = Path(__file__).parents[2] / "shared" / "data" / "analytics_cases.json"

needs_cases = pytest.mark.skipif(not CASES.exists(), reason="the cases are not next to the repository, in ../shared/data")


def case(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(CASES.read_text())[name]
    return found
