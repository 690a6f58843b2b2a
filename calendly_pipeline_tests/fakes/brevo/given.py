"""A fake Brevo that listens, and its key, short to say."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from calendly_pipeline_tests.fakes.brevo.bulk import firm
from calendly_pipeline_tests.fakes.brevo.server import BASE, BrevoServer
from calendly_pipeline_tests.fakes.brevo.world import World
from calendly_pipeline_tests.fakes.serving import Served

NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)


@dataclass
class Brevo:
    """The server, its base URL and a key."""

    server: BrevoServer
    url: str
    key: str
    http: httpx.Client

    @property
    def world(self) -> World:
        """What the server knows."""
        return self.server.world

    def ask(self, method: str, path: str, key: str | None = None, **details: Any) -> httpx.Response:
        """The answer to one request."""
        headers = {"api-key": self.key if key is None else key}
        return self.http.request(method, path, headers=headers, **details)

    def post(self, path: str, **body: Any) -> httpx.Response:
        """The answer to a body sent."""
        return self.ask("POST", path, json=body)

    def seen(self, address: str) -> dict[str, Any]:
        """A contact as the API shows it."""
        return self.ask("GET", f"/contacts/{address}").raise_for_status().json()


@contextmanager
def brevo(**details: Any) -> Iterator[Brevo]:
    """The account of `bulk.firm`; the clock of its server stands at NOW unless told otherwise."""
    world, key = firm()
    server = BrevoServer(world, **{"now": lambda: NOW, **details})
    with Served(server) as served, httpx.Client(base_url=served.url + BASE) as http:
        yield Brevo(server, served.url + BASE, key, http)
