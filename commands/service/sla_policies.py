"""What can be asked of policies of service levels, known by their codes."""

from __future__ import annotations

from commands.shared.deciding import begins, decides
from domain.service.sla_policy import SlaPolicy, sla_policy_id

define = begins(SlaPolicy, SlaPolicy.define, sla_policy_id)
"""A new policy, or new terms in place of those in force. The same values again are a repeat."""
retire = decides(SlaPolicy, SlaPolicy.retire, sla_policy_id)
