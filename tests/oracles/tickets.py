"""Processing times of questions as a short script computes them: end time − start time by kind of question, and the mean."""

from __future__ import annotations

from io import StringIO
from typing import Any, NamedTuple

import pandas


class Answer(NamedTuple):
    """Times in seconds."""

    by_question: dict[str, float]
    mean: float


def processing_time(tickets: Any) -> Answer:
    """The answer for a table with columns question, start_time and end_time; a ticket without an end has no time."""
    took = (tickets["end_time"] - tickets["start_time"]).dt.total_seconds()
    return Answer(took.groupby(tickets["question"]).mean().dropna().to_dict(), float(took.mean()))


def of_list(csv: str) -> Any:
    """The script's table from an export of the tickets."""
    tickets = pandas.read_csv(StringIO(csv))
    times = {
        new: pandas.to_datetime(tickets[old], format="ISO8601", utc=True)
        for new, old in (("start_time", "opened_at"), ("end_time", "resolved_at"))
    }
    return tickets.assign(question=tickets["category"], **times)[["question", "start_time", "end_time"]]
