"""Calendly by API into landing: which calls are made, and which are spared.

Events of every month are listed each time, which is cheap. The invitees of an event cost a call of their own: they are
read when the event is new, when its `updated_at` or counters changed, or when the order says so (`Order.must_reread`),
because a no-show touches nothing that a listing shows. Invitees that do not fit the counters of an event that changed
lately come from a copy that lags, and are read again by the next pull.

Data flow: CALENDLY_API_URL -> data/landing/calendly/<account>/<month>/<run>/*.jsonl.gz -> sources.api_records
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from calendly_pipeline.clients.answer import Answer
from calendly_pipeline.clients.calendly import CalendlyClient, Identity, id_of
from calendly_pipeline.failures import NotFound, PermissionDenied
from calendly_pipeline.home import Home
from calendly_pipeline.sources.pages import ACCOUNT_FOLDER
from calendly_pipeline.sources.pull_index import Known, PullIndex, digest_of
from calendly_pipeline.sources.pull_landing import (
    Landing,
    PullReport,
    Say,
    changed_at,
    finished,
    first_api_error,
    is_older,
    missing_from,
)
from calendly_pipeline.sources.pull_order import Order

WAITING_EVENTS = 500
MONTHS_AT_ONCE = 4
LONGEST_LAG = timedelta(days=2)
"""For so long after a change, invitees that do not fit the event's counters are not taken for its last word."""
LISTED_USERS = "user_ids"
LISTED_EVENT_TYPES = "event_type_ids"
"""Kinds of the landed lists of all ids that an owner or admin sees."""
Event = Mapping[str, Any]


@dataclass(frozen=True)
class _Unread:
    """An event whose invitees must be read."""

    month: str
    event: Event
    version: str | None
    """None: it was given in an older state than the known one, so what is read now is not its last word."""
    old: Known | None

    @property
    def event_id(self) -> str:
        return id_of(self.event["uri"])


async def pull_calendly(client: CalendlyClient, home: Home, index: PullIndex, order: Order, say: Say) -> PullReport:
    """Pull one account; raises ApiError. What was landed before an error counts, and the next pull goes on."""
    started_at = datetime.now(UTC)
    landing = Landing(home, index, order, say, client.traffic)
    try:
        identity = await client.identity()
        await _CalendlyPull(client, identity, landing).run()
    except BaseExceptionGroup as group:
        raise first_api_error(group) from group
    finally:
        await landing.flush()
    say(landing.progress())
    return finished(landing, client, started_at, identity.address)


class _CalendlyPull:
    def __init__(self, client: CalendlyClient, identity: Identity, landing: Landing) -> None:
        self.client = client
        self.identity = identity
        self.landing = landing
        self.order = landing.order
        self.unread: asyncio.Queue[_Unread | None] = asyncio.Queue(WAITING_EVENTS)
        self.event_types: set[str] = set()
        self.listers = MONTHS_AT_ONCE

    async def run(self) -> None:
        """Account first, then all months, listing and reading invitees side by side."""
        await self._account()
        months = self.order.months()
        async with asyncio.TaskGroup() as group:
            for _ in range(self.listers):
                group.create_task(self._list_months(months))
            for _ in range(self.client.concurrency):
                group.create_task(self._read_invitees())

    async def _account(self) -> None:
        if self.identity.is_admin:
            await self._land_changed(self._memberships())
        else:
            self.landing.note(
                "Only the token user's own events are read: no owner or admin, or the token lacks organizations:read."
            )
        await self._land_changed(self._event_types())
        if self.identity.is_admin:
            self.landing.land_ids(LISTED_EVENT_TYPES, self.event_types)
        for name, pages in (
            ("Routing forms", self._routing()),
            ("Webhook subscriptions", self.client.webhook_subscriptions(self.identity)),
        ):
            try:
                await self._land_changed(pages)
            except PermissionDenied as denied:
                self.landing.note(f"{name} are not read: {denied}")

    async def _memberships(self) -> AsyncIterator[Answer]:
        """Every page of members; then the list of who is one."""
        users: set[str] = set()
        async for page in self.client.memberships(self.identity):
            members = [item.get("user") or {} for item in page.data["collection"] if isinstance(item, dict)]
            users.update(id_of(user["uri"]) for user in members if user.get("uri"))
            yield page
        self.landing.land_ids(LISTED_USERS, users)

    async def _event_types(self) -> AsyncIterator[Answer]:
        async for page in self.client.event_types(self.identity):
            self.event_types.update(id_of(item["uri"]) for item in page.data["collection"])
            yield page

    async def _routing(self) -> AsyncIterator[Answer]:
        async for page in self.client.routing_forms(self.identity):
            yield page
            for form in page.data["collection"]:
                async for answers in self.client.routing_form_submissions(form["uri"]):
                    yield answers
                    if not self.landing.is_news(answers):
                        break  # newest first: what follows was landed before

    async def _land_changed(self, pages: AsyncIterator[Answer]) -> None:
        async for page in pages:
            self.landing.counts.pages += 1
            self.landing.land_if_news(page)

    async def _list_months(self, months: Iterator[tuple[str, datetime, datetime]]) -> None:
        for month, start, end in months:
            known = self.landing.index.starting("event", start, end)
            seen: set[str] = set()
            async for page in self.client.events(self.identity, start, end):
                events = [event for event in page.data["collection"] if isinstance(event, dict) and event.get("uri")]
                if len(events) < len(page.data["collection"]):
                    self.landing.note(f"{page.request}: events without a uri were landed and are not used.")
                    self.landing.page(month, page)
                await self._take(month, page, events, known)
                seen.update(id_of(event["uri"]) for event in events)
                await self.landing.breathe()
            missing = missing_from(known, seen, "event", self.client.vendor)
            for answer in await self.landing.confirm_absences("event", month, missing, self.client.event):
                await self._take(month, answer, [answer.data["resource"]], known)
        self.listers -= 1
        if self.listers == 0:  # the last one to finish tells the readers that nothing more comes
            for _ in range(self.client.concurrency):
                await self.unread.put(None)

    async def _take(self, month: str, page: Answer, events: Sequence[Event], known: Mapping[str, Known]) -> None:
        """Land a page of events that holds anything new, and queue the events whose invitees must be read."""
        strangers = [event_id for event in events if (event_id := id_of(event["uri"])) not in known]
        before = {**known, **self.landing.index.named("event", strangers)} if strangers else known
        rows = [_row(event, page) for event in events]
        self.landing.take(month, page, rows, before)
        await self._unlisted_types(events)
        for event, row in zip(events, rows, strict=True):
            old = before.get(row["record_id"])
            version = None if is_older(row, old) else row["version"]
            if self._must_read(event, version, old):
                await self.unread.put(_Unread(month, event, version, old))

    def _must_read(self, event: Event, version: str | None, old: Known | None) -> bool:
        if old is None or old.invitees_at is None or version not in (None, old.invitees_version):
            return True
        ends_at = _instant(event.get("end_time")) or _instant(event.get("start_time"))
        return ends_at is None or self.order.must_reread(ends_at, old.invitees_at)

    async def _unlisted_types(self, events: Sequence[Event]) -> None:
        """Deleted and one-off event types are in no list, but stay readable one by one."""
        wanted = {id_of(event["event_type"]) for event in events if event.get("event_type")} - self.event_types
        if not wanted:
            return
        self.event_types |= wanted
        for type_id in sorted(wanted - set(self.landing.index.named("event_type", wanted))):
            try:
                answer = await self.client.event_type(type_id)
            except (NotFound, PermissionDenied) as denied:
                self.landing.note(f"An event's type is not read: {denied}")
                continue
            self.landing.page(ACCOUNT_FOLDER, answer)
            row = {"kind": "event_type", "record_id": type_id, "version": "", "digest": digest_of(answer.data)}
            self.landing.seen({**row, "starts_at": None, "seen_at": answer.received_at, "is_absent": False})

    async def _read_invitees(self) -> None:
        while (event := await self.unread.get()) is not None:
            try:
                pages = [page async for page in self.client.invitees(event.event_id)]
            except NotFound:
                self.landing.note(f"Event {event.event_id} vanished while it was read.")
                continue
            self._land_invitees(event, pages)
            await self.landing.breathe()

    def _land_invitees(self, event: _Unread, pages: Sequence[Answer]) -> None:
        counts, old = self.landing.counts, event.old
        counts.invitee_reads += 1
        counts.pages += len(pages)
        digest = digest_of([page.data["collection"] for page in pages])
        if old is None or old.invitees_digest != digest:
            for page in pages:
                self.landing.page(event.month, page)
            if old is not None and event.version is not None and old.invitees_version == event.version:
                counts.found_late += 1
        version = event.version if self._fits(event.event, pages) else None
        row = {"invitees_version": version, "invitees_digest": digest, "invitees_at": pages[-1].received_at}
        self.landing.invitees({"record_id": event.event_id, **row})

    def _fits(self, event: Event, pages: Sequence[Answer]) -> bool:
        """Whether the invitees fit the event's counters, or have not fitted for so long that they never will."""
        invitees = [row for page in pages for row in page.data["collection"] if isinstance(row, dict)]
        counter = event.get("invitees_counter") or {}
        found = {"total": len(invitees), "active": sum(row.get("status") == "active" for row in invitees)}
        moment = changed_at(str(event.get("updated_at")), self.order.now)
        is_recent = moment is not None and moment > self.order.now - LONGEST_LAG
        return not is_recent or all(counter.get(name) in (None, count) for name, count in found.items())


def _row(event: Event, page: Answer) -> dict[str, Any]:
    counter = event.get("invitees_counter") or {}
    return {
        "kind": "event",
        "record_id": id_of(event["uri"]),
        "version": f"{event.get('updated_at')}|{counter.get('total')}|{counter.get('active')}",
        "digest": digest_of(event),
        "starts_at": _instant(event.get("start_time")),
        "seen_at": page.received_at,
        "is_absent": False,
    }


def _instant(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
