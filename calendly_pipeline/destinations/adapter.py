"""What the engine needs of a destination. One subclass per vendor; nothing else of the engine knows a vendor."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import ClassVar, Generic, Protocol, Self, TypeVar

from calendly_pipeline.clients.http import Traffic
from calendly_pipeline.destinations.records import Kind, Outcome, Record, Verdict
from calendly_pipeline.failures import (
    ApiError,
    DeadlineReached,
    PermissionDenied,
    Rejected,
    Unauthenticated,
    Unavailable,
)
from calendly_pipeline.findings import Finding


class Client(Protocol):
    """What an adapter's client says of its own work."""

    @property
    def traffic(self) -> Traffic:
        """What it did so far."""
        ...

    @property
    def waited_seconds(self) -> float:
        """How long it waited for the vendor's limits."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


C = TypeVar("C", bound=Client)


class Adapter(ABC, Generic[C]):
    """One destination with its client; use as `async with`."""

    name: ClassVar[str]
    client: C
    kinds: ClassVar[Mapping[str, Kind]]
    parallel: int = 1
    """Calls of `send` at a time."""
    consent_keys: ClassVar[frozenset[str]] = frozenset()
    """Keys, in lower case, that say what somebody consented to. A payload that holds one anywhere is never sent."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.client.__aexit__(kind, error, trace)

    @abstractmethod
    async def check(self) -> list[Finding]:
        """Compare what is mapped with what the destination has; an error keeps anything from being sent."""

    async def create_fields(self) -> list[str]:
        """Create what `check` misses and may be created; what was made, in words."""
        return []

    async def prepare(self, records: Sequence[Record]) -> list[Record | Outcome]:
        """Read what stands there and narrow each record to what may be written; an Outcome where nothing is left.

        Given all records of a kind at once, before the first of them is sent.
        """
        return list(records)

    @abstractmethod
    async def send(self, records: Sequence[Record]) -> list[Outcome]:
        """Write one batch: records of one kind and operation. Raises ApiError when the whole batch shares one fate."""

    async def confirm(self, records: Sequence[Record]) -> list[Outcome]:
        """Read back records of a kind that were accepted; outcomes of those that do not stand there after all."""
        return []

    async def look_up(self, record: Record) -> Outcome | None:
        """Whether an attempt arrived: accepted, or rejected when it certainly did not. None: nobody can tell."""
        return None

    def classify(self, error: ApiError) -> Verdict:
        """What an error means for the records of a request."""
        if isinstance(error, (Unauthenticated, PermissionDenied)) or error.status == 402:
            return "stop"
        if isinstance(error, DeadlineReached):
            return "later"
        if isinstance(error, Unavailable):
            return "unknown" if error.may_have_arrived else "later"
        return "reject" if isinstance(error, Rejected) else "unknown"
