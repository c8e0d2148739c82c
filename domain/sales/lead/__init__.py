"""Leads: the start of the sales funnel."""
