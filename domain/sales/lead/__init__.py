"""Leads: the beginning of the funnel that leads to an order."""
