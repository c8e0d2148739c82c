"""Processes and Kafka are killed and frozen under load: no event is lost or duplicated, and all read models catch up."""

from __future__ import annotations

import pytest

from tests.faults import rounds
from tests.faults.deployment import Deployment
from tests.faults.kinds import KILLS_AND_FREEZES

pytestmark = [pytest.mark.servers, pytest.mark.faults]

SEED = 20260301
# Every process, and Kafka, is killed once and frozen once; `make chaos` plays more.
ROUNDS = sum(len(targets) for _, targets in KILLS_AND_FREEZES.values())


def test_no_event_is_lost_or_duplicated_by_any_kill_or_freeze(deployment: Deployment) -> None:
    figures = rounds.run(deployment, SEED, ROUNDS)
    assert figures.stored == figures.projected == figures.accepted + figures.own
