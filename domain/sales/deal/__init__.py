"""Deals: possible sales to customers, and their probability."""
