"""The command on the calendar."""

from __future__ import annotations

from commands.shared.deciding import begins
from domain.operations.calendar import Calendar, calendar_id

end_day = begins(Calendar, Calendar.end, calendar_id)
"""Records that the day is over in that time zone."""
