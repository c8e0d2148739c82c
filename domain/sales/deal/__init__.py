"""Deals: what customers may buy, and how likely it is that they will."""
