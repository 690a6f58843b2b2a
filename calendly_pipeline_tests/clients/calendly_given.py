"""A fake Calendly that listens, and a client that waits by a clock of its own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from calendly_pipeline.clients.answer import Answer
from calendly_pipeline.clients.calendly import CalendlyClient, Identity
from calendly_pipeline.clients.http import Retry, StaticToken, TokenSource
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline_tests.clients.calcom_given import QuickClock
from calendly_pipeline_tests.fakes.calendly import CalendlyServer, World
from calendly_pipeline_tests.fakes.calendly.bulk import firm
from calendly_pipeline_tests.fakes.limits import Limit
from calendly_pipeline_tests.fakes.serving import Served

Result = TypeVar("Result")
NOW = datetime(2026, 3, 2, 16, 37, tzinfo=UTC)
START = datetime(2026, 3, 10, 11, tzinfo=UTC)
BEGIN, END = START - timedelta(days=60), START + timedelta(days=60)


@dataclass
class Given:
    """The server, its address, the owner's token and the clock of the clients."""

    server: CalendlyServer
    url: str
    token: str
    clock: QuickClock

    @property
    def world(self) -> World:
        """What the server speaks of."""
        return self.server.world

    def named(self, name: str) -> str:
        """The URI of a user or an event type."""
        rows = {**self.world.users, **self.world.event_types}
        return next(uri for uri, row in rows.items() if row["name"] == name)

    def book(self, count: int, step: timedelta = timedelta(hours=1), name: str = "30 Minute Meeting") -> list[str]:
        """So many events, one after the other."""
        type_ = self.named(name)
        return [
            self.world.book(type_, START + step * n, name="Ada L", email=f"a{n}@x.example", now=NOW).event
            for n in range(count)
        ]

    def use(
        self,
        work: Callable[[CalendlyClient], Awaitable[Result]],
        *,
        tokens: TokenSource | None = None,
        attempts: int = 10,
        **settings: Any,
    ) -> Result:
        """What a client gives; its retries are quick."""

        async def run() -> Result:
            chosen = {
                "limit_share": 1.0,
                "deadline": Deadline(clock=self.clock),
                "retry": Retry(attempts, 0.01, 0.02),
                **settings,
            }
            async with CalendlyClient(self.url, tokens or StaticToken(self.token), **chosen) as client:
                return await work(client)

        return asyncio.run(run())

    def identity(self, user: str = "Olive Owner", scopes: tuple[str, ...] | None = None) -> Identity:
        """Who a new token of this user is."""
        self.token = self.server.tokens.personal(self.named(user), scopes)
        return self.use(lambda client: client.identity())

    def pages(self, listing: Callable[[CalendlyClient, Identity], AsyncIterator[Answer]]) -> list[Answer]:
        """The pages of a listing."""

        async def read(client: CalendlyClient) -> list[Answer]:
            return [page async for page in listing(client, await client.identity())]

        return self.use(read)

    def events(self) -> list[str]:
        """The URIs of all events, as often as they were listed."""
        return uris(self.pages(lambda client, identity: client.events(identity, BEGIN, END)))


def uris(pages: list[Answer]) -> list[str]:
    """The records on some pages."""
    return [record["uri"] for page in pages for record in page.data["collection"]]


@contextmanager
def calendly(per_window: int = 100_000, **details: Any) -> Iterator[Given]:
    """A firm without bookings; its limit runs on the clients' clock."""
    clock = QuickClock()
    server = CalendlyServer(firm(1, now=NOW), limit=Limit(per_window, clock=clock.monotonic), **details)
    token = server.tokens.personal(server.world.owner, None)
    with Served(server) as served:
        yield Given(server, served.url, token, clock)
