"""SIGTERM in the middle of an import: the process ends by itself and soon, and the same command does the rest."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from tests.infra.recount import Running, recount
from tests.waiting import wait_until

ROWS = 8_000
# The number of customers that a run has recorded when it is asked to end.
PART = 200


def test_sigterm_ends_an_import_in_the_server_and_at_the_command_line_and_a_repeat_does_the_rest(
    tmp_path: Path, home: Path, variables: dict[str, str], mapping: Path, serve: Callable[..., Running]
) -> None:
    rows = tmp_path / "many.csv"
    rows.write_text("customer,name,day\n" + "".join(f"{n},Customer {n},2026-01-02\n" for n in range(ROWS)))

    server = serve("--load", mapping, rows)
    wait_until(lambda: customers(home) > PART, "a part is recorded")
    assert server.end(signal.SIGTERM) == 0
    assert ended_by_itself(server)

    one_part = customers(home)
    command = Running(tmp_path, variables, "import", mapping, rows)
    wait_until(lambda: customers(home) > one_part + PART, "another part is recorded")
    status = command.end(signal.SIGTERM)
    assert status == 130, f"{customers(home)} rows, {one_part} of them before: {command.output}"
    assert ended_by_itself(command)
    assert "What is recorded stays; the same command continues." in command.errors

    two_parts = customers(home)
    assert two_parts < ROWS, "it was asked to end before it was done"
    report = recount(variables, "import", mapping, rows, "--json").answer
    assert (report["rows"], report["refused"]) == (ROWS, 0)
    assert report["accepted"] + report["repeated"] == ROWS
    assert report["repeated"] == two_parts
    assert customers(home) == ROWS


def ended_by_itself(process: Running) -> bool:
    """Not by the bound of `infra.processes.stopping`, after which a process ends as it is."""
    return "ended without waiting longer" not in process.errors and "Traceback" not in process.errors


def customers(home: Path) -> int:
    """The number of customers in the log."""
    query = "SELECT count(*) FROM stored_events WHERE topic = 'crm.customer.registered.v2'"
    # The process may not have made the table yet.
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(f"file:{home / 'events.db'}?mode=ro", uri=True)) as log:
        return int(log.execute(query).fetchone()[0])
    return 0
