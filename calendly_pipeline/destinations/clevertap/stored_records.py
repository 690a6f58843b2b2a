"""Which of our events CleverTap has: read back by name and day, told apart by their `record` property."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from calendly_pipeline.clients.clevertap import CleverTapClient
from calendly_pipeline.destinations.records import Record
from calendly_pipeline.failures import ApiError, Unauthenticated


class StoredRecords:
    """Record keys of stored events; each listing is read once."""

    def __init__(self, client: CleverTapClient) -> None:
        self.client = client
        self._read: dict[tuple[str, date, date], set[str] | None] = {}

    async def near(self, record: Record) -> set[str] | None:
        """Those of the record's name and month; None when they cannot be read."""
        day = _day(record)
        first = day.replace(day=1)
        return await self._between(_name(record), first, (first + timedelta(days=31)).replace(day=1))

    async def among(self, records: Iterable[Record]) -> set[str]:
        """Those of the names and days of many records; names that cannot be read have none."""
        days: dict[str, list[date]] = {}
        for record in records:
            days.setdefault(_name(record), []).append(_day(record))
        found = [await self._between(name, min(listed), max(listed)) for name, listed in sorted(days.items())]
        return {key for keys in found if keys is not None for key in keys}

    async def _between(self, name: str, first: date, last: date) -> set[str] | None:
        """A day more on either side: the days are those of the project's time zone, and no answer names it."""
        listing = (name, first, last)
        if listing not in self._read:
            pages = self.client.events(name, first - timedelta(days=1), last + timedelta(days=1))
            try:
                self._read[listing] = {str(event.properties.get("record")) async for page in pages for event in page}
            except Unauthenticated:
                raise
            except ApiError:  # nobody ever sent that name, or it may not be read: nobody knows more than before
                self._read[listing] = None
        return self._read[listing]


def _name(record: Record) -> str:
    return str(record.payload["event_name"])


def _day(record: Record) -> date:
    return datetime.fromtimestamp(int(record.payload["occurred_at"]), UTC).date()
