"""docs/reliability.md describes every kind of fault that `make chaos` plays, and no other, and its table sums up."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

from infra.processes.roles import ROLES
from tests.faults.kinds import ALL, drawn
from tests.faults.table import HEAD

PAGE = (Path(__file__).parents[2] / "docs" / "reliability.md").read_text(encoding="utf-8")
ROUNDS_OF_A_DECK = sum(len(targets) for _, targets in ALL.values())


def kinds() -> set[str]:
    return {round.kind for round in islice(drawn(1, ALL), ROUNDS_OF_A_DECK)}


def rows(head: str) -> list[list[str]]:
    """The cells of the table below this head."""
    _, _, below = PAGE.partition(head)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in below.split("\n\n")[0].splitlines()[2:]]


def test_every_kind_of_fault_is_described_and_no_other() -> None:
    described = {kind for name, _ in rows("| kind | what happens |") for kind in _meant(name)}
    assert described == kinds()


def _meant(name: str) -> set[str]:
    """The kinds that a row describes: that of one target, or of all that its action may happen to."""
    action = re.sub(r" \*.*\*$", "", name)
    return {kind for kind in kinds() if kind.startswith(f"{action} ")} if action != name else {name}


def test_the_table_of_a_run_names_only_kinds_that_exist_and_sums_up() -> None:
    *each, (_, *sums) = rows(f"| {' | '.join(HEAD)} |")
    assert {kind for kind, *_ in each} <= kinds()
    assert len({role.name for role in ROLES}) == 4, "the page counts two processes of each of four roles"
    for column, whole in enumerate(sums[:-1], start=1):
        assert sum(int(row[column].replace(",", "")) for row in each) == int(whole.replace(",", ""))
