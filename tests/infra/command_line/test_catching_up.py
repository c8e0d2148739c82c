"""After an import, the command waits until the read models hold it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from infra.command_line.catching_up import until_readable
from infra.command_line.terminal import Failed


def status(*complete_to: int, **of_the_first: Any) -> dict[str, Any]:
    live = {"state": "live", "dead_letters": 0}
    models = [{"name": f"model-{number}", **live, "complete_to": each} for number, each in enumerate(complete_to)]
    return {"projections": [models[0] | of_the_first, *models[1:]]}


def test_it_waits_for_the_slowest_read_model() -> None:
    seen: Iterator[dict[str, Any]] = iter([status(5, 9), status(9, 9), status(10, 9), status(10, 12)])
    until_readable(10, lambda: next(seen))
    assert list(seen) == []


def test_it_does_not_wait_for_what_has_already_happened() -> None:
    until_readable(10, lambda: status(10, 11), patience=0)


@pytest.mark.parametrize("fault", [{"dead_letters": 1}, {"state": "outdated"}, {"state": "stopped"}])
def test_it_does_not_wait_for_a_read_model_that_cannot_move(fault: dict[str, Any]) -> None:
    with pytest.raises(Failed, match="model-0 must reach position 10 and is complete up to 5"):
        until_readable(10, lambda: status(5, 10, **fault))


def test_it_ends_when_nothing_moves() -> None:
    with pytest.raises(Failed, match="model-0 and 1 more must reach position 10 and is complete up to 5"):
        until_readable(10, lambda: status(5, 6), patience=0.2)
