"""Feedback: what customers say of us, asked for or not, and what was done about it."""
