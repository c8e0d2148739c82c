"""Whatever is killed or frozen while commands flow: nothing is lost, nothing is doubled, and everything catches up."""

from __future__ import annotations

import pytest

from tests.faults import rounds
from tests.faults.deployment import Deployment

pytestmark = [pytest.mark.servers, pytest.mark.faults]

SEED = 20260301
ROUNDS = 20


def test_twenty_kills_and_freezes_lose_and_double_nothing(deployment: Deployment) -> None:
    figures = rounds.run(deployment, SEED, ROUNDS)
    assert figures.stored == figures.projected == figures.accepted + figures.own
