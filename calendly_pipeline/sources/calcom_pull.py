"""Cal.com by API into landing.

Bookings come twice: those changed since the last pull (`afterUpdatedAt`, with an overlap), and all that start in the
order's months, because marking an attendee absent and cancelling a seat do not touch the booking (Cal.com's source).

Data flow: CAL_COM_API_URL -> data/landing/calcom/<account>/<month>/<run>/*.jsonl.gz -> sources.api_records
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from calendly_pipeline.clients.answer import Answer
from calendly_pipeline.clients.calcom import CalcomClient
from calendly_pipeline.failures import PermissionDenied
from calendly_pipeline.home import Home
from calendly_pipeline.sources.pages import ACCOUNT_FOLDER
from calendly_pipeline.sources.pull_index import PullIndex, digest_of
from calendly_pipeline.sources.pull_landing import Landing, PullReport, Say, finished, missing_from
from calendly_pipeline.sources.pull_order import Order

CURSOR = "bookings_updated_at"
OVERLAP = timedelta(minutes=10)
"""Clocks differ and rows are committed out of order: so much is read again."""
LONGEST_BOOKING = timedelta(days=2)


async def pull_calcom(client: CalcomClient, home: Home, index: PullIndex, order: Order, say: Say) -> PullReport:
    """Pull one instance; raises ApiError. What was landed before an error counts, and the next pull goes on."""
    started_at = datetime.now(UTC)
    landing = Landing(home, index, order, say, client.traffic)
    try:
        owner = await client.me()
        await _CalcomPull(client, landing).run()
    finally:
        await landing.flush()
    say(landing.progress())
    return finished(landing, client, started_at, str((owner.data.get("data") or {}).get("email") or "").lower())


class _CalcomPull:
    def __init__(self, client: CalcomClient, landing: Landing) -> None:
        self.client = client
        self.landing = landing
        self.taken: set[tuple[str, str]] = set()  # pages overlap, so that nothing falls between them

    async def run(self) -> None:
        """Event types, what changed anywhere, then the order's months."""
        await self._event_types()
        await self._changed()
        for month, start, end in self.landing.order.months():
            await self._month(month, start, end)

    async def _event_types(self) -> None:
        try:
            async for page in self.client.event_types():
                self.landing.counts.pages += 1
                self.landing.land_if_news(page)
        except PermissionDenied as denied:
            self.landing.note(f"Event types are not read: {denied}")

    async def _changed(self) -> None:
        """What changed since the last whole reading, wherever it starts."""
        index, now = self.landing.index, self.landing.order.now
        cursor = index.cursor(CURSOR)
        newest = now if cursor is None else datetime.fromisoformat(cursor)
        if cursor is not None:
            async for page in self.client.bookings(after_updated_at=newest - OVERLAP):
                self._take(page, page.data["data"])
                moments = [_instant(row.get("updatedAt")) for row in page.data["data"]]
                newest = max([newest, *(moment for moment in moments if moment is not None)])
                await self.landing.breathe()
        await self.landing.flush()  # the cursor moves only over what is durable
        index.move_cursor(CURSOR, newest.isoformat())

    async def _month(self, month: str, start: datetime, end: datetime) -> None:
        known = self.landing.index.starting("booking", start, end)
        seen: set[str] = set()
        async for page in self.client.bookings(after_start=start, before_end=end + LONGEST_BOOKING):
            self._take(page, page.data["data"])
            seen.update(str(row.get("uid")) for row in page.data["data"])
            await self.landing.breathe()
        missing = missing_from(known, seen, "booking", self.client.vendor)
        for answer in await self.landing.confirm_absences("booking", month, missing, self.client.booking):
            found = answer.data["data"]
            self._take(answer, found if isinstance(found, list) else [found])

    def _take(self, page: Answer, bookings: Sequence[Mapping[str, Any]]) -> None:
        """Land a page that holds anything new."""
        every = [_row(booking, page) for booking in bookings if booking.get("uid")]
        rows = [row for row in every if (row["record_id"], row["digest"]) not in self.taken]
        self.taken.update((row["record_id"], row["digest"]) for row in rows)
        if len(every) < len(bookings):
            self.landing.note(f"{page.request}: bookings without a uid were landed and are not used.")
        before = self.landing.index.named("booking", [row["record_id"] for row in rows])
        self.landing.take(_folder(rows), page, rows, before, is_odd=len(every) < len(bookings))


def _folder(rows: Sequence[Mapping[str, Any]]) -> str:
    """The month most bookings of a page start in."""
    counted: dict[str, int] = defaultdict(int)
    for row in rows:
        if row["starts_at"] is not None:
            counted[row["starts_at"].strftime("%Y-%m")] += 1
    return max(sorted(counted), key=lambda month: counted[month], default=ACCOUNT_FOLDER)


def _row(booking: Mapping[str, Any], page: Answer) -> dict[str, Any]:
    return {
        "kind": "booking",
        "record_id": str(booking["uid"]),
        "version": str(booking.get("updatedAt")),
        "digest": digest_of({**booking, "attendees": _in_order(booking.get("attendees"))}),
        "starts_at": _instant(booking.get("start")),
        "seen_at": page.received_at,
        "is_absent": False,
    }


def _in_order(attendees: Any) -> Any:
    """Cal.com lists attendees in no fixed order (its source)."""
    if not isinstance(attendees, list):
        return attendees
    return sorted(attendees, key=lambda person: str(person.get("email")) if isinstance(person, dict) else str(person))


def _instant(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
