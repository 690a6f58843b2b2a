"""Clients of a fake LACRM that wait by a clock of their own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from calendly_pipeline.clients.answer import Answer
from calendly_pipeline.clients.http import Retry, StaticToken
from calendly_pipeline.clients.lacrm import LacrmClient
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline_tests.clients.calcom_given import QuickClock
from calendly_pipeline_tests.fakes.lacrm.given import Lacrm, lacrm

Result = TypeVar("Result")


@dataclass
class Asker:
    """Asks a fake LACRM; waiting takes no time."""

    crm: Lacrm
    clock: QuickClock = field(default_factory=QuickClock)
    page_size: int = 10_000
    key: str | None = None
    seconds: float | None = None
    waited_seconds: float = 0.0

    def asked(self, use: Callable[[LacrmClient], Awaitable[Result]], attempts: int = 10) -> Result:
        """What a client gives."""

        async def run() -> Result:
            retry, deadline = Retry(attempts, 0.01, 0.02), Deadline(self.seconds, self.clock)
            token = StaticToken(self.crm.key if self.key is None else self.key)
            async with LacrmClient(f"{self.crm.url}/v2/", token, deadline=deadline, retry=retry) as client:
                client.page_size = self.page_size
                try:
                    return await use(client)
                finally:
                    self.waited_seconds = client.budget.waited_seconds

        return asyncio.run(run())

    def pages(self, listing: Callable[[LacrmClient], AsyncIterator[Answer]], attempts: int = 10) -> list[Answer]:
        """The pages of a listing."""

        async def read(client: LacrmClient) -> list[Answer]:
            return [answer async for answer in listing(client)]

        return self.asked(read, attempts)

    def functions(self) -> list[str]:
        """The functions that were called, in order."""
        return [called.function for called in self.crm.server.calls]


@contextmanager
def asker(contacts: int = 0, **details: Any) -> Iterator[Asker]:
    """A firm with so many contacts, and who asks for them."""
    with lacrm(contacts, **details) as crm:
        yield Asker(crm)
