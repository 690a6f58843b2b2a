"""Whether an event arrived whose answer was lost: Brevo lists events of its name and time, and the token decides.

Brevo takes events into a queue, so that one that cannot be seen yet may still come: only a while after the attempt does
its absence mean that it never arrived.
"""

from datetime import UTC, datetime, timedelta

from calendly_pipeline.clients.brevo import BrevoClient
from calendly_pipeline.destinations.ledger import Ledger
from calendly_pipeline.destinations.records import Outcome, Record
from calendly_pipeline.failures import DeadlineReached, RateLimited
from calendly_pipeline.state import State

QUEUE = timedelta(hours=1)
AROUND = timedelta(days=1)


class EventSearch:
    """Reads a name's events around a time once."""

    def __init__(self, client: BrevoClient, state: State) -> None:
        self.client = client
        self.state = state
        self._tokens: dict[tuple[str, str], set[str]] = {}

    async def outcome(self, record: Record) -> Outcome | None:
        """Accepted when it is there; rejected when it is not long after the attempt; else None. Raises ApiError.

        Reading events may be of the 100 requests an hour: when they are used up nobody can tell now.
        """
        try:
            tokens = await self._tokens_like(record)
        except (RateLimited, DeadlineReached):
            return None
        if record.key in tokens:
            return Outcome(record.key, "accepted", "found by its token")
        open_entries = Ledger(self.state, "brevo", "").open_entries()
        attempted_at = next((entry.attempted_at for entry in open_entries if entry.record.key == record.key), None)
        if attempted_at is None or datetime.now(UTC) - attempted_at < QUEUE:
            return None
        return Outcome(record.key, "rejected", "not there an hour after it was sent")

    async def _tokens_like(self, record: Record) -> set[str]:
        happened_at = datetime.fromisoformat(record.payload["happened_at"])
        name, day = str(record.payload["name"]), happened_at.date().isoformat()
        if (name, day) not in self._tokens:
            listed = self.client.events(name, happened_at - AROUND, happened_at + AROUND)
            self._tokens[name, day] = {str(event.properties.get("token")) async for event in listed}
        return self._tokens[name, day]
