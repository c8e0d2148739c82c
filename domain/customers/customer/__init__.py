"""Customers: basic facts, contact methods, source, ownership, consent."""
