"""The kinds of faults. Each happens under load, lasts for a while and ends; then the deployment must catch up by itself."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from random import Random
from typing import NamedTuple

from infra.processes.roles import ROLES
from tests.faults import restoring
from tests.faults.books import ERASED
from tests.faults.deployment import KAFKA, POSTGRES, PROCESSES, ROLE_OF, Deployment
from tests.faults.traffic import Traffic

# Accepted commands before and during a fault; seconds of a freeze, sometimes more than the session time-out of a group.
BEFORE, MEANWHILE = (10, 120), (10, 40)
FROZEN, FROZEN_LONG, LONG_SHARE = (1.0, 3.0), 7.0, 0.3
AWAY_SECONDS = 30.0
# More than a week: the clock of a fault ends days that have not begun, and makes receipts old enough to be removed.
LEAP_SECONDS = 9 * 86_400
CLOCK, DATABASE, LOG, BACKUP = "clock", "database", "log", "backup"
# The traffic records it often, and most read models of its deployment fold it.
UNKNOWN = "crm.order.payment_refunded.v1"


class Round(NamedTuple):
    """A fault of `target` once `after` more commands were accepted.

    It lasts until `meanwhile` more commands or, if that cannot be waited for, for `seconds`.
    """

    target: str
    action: str
    after: int
    meanwhile: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.action} {self.target} after {self.after} commands, for {self.meanwhile} more or {self.seconds:.1f} s"

    @property
    def kind(self) -> str:
        """The kind in the table: the processes of a role are alike."""
        return f"{self.action} {ROLE_OF[self.target].name if self.target in ROLE_OF else self.target}"


def kill(deployment: Deployment, traffic: Traffic, round: Round) -> None:
    deployment.kill(round.target)
    if round.target == POSTGRES:
        time.sleep(round.seconds)
    else:
        traffic.wait_for_more(round.meanwhile)
    with traffic.calm():
        deployment.restart(round.target)


def freeze(deployment: Deployment, traffic: Traffic, round: Round) -> None:
    deployment.freeze(round.target)
    with traffic.calm():
        time.sleep(round.seconds)
    deployment.thaw(round.target)


def take_away(deployment: Deployment, traffic: Traffic, round: Round) -> None:
    """It is away for long: every client of it gives up and tries again many times."""
    deployment.kill(round.target)
    with traffic.calm():
        time.sleep(AWAY_SECONDS)
        traffic.wait_for_more(round.meanwhile)
    deployment.restart(round.target)


def restart_in_turn(deployment: Deployment, traffic: Traffic, round: Round) -> None:
    """SIGTERM to each process of the role, one after the other: each ends by itself within its grace."""
    [role] = [role for role in ROLES if role.name == round.target]
    for name in role.names():
        deployment.end_by_itself(name)
        deployment.restart(name)
        traffic.wait_for_more(round.meanwhile // 2)


def set_ahead(deployment: Deployment, traffic: Traffic, round: Round) -> None:
    """All clocks leap while the processes run, and two of these start under the wrong clock."""
    _set(deployment, traffic, round, LEAP_SECONDS)


def set_back(deployment: Deployment, traffic: Traffic, round: Round) -> None:
    _set(deployment, traffic, round, -LEAP_SECONDS)


def _set(deployment: Deployment, traffic: Traffic, round: Round, seconds: float) -> None:
    deployment.set_clock(seconds)
    traffic.wait_for_more(round.meanwhile)
    for name in ("api-1", "follower-1"):
        deployment.restart(name)
    traffic.wait_for_more(round.meanwhile)
    time.sleep(round.seconds)
    deployment.set_clock(0)


def downgrade(deployment: Deployment, traffic: Traffic, round: Round) -> None:
    """It runs as an earlier version that does not know one type of event, beside the current version; then as that again."""
    deployment.restart(round.target, ("unaware", UNKNOWN))
    traffic.wait_for_more(3 * round.meanwhile)
    deployment.restart(round.target)


def restore(deployment: Deployment, traffic: Traffic, round: Round) -> None:
    """The log is put back to an earlier moment, with or without the read models, below a newer Kafka; then it is repaired.

    What was accepted since that moment is gone, and the clients know it. Only who was erased since is erased again.
    """
    with traffic.paused() as books:
        deployment.wait_until_caught_up()
        kept = books.kept()
        restore = _KEEPERS[round.target](deployment)
    traffic.wait_for_more(round.meanwhile)
    with traffic.paused() as books:
        deployment.wait_until_caught_up()
        deployment.stop_all()
        restore()
        back = books.return_to(kept)
        deployment.start_all()
        books.erased_again(back, deployment.positions(ERASED))


def _keep_tables(deployment: Deployment, only: Collection[str] | None) -> Callable[[], None]:
    url = deployment.database_url
    restoring.keep(url)

    def restore() -> None:
        restoring.put_back(url, only)
        deployment.run("repair")

    return restore


def _back_up(deployment: Deployment) -> Callable[[], None]:
    """The product's own backup, with the list of erasures, which is kept apart from it."""
    folder = deployment.new_folder()
    identity = folder / "identity"
    recipient = json.loads(deployment.run("backup", "--new-identity", str(identity), "--json"))
    made = json.loads(deployment.run("backup", str(folder), "--to", recipient["recipient"], "--json"))

    def restore() -> None:
        deployment.empty_the_database()
        files = made["events_file"], made["keys_file"]
        deployment.run("restore", *files, "--identity", str(identity), "--erasures", deployment.erasures)

    return restore


_KEEPERS: Mapping[str, Callable[[Deployment], Callable[[], None]]] = {
    LOG: partial(_keep_tables, only=restoring.LOG),
    DATABASE: partial(_keep_tables, only=None),
    BACKUP: _back_up,
}
"""How this moment is kept; the answer is how it is restored, in place of what is there."""


Play = Callable[[Deployment, Traffic, Round], None]
EVERYWHERE = (*PROCESSES, KAFKA)
Kinds = Mapping[str, tuple[Play, tuple[str, ...]]]
KILLS_AND_FREEZES: Kinds = {"kill": (kill, EVERYWHERE), "freeze": (freeze, EVERYWHERE)}
"""Kinds by name: how it is played, and what it may happen to."""
ALL: Kinds = {
    "kill": (kill, (*EVERYWHERE, POSTGRES)),
    "freeze": (freeze, (*EVERYWHERE, POSTGRES)),
    "take away": (take_away, (KAFKA,)),
    "restart in turn": (restart_in_turn, tuple(role.name for role in ROLES)),
    "set ahead": (set_ahead, (CLOCK,)),
    "set back": (set_back, (CLOCK,)),
    "downgrade": (downgrade, ("projector-1", "follower-1")),
    "restore": (restore, tuple(_KEEPERS)),
}


def drawn(seed: int, kinds: Kinds) -> Iterator[Round]:
    """Random rounds. Every target meets every action once before any combination repeats."""
    random = Random(seed)
    while True:
        deck = [(target, action) for action, (_, targets) in kinds.items() for target in targets]
        random.shuffle(deck)
        for target, action in deck:
            seconds = FROZEN_LONG if random.random() < LONG_SHARE else random.uniform(*FROZEN)
            yield Round(target, action, random.randint(*BEFORE), random.randint(*MEANWHILE), seconds)
