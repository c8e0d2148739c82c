"""Webhooks: events are sent to the registered receivers, in order, until each receiver has accepted them."""

from consumers.webhooks.courier import Courier

__all__ = ["Courier"]
