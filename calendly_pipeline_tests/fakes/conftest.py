"""A small firm with its fake Calendly, listening."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from calendly_pipeline_tests.fakes.calendly import CalendlyServer, World
from calendly_pipeline_tests.fakes.calendly.bulk import firm
from calendly_pipeline_tests.fakes.limits import Limit
from calendly_pipeline_tests.fakes.serving import Served

NOW = datetime(2026, 3, 2, 16, 37, tzinfo=UTC)
START = datetime(2026, 3, 10, 11, tzinfo=UTC)


@dataclass
class Calendly:
    """A server that listens, and who calls it: the owner with full access unless a test says otherwise."""

    server: CalendlyServer
    client: httpx.Client

    @property
    def world(self) -> World:
        return self.server.world

    def type_named(self, name: str) -> str:
        return next(uri for uri, row in self.world.event_types.items() if row["name"] == name)

    def user_named(self, name: str) -> str:
        return next(uri for uri, row in self.world.users.items() if row["name"] == name)

    def as_(self, user: str, *scopes: str) -> dict[str, str]:
        """Headers of another token: with these scopes, or with full access."""
        return {"authorization": f"Bearer {self.server.tokens.personal(user, scopes or None)}"}

    def listed(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Every record of a listing, page after page."""
        found: list[dict[str, Any]] = []
        while True:
            body = self.client.get(path, params=query).raise_for_status().json()
            found += body["collection"]
            query["page_token"] = body["pagination"]["next_page_token"]
            if query["page_token"] is None:
                return found


@pytest.fixture
def calendly() -> Iterator[Calendly]:
    """The firm of `bulk.firm`, without bookings."""
    server = CalendlyServer(firm(1, now=NOW), limit=Limit(10_000))
    token = server.tokens.personal(server.world.owner, None)
    headers = {"authorization": f"Bearer {token}"}
    with Served(server) as served, httpx.Client(base_url=served.url, headers=headers) as client:
        yield Calendly(server, client)
