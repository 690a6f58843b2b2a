"""Clients of a fake Brevo that wait by a clock of their own."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from calendly_pipeline.clients.brevo import BrevoClient
from calendly_pipeline.clients.http import Retry, StaticToken
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline_tests.clients.calcom_given import QuickClock
from calendly_pipeline_tests.fakes.brevo.given import Brevo, brevo

Result = TypeVar("Result")


@dataclass
class Asker:
    """Asks a fake Brevo; waiting takes no time."""

    given: Brevo
    clock: QuickClock = field(default_factory=QuickClock)
    key: str | None = None
    concurrency: int = 1

    def asked(self, use: Callable[[BrevoClient], Awaitable[Result]], attempts: int = 10) -> Result:
        """What a client gives."""

        async def run() -> Result:
            retry, deadline = Retry(attempts, 0.01, 0.02), Deadline(None, self.clock)
            token = StaticToken(self.given.key if self.key is None else self.key)
            client = BrevoClient(self.given.url, token, concurrency=self.concurrency, deadline=deadline, retry=retry)
            async with client:
                return await use(client)

        return asyncio.run(run())

    def paths(self) -> list[str]:
        """Method and path of every request, in order."""
        return [f"{request.method} {request.path.removeprefix('/v3')}" for request in self.given.server.requests]


@contextmanager
def asker(**details: Any) -> Iterator[Asker]:
    """A firm's account, and who asks for it."""
    with brevo(**details) as given:
        yield Asker(given)
