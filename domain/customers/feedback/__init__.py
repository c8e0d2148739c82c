"""Feedback from customers, requested or not, and how it is handled."""
