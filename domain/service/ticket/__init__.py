"""Tickets: what customers ask and report, collected, processed and tracked."""
