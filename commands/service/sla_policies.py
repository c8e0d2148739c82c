"""The commands on service level (SLA) policies, each identified by its code."""

from __future__ import annotations

from commands.shared.deciding import begins, decides
from domain.service.sla_policy import SlaPolicy, sla_policy_id

define = begins(SlaPolicy, SlaPolicy.define, sla_policy_id)
"""Defines a policy, or replaces the terms of an existing one. The same values again change nothing."""
retire = decides(SlaPolicy, SlaPolicy.retire, sla_policy_id)
