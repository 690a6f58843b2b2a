"""Single-use links of Calendly's, by which somebody books again."""

from types import TracebackType
from typing import Any, Self

from calendly_pipeline.clients.calendly import CalendlyClient
from calendly_pipeline.clients.calendly_event_types import active_event_types, event_type_called


class BookingLinks:
    """Makes links; the event types are read once, before the first."""

    def __init__(self, client: CalendlyClient) -> None:
        self.client = client
        self._active: list[dict[str, Any]] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.client.__aexit__(kind, error, trace)

    async def make(self, event_type: str) -> str:
        """A link (URL) that books this event type once; by id, slug or name. Raises ApiError or InputError.

        Calendly knows no way to list such links: one whose answer is lost cannot be found again.
        """
        if self._active is None:
            self._active = await active_event_types(self.client, await self.client.identity())
        return await self.client.scheduling_link(event_type_called(event_type, self._active))
