"""A fake LACRM that listens, and its key, short to say."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from calendly_pipeline_tests.fakes.lacrm.bulk import filled_firm
from calendly_pipeline_tests.fakes.lacrm.server import LacrmServer
from calendly_pipeline_tests.fakes.lacrm.world import World
from calendly_pipeline_tests.fakes.serving import Served

NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)


@dataclass
class Lacrm:
    """The server, its address and an admin's key."""

    server: LacrmServer
    url: str
    key: str
    http: httpx.Client

    @property
    def world(self) -> World:
        """What the server knows."""
        return self.server.world

    def ask(self, function: str, key: str | None = None, **parameters: Any) -> httpx.Response:
        """The answer to one call."""
        headers = {"Authorization": self.key if key is None else key}
        return self.http.post("/v2/", headers=headers, json={"Function": function, "Parameters": parameters})

    def call(self, function: str, key: str | None = None, **parameters: Any) -> Any:
        """What one call that succeeds answers; None where it answers nothing."""
        answer = self.ask(function, key, **parameters).raise_for_status()
        return answer.json() if answer.content else None

    def refusal(self, function: str, key: str | None = None, **parameters: Any) -> str:
        """The words of a call that is refused as the vendor refuses: 400 with a code of 16 characters."""
        answer = self.ask(function, key, **parameters)
        said = answer.json()
        assert (answer.status_code, set(said), len(said["ErrorCode"])) == (400, {"ErrorCode", "ErrorDescription"}, 16)
        return said["ErrorDescription"]


@contextmanager
def lacrm(contacts: int = 0, seed: int = 1, **details: Any) -> Iterator[Lacrm]:
    """A firm with so many contacts; the clock of its server stands at NOW unless told otherwise."""
    world, key = filled_firm(contacts, seed)
    server = LacrmServer(world, **{"now": lambda: NOW, **details})
    with Served(server) as served, httpx.Client(base_url=served.url) as http:
        yield Lacrm(server, served.url, key, http)
