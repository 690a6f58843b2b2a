"""What Calendly would have POSTed to a subscriber, and how it signs it."""

import hashlib
import hmac
from typing import Any

from calendly_pipeline_tests.fakes.calendly.world import World

INVITEE_EVENTS = ("invitee.created", "invitee.canceled", "invitee_no_show.created", "invitee_no_show.deleted")


def deliveries(world: World, *kinds: str) -> list[dict[str, Any]]:
    """The bodies in the order of the changes, all or those of the given events."""
    return world.deliveries(*kinds)


def sign(key: str, body: bytes, at: int) -> str:
    """The value of `Calendly-Webhook-Signature` for these raw bytes (Calendly API reference)."""
    digest = hmac.digest(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hex()
    return f"t={at},v1={digest}"
