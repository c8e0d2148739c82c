"""The commands on webhooks."""

from __future__ import annotations

from commands.shared.deciding import begins, decides
from domain.operations.webhook import Webhook

register = begins(Webhook, Webhook.register)
revise = decides(Webhook, Webhook.revise)
"""Replaces the whole subscription."""
pause = decides(Webhook, Webhook.pause)
resume = decides(Webhook, Webhook.resume)
rotate_secret = decides(Webhook, Webhook.rotate_secret)
end_former_secrets = decides(Webhook, Webhook.end_former_secrets)
request_redelivery = decides(Webhook, Webhook.request_redelivery)
remove = decides(Webhook, Webhook.remove)
"""The webhook's secret is destroyed in the same commit."""
