"""A fake Ortto that listens, and its key, short to say."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from calendly_pipeline_tests.fakes.ortto.bulk import filled_account
from calendly_pipeline_tests.fakes.ortto.server import OrttoServer
from calendly_pipeline_tests.fakes.ortto.world import World
from calendly_pipeline_tests.fakes.serving import Served

NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)


@dataclass
class Ortto:
    """The server, its address and a key."""

    server: OrttoServer
    url: str
    key: str
    http: httpx.Client

    @property
    def world(self) -> World:
        """What the server knows."""
        return self.server.world

    def ask(self, path: str, key: str | None = None, **body: Any) -> httpx.Response:
        """The answer to one call."""
        return self.http.post(path, headers={"X-Api-Key": self.key if key is None else key}, json=body)

    def call(self, path: str, **body: Any) -> Any:
        """What one call that succeeds answers."""
        return self.ask(path, **body).raise_for_status().json()

    def merge(self, *people: dict[str, Any], **details: Any) -> list[dict[str, Any]]:
        """The items that a merge by address answers."""
        sent = {"people": [{"fields": fields} for fields in people], "merge_by": ["str::email"], **details}
        return self.call("/person/merge", **sent)["people"]


@contextmanager
def ortto(people: int = 0, seed: int = 1, omitted_subscribes: bool = True, **details: Any) -> Iterator[Ortto]:
    """An account with so many people; the clock of its server stands at NOW unless told otherwise."""
    world, key = filled_account(people, seed, omitted_subscribes=omitted_subscribes)
    server = OrttoServer(world, **{"now": lambda: NOW, **details})
    with Served(server) as served, httpx.Client(base_url=f"{served.url}/v1") as http:
        yield Ortto(server, f"{served.url}/v1", key, http)
