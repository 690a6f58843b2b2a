"""A batch that the vendor takes one by one: several at a time, each with its outcome, and no more after a stop."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

from calendly_pipeline.destinations.records import Outcome, Record, Verdict
from calendly_pipeline.failures import ApiError

NOT_SENT = "not sent: the run stopped"
Group = Sequence[Record]


class Many:
    """Sends the parts of a batch. An error that stops the run is kept, and raised by whatever is asked for next."""

    def __init__(self, classify: Callable[[ApiError], Verdict], at_once: int) -> None:
        self.classify = classify
        self.at_once = at_once
        self._stopped: ApiError | None = None

    def raise_if_stopped(self) -> None:
        """Raise the error that stopped the run."""
        if self._stopped is not None:
            raise self._stopped

    async def each(self, records: Group, send: Callable[[Record], Awaitable[Outcome]]) -> list[Outcome]:
        """Outcomes of records that are sent one by one. Raises ApiError when the run stops and none was accepted."""

        async def one(group: Group) -> list[Outcome]:
            return [await send(group[0])]

        return await self.groups([[record] for record in records], one)

    async def groups(self, groups: Sequence[Group], send: Callable[[Group], Awaitable[list[Outcome]]]) -> list[Outcome]:
        """The same for groups that share a request each."""
        outcomes: list[Outcome] = []
        waiting = iter(groups)
        await asyncio.gather(*(self._work(waiting, send, outcomes) for _ in range(min(self.at_once, len(groups)))))
        if all(outcome.result == "rejected" for outcome in outcomes):
            self.raise_if_stopped()
        return outcomes

    async def _work(
        self, waiting: Iterator[Group], send: Callable[[Group], Awaitable[list[Outcome]]], outcomes: list[Outcome]
    ) -> None:
        for group in waiting:
            if self._stopped is not None:
                outcomes += [Outcome(record.key, "rejected", NOT_SENT) for record in group]
                continue
            try:
                outcomes += await send(group)
            except ApiError as error:
                outcomes += self._failed(group, error)

    def _failed(self, group: Group, error: ApiError) -> list[Outcome]:
        verdict = self.classify(error)
        if verdict in ("stop", "later"):
            self._stopped = self._stopped or error
        return [Outcome(record.key, "unknown" if verdict == "unknown" else "rejected", str(error)) for record in group]
