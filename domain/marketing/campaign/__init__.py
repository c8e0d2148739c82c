"""Campaigns: plan, execution, cost, resources and milestones."""
