"""Webhooks: what is recorded is sent to whoever asked for it, in order, until they have it."""

from consumers.webhooks.courier import Courier

__all__ = ["Courier"]
