"""Calendly's webhook subscriptions of one account: which are there, whether they work, and how they are made again.

A subscription whose deliveries failed for 24 hours is disabled, and no call enables it: it is deleted and created again
(Calendly webhook guide). Ours are those whose URL holds `/webhooks/calendly`; others belong to other tools.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calendly_pipeline.calendly_access import calendly_client
from calendly_pipeline.clients.calendly import CalendlyClient, Identity
from calendly_pipeline.failures import AlreadyExists, ApiError
from calendly_pipeline.settings import Settings
from calendly_pipeline.state import State

OUR_PATH = "/webhooks/calendly"
LOOK_SECONDS = 40.0
"""A sensor must be done within a minute."""


@dataclass(frozen=True)
class Subscription:
    """One subscription."""

    uri: str
    url: str
    state: str
    """active | disabled"""
    scope: str
    events: tuple[str, ...]
    retry_started_at: str | None
    updated_at: str

    @property
    def is_ours(self) -> bool:
        """Whether it leads to our receiver."""
        return OUR_PATH in self.url

    @property
    def is_disabled(self) -> bool:
        """Whether Calendly has given up on it."""
        return self.state != "active"


async def subscriptions(client: CalendlyClient, identity: Identity) -> list[Subscription]:
    """Every subscription of the account's scope."""
    found = []
    async for page in client.webhook_subscriptions(identity):
        found += [_subscription(item) for item in page.data["collection"]]
    return found


async def subscribe(client: CalendlyClient, identity: Identity, url: str, key: str) -> Subscription:
    """Subscribe a URL; one that is there and active is left as it is."""
    for present in await subscriptions(client, identity):
        if present.url == url and not present.is_disabled:
            return present
        if present.url == url:
            await client.unsubscribe(present.uri)
    try:
        answer = await client.subscribe(identity, url, key)
    except AlreadyExists:  # the answer to a first attempt was lost
        return next(item for item in await subscriptions(client, identity) if item.url == url)
    return _subscription(answer.data["resource"])


async def repair(client: CalendlyClient, identity: Identity, key: str) -> list[Subscription]:
    """Make every disabled subscription of ours anew; return the new ones. What it missed, the next pull brings."""
    renewed = []
    for broken in await subscriptions(client, identity):
        if not (broken.is_ours and broken.is_disabled):
            continue
        try:
            renewed.append(await subscribe(client, identity, broken.url, key))
        except ApiError as error:
            raise ApiError(
                client.vendor,
                "webhooks repair",
                f"{broken.url} was deleted and could not be made again: {error}",
                f"Run: calendly-pipeline webhooks subscribe {broken.url}",
                error.status,
            ) from error
    return renewed


def disabled_now(settings: Settings, state: State) -> list[Subscription]:
    """Ask every Calendly account that has a token for subscriptions of ours that are disabled; raises ApiError."""
    found: list[Subscription] = []

    async def look(client: CalendlyClient) -> None:
        async with client:
            everything = await subscriptions(client, await client.identity())
            found.extend(item for item in everything if item.is_ours and item.is_disabled)

    for account in settings.calendly_accounts():
        client = calendly_client(account, settings, state, seconds=LOOK_SECONDS)
        if client is not None:
            asyncio.run(look(client))
    return found


def _subscription(item: Mapping[str, Any]) -> Subscription:
    return Subscription(
        uri=str(item.get("uri") or ""),
        url=str(item.get("callback_url") or ""),
        state=str(item.get("state") or ""),
        scope=str(item.get("scope") or ""),
        events=tuple(item.get("events") or ()),
        retry_started_at=item.get("retry_started_at"),
        updated_at=str(item.get("updated_at") or ""),
    )
