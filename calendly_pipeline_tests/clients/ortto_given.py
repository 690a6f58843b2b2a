"""Clients of a fake Ortto that wait by a clock of their own."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from calendly_pipeline.clients.http import Retry, StaticToken
from calendly_pipeline.clients.ortto import OrttoClient
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline_tests.clients.calcom_given import QuickClock
from calendly_pipeline_tests.fakes.ortto.given import Ortto, ortto

Result = TypeVar("Result")


@dataclass
class Asker:
    """Asks a fake Ortto; waiting takes no time."""

    there: Ortto
    clock: QuickClock = field(default_factory=QuickClock)
    key: str | None = None
    waited_seconds: float = 0.0

    def asked(self, use: Callable[[OrttoClient], Awaitable[Result]], attempts: int = 10) -> Result:
        """What a client gives."""

        async def run() -> Result:
            token = StaticToken(self.there.key if self.key is None else self.key)
            deadline, retry = Deadline(None, self.clock), Retry(attempts, 0.01, 0.02)
            async with OrttoClient(self.there.url, token, deadline=deadline, retry=retry) as client:
                try:
                    return await use(client)
                finally:
                    self.waited_seconds = client.budget.waited_seconds

        return asyncio.run(run())


@contextmanager
def asker(people: int = 0, **details: Any) -> Iterator[Asker]:
    """An account with so many people, and who asks for them."""
    with ortto(people, **details) as there:
        yield Asker(there)
