"""Clients of a fake CleverTap that wait by a clock of their own."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from calendly_pipeline.clients.clevertap import CleverTapClient, StoredEvent
from calendly_pipeline.clients.clevertap_results import RecordResult
from calendly_pipeline.clients.http import Retry
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline_tests.clients.calcom_given import QuickClock
from calendly_pipeline_tests.fakes.clevertap import World
from calendly_pipeline_tests.fakes.clevertap.given import CleverTap, clevertap

Result = TypeVar("Result")


@dataclass
class Asker:
    """Asks a fake CleverTap; waiting takes no time."""

    fake: CleverTap
    account_id: str = ""
    passcode: str = ""
    clock: QuickClock = field(default_factory=QuickClock)

    @property
    def world(self) -> World:
        """What the server knows."""
        return self.fake.world

    def asked(self, use: Callable[[CleverTapClient], Awaitable[Result]], attempts: int = 10) -> Result:
        """What a client gives."""

        async def run() -> Result:
            retry, deadline = Retry(attempts, 0.01, 0.02), Deadline(None, self.clock)
            account_id = self.account_id or self.world.account_id
            passcode = self.passcode or self.world.passcode
            async with CleverTapClient(self.fake.url, account_id, passcode, deadline=deadline, retry=retry) as client:
                return await use(client)

        return asyncio.run(run())

    def upload(self, records: Sequence[Any], attempts: int = 10, **details: Any) -> list[RecordResult]:
        """The results of one upload."""
        return self.asked(lambda client: client.upload(records, **details), attempts)

    def events(self, name: str, first: date, last: date) -> list[list[StoredEvent]]:
        """The pages of a reading."""

        async def read(client: CleverTapClient) -> list[list[StoredEvent]]:
            return [page async for page in client.events(name, first, last)]

        return self.asked(read)


@contextmanager
def asker(world: World | None = None, **details: Any) -> Iterator[Asker]:
    """An account, and who asks it."""
    with clevertap(world, **details) as fake:
        yield Asker(fake)
