"""A deployment with the CDNOW sample and a small business, served as a browser finds it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from commands.importing.mapping import parse_mapping
from commands.importing.run import run_import
from domain.operations.api_key import Role
from domain.shared.events import Actor
from infra.processes.parts import Parts, opened
from infra.settings import Settings
from tests.api.conftest import SETTINGS, new_key
from tests.api.served import served
from tests.console.business import Business, recorded
from tests.scenarios.known_files import beginning
from tests.waiting import wait_until

SAMPLE = Path(__file__).parents[1] / "data" / "cdnow"


class Site(NamedTuple):
    """A running deployment, as a browser finds it. `api` uses an admin's key."""

    url: str
    parts: Parts
    api: httpx.Client
    business: Business

    def key(self, role: Role) -> str:
        return new_key(self.parts, role)["Authorization"].removeprefix("Bearer ")


@contextmanager
def started(home: Path, purchases: int | None = None) -> Iterator[Site]:
    """`purchases` is how many of the sample there are; None is all."""
    settings = Settings.model_validate(SETTINGS | {"home": home})
    with opened(settings) as parts, parts.application() as app, served(app, settings) as url:
        mapping = parse_mapping((SAMPLE / "cdnow.toml").read_bytes())
        secret, actor = parts.deployment.store.secret, Actor(type="system", id="test")
        file = SAMPLE / "CDNOW_sample.txt"
        if purchases is not None:
            file = beginning(file, home.parent, purchases, header=0)
        report = run_import(parts.executor, secret, mapping, file, actor)
        status = parts.operating().status

        def readable() -> bool:
            return all(one.complete_to >= report.position for one in status().projections)

        wait_until(readable, "all read models hold the sample", lambda: [one.complete_to for one in status().projections])
        with httpx.Client(base_url=url, headers=new_key(parts, "admin"), timeout=60) as api:
            yield Site(url, parts, api, recorded(api))
