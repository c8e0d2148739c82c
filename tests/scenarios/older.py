"""`recount` of a version that does not know some event types: `python -m tests.scenarios.older TYPE,TYPE COMMAND`."""

from __future__ import annotations

import sys

from domain.shared.events import type_name
from infra import wiring
from infra.command_line import main


def forget(types: set[str]) -> None:
    known = tuple(event for event in wiring.EVENTS if type_name(event) not in types)
    assert len(known) == len(wiring.EVENTS) - len(types), "it forgets types that exist"
    wiring.EVENTS = known


if __name__ == "__main__":
    forget(set(sys.argv.pop(1).split(",")))
    main()
