"""The commands on users, each identified by its code."""

from __future__ import annotations

from commands.shared.deciding import begins, decides
from domain.operations.user import User, user_id

register = begins(User, User.register, user_id)
"""Sets all fields of the user, and activates a deactivated user. The team need not be registered."""
change_availability = decides(User, User.change_availability, user_id)
deactivate = decides(User, User.deactivate, user_id)
