"""A fake CleverTap that listens, short to say."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from calendly_pipeline_tests.fakes.clevertap.server import CleverTapServer
from calendly_pipeline_tests.fakes.clevertap.world import World
from calendly_pipeline_tests.fakes.serving import Served

NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)


@dataclass
class CleverTap:
    """The server, its address, and who asks it with the right passcode."""

    server: CleverTapServer
    url: str
    http: httpx.Client

    @property
    def world(self) -> World:
        """What the server knows."""
        return self.server.world

    def upload(self, *records: Any, dry_run: bool = False) -> dict[str, Any]:
        """What one upload answers."""
        query = {"dryRun": "1"} if dry_run else {}
        return self.http.post("/1/upload", params=query, json={"d": records}).raise_for_status().json()


def event(identity: str = "ada@client.example", name: Any = "Review scheduled", **more: Any) -> dict[str, Any]:
    """One event that happened at NOW."""
    return {"type": "event", "identity": identity, "ts": int(NOW.timestamp()), "evtName": name, "evtData": {}, **more}


def profile(identity: str = "ada@client.example", /, **data: Any) -> dict[str, Any]:
    """One profile."""
    return {"type": "profile", "identity": identity, "profileData": data}


@contextmanager
def clevertap(world: World | None = None, **details: Any) -> Iterator[CleverTap]:
    """An account; the clock of its server stands at NOW unless told otherwise."""
    world = world or World()
    server = CleverTapServer(world, **{"now": lambda: NOW, **details})
    headers = {"X-CleverTap-Account-Id": world.account_id, "X-CleverTap-Passcode": world.passcode}
    with Served(server) as served, httpx.Client(base_url=served.url, headers=headers) as http:
        yield CleverTap(server, served.url, http)
