"""Campaigns: plan, execution, spending, resources and milestones."""
