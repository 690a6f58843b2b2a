"""A fake Cal.com that listens, and a client that waits by a clock of its own."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from calendly_pipeline.clients.answer import Answer
from calendly_pipeline.clients.calcom import CalcomClient
from calendly_pipeline.clients.http import Retry, StaticToken
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline_tests.fakes.calcom import CalcomServer, World, api_key_limit
from calendly_pipeline_tests.fakes.calcom.bulk import booked_firm
from calendly_pipeline_tests.fakes.serving import Served

Result = TypeVar("Result")


@dataclass
class QuickClock:
    """Sleeping moves the clock on and takes no time."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        """Seconds so far."""
        return self.now

    def unix(self) -> float:
        """The real time: the fake's timestamps are real too."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Move on."""
        self.now += seconds
        self.slept.append(seconds)
        await asyncio.sleep(0)


@dataclass
class Calcom:
    """The server, its address, an admin's key and the clock of the clients."""

    server: CalcomServer
    url: str
    key: str
    clock: QuickClock
    page_size: int = 250

    @property
    def world(self) -> World:
        """What the server speaks of."""
        return self.server.world

    def asked(self, use: Callable[[CalcomClient], Awaitable[Result]], attempts: int = 10) -> Result:
        """What a client gives; its retries are quick."""

        async def run() -> Result:
            retry = Retry(attempts, 0.01, 0.02)
            deadline = Deadline(clock=self.clock)
            async with CalcomClient(
                f"{self.url}/v2", StaticToken(self.key), limit_share=1.0, deadline=deadline, retry=retry
            ) as client:
                client.page_size = self.page_size
                return await use(client)

        return asyncio.run(run())

    def pages(self, **bounds: Any) -> list[Answer]:
        """The pages of a listing of bookings."""

        async def read(client: CalcomClient) -> list[Answer]:
            return [answer async for answer in client.bookings(**bounds)]

        return self.asked(read)

    def queries(self) -> list[dict[str, str]]:
        """The queries of the listings that were asked for."""
        return [dict(request.query) for request in self.server.requests if request.path == "/v2/bookings"]


def uids(pages: list[Answer]) -> set[str]:
    """The bookings on some pages."""
    return {row["uid"] for page in pages for row in page.data["data"]}


@contextmanager
def calcom(bookings: int = 0, per_window: int = 10_000, **details: Any) -> Iterator[Calcom]:
    """A firm with so many bookings in the first half of 2026; its limit runs on the clients' clock."""
    world, key = booked_firm(bookings, "2026-01:2026-06", keep_deliveries=False)
    clock = QuickClock()
    limit = details.pop("limit", None) or api_key_limit(per_window, clock=clock.monotonic)
    server = CalcomServer(world, limit=limit, **details)
    with Served(server) as served:
        yield Calcom(server, served.url, key, clock)
