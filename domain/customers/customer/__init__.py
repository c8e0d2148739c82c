"""Customers: details, contact methods, source, ownership, consent and relations."""
