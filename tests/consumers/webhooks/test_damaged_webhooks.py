"""A webhook whose own events or key are damaged fails alone: the others are delivered to."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from commands.marketing import campaigns
from consumers.webhooks import Courier
from consumers.webhooks.sending import DAMAGED
from domain.shared.ids import external_id, new_id
from infra.read_models import deliveries
from infra.read_models.deliveries import Delivery
from tests.consumers.policies.policy_place import Place, place_in
from tests.consumers.webhooks.listening import listening
from tests.consumers.webhooks.test_webhooks import DESK, SHOP, courier, deliver, register

LAB = external_id("webhook", "test", "lab", b"")


def damage(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "events.db")) as file, file:
        for statement in statements:
            assert file.execute(statement).rowcount == 1


def delivered(place: Place, by: Courier) -> dict[UUID, Delivery]:
    deliver(place, by=by)
    with place.read_models.reader.connect() as connection:
        return dict(deliveries.load(connection))


def test_a_webhook_with_a_damaged_event_or_key_fails_alone_and_waits_longer_each_time(tmp_path: Path) -> None:
    with place_in(tmp_path) as place, listening() as listener:
        for webhook_id in (SHOP, DESK, LAB):
            register(place, listener.url, webhook_id, types=("crm.campaign.*",))
        place.plan_spring()
        # The read models, and what this process knows, are as they were before the damage.
        delivered(place, courier(place))
        assert len(listener.taken) == 3
        event = "stored_events SET state = substr(state, 1, 30) WHERE originator_id"
        key = "subject_keys SET wrapped = zeroblob(60) WHERE subject"
        damage(tmp_path, f"UPDATE {event} = '{SHOP.hex}'", f"UPDATE {key} = '{LAB.hex}'")
        process = courier(place)
        for failures in (1, 2, 3):
            place.run(campaigns.plan, campaign_id=new_id(), name="Sale")
            place.now += timedelta(hours=1)
            found = delivered(place, process)
            assert len(listener.taken) == 3 + failures
            assert found[DESK].last_error is None
            for damaged in (found[SHOP], found[LAB]):
                assert (damaged.failures, damaged.last_error) == (failures, DAMAGED)
                assert damaged.due is not None
                assert damaged.due > place.now
