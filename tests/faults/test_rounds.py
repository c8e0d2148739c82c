"""Processes and Kafka are killed and frozen under load: no event is lost or duplicated, and all read models catch up."""

from __future__ import annotations

import pytest

from tests.faults import rounds
from tests.faults.deployment import Deployment

pytestmark = [pytest.mark.servers, pytest.mark.faults]

SEED = 20260301
ROUNDS = 20


def test_no_event_is_lost_or_duplicated_by_twenty_kills_and_freezes(deployment: Deployment) -> None:
    figures = rounds.run(deployment, SEED, ROUNDS)
    assert figures.stored == figures.projected == figures.accepted + figures.own
