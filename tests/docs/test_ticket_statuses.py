"""docs/tickets.md agrees with the decisions of tickets."""

from __future__ import annotations

import pytest

from tests.docs.ticket_statuses import COMMANDS, PAGE, WAYS, outcome, page

ACTS = {command.name: command.act for command in COMMANDS}


def test_the_page_on_tickets_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run python -m tests.docs.ticket_statuses"


@pytest.mark.parametrize(
    ("name", "outcomes"),
    [
        (
            "a customer's reply",
            "*recorded* *recorded* **open** *recorded* **open** `ticket-closed` `ticket-closed` `ticket-closed`",
        ),
        (
            "reopen",
            "`ticket-not-solved` *nothing* `ticket-not-solved` `ticket-not-solved` **open** "
            "`ticket-closed` `ticket-closed` **open**",
        ),
        ("solve", "**solved** **solved** **solved** **solved** *nothing* `ticket-closed` `ticket-closed` `ticket-closed`"),
        ("discard", f"{'**discarded** ' * 7}*nothing*"),
    ],
)
def test_the_outcomes_are_those_of_the_domain(name: str, outcomes: str) -> None:
    """Some rows, worked out by hand."""
    assert [outcome(ACTS[name], status) for status in WAYS] == outcomes.split()
