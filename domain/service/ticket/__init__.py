"""Tickets: questions and problems of customers, and how they are processed."""
