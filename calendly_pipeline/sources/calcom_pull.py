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
        me = await client.me()
        await _event_types(client, landing)
        await _changed(client, landing, started_at)
        for month, start, end in order.months():
            await _month(client, landing, month, start, end)
    finally:
        await landing.flush()
    say(landing.progress())
    return finished(landing, client, started_at, str((me.data.get("data") or {}).get("email") or "").lower())


async def _event_types(client: CalcomClient, landing: Landing) -> None:
    try:
        async for page in client.event_types():
            landing.counts.pages += 1
            landing.land_if_news(page)
    except PermissionDenied as denied:
        landing.note(f"Event types are not read: {denied}")


async def _changed(client: CalcomClient, landing: Landing, started_at: datetime) -> None:
    """What changed since the last whole reading, wherever it starts."""
    cursor = landing.index.cursor(CURSOR)
    newest = started_at if cursor is None else datetime.fromisoformat(cursor)
    if cursor is not None:
        async for page in client.bookings(after_updated_at=newest - OVERLAP):
            _take(landing, page, page.data["data"])
            moments = [_instant(row.get("updatedAt")) for row in page.data["data"]]
            newest = max([newest, *(moment for moment in moments if moment is not None)])
            await landing.breathe()
    await landing.flush()  # the cursor moves only over what is durable
    landing.index.move_cursor(CURSOR, newest.isoformat())


async def _month(client: CalcomClient, landing: Landing, month: str, start: datetime, end: datetime) -> None:
    known = landing.index.starting("booking", start, end)
    seen: set[str] = set()
    async for page in client.bookings(after_start=start, before_end=end + LONGEST_BOOKING):
        _take(landing, page, page.data["data"])
        seen.update(str(row.get("uid")) for row in page.data["data"])
        await landing.breathe()
    missing = missing_from(known, seen, "booking", client.vendor)
    for answer in await landing.confirm_absences("booking", month, missing, client.booking):
        found = answer.data["data"]
        _take(landing, answer, found if isinstance(found, list) else [found])


def _take(landing: Landing, page: Answer, bookings: Sequence[Mapping[str, Any]]) -> None:
    landing.counts.pages += 1
    rows = [_row(booking, page) for booking in bookings if booking.get("uid")]
    if len(rows) < len(bookings):
        landing.note(f"{page.request}: bookings without a uid were landed and are not used.")
    before = landing.index.named("booking", [row["record_id"] for row in rows])
    news = landing.count_news(rows, before)
    if news or len(rows) < len(bookings):
        landing.page(_folder(rows), page)
    for row in rows:
        landing.seen(row)


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
        "digest": digest_of(booking),
        "starts_at": _instant(booking.get("start")),
        "seen_at": page.received_at,
        "is_absent": False,
    }


def _instant(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
