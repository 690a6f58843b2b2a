"""Landing of a pull: first the answers, then the note of what need not be asked for again; and the pull's report.

What belongs here: counting, flushing, what is news. What does not: any vendor's call (`calendly_pull`, `calcom_pull`).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from calendly_pipeline.clients.answer import Answer
from calendly_pipeline.clients.http import Traffic, VendorClient
from calendly_pipeline.failures import ApiError, ListingShrank, NotFound, PermissionDenied
from calendly_pipeline.home import Home
from calendly_pipeline.sources.pages import ACCOUNT_FOLDER, PageWriter, Pull
from calendly_pipeline.sources.pull_index import Known, PullIndex, digest_of
from calendly_pipeline.sources.pull_order import Order
from calendly_pipeline.suppression import count_suppressed, suppression

FLUSH_PAGES = 250
FLUSH_SECONDS = 2.0
SHOWN_SECONDS = 5.0
SHOWN_NOTES = 20
SHRUNK_COUNT = 20
SHRUNK_SHARE = 0.2
"""A listing that lacks more than both of what was there before is taken for a fault, not for deletions."""

Say = Callable[[str], None]


@dataclass
class Counts:
    """What a pull found."""

    pages: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    invitee_reads: int = 0
    found_late: int = 0
    """Invitees that changed though nothing announced it: late no-shows."""
    absent: int = 0
    older_than_known: int = 0
    """Records given in an older state than the one that is known: the vendor answered from a copy that lags."""
    suppressed: int = 0
    """Records of erased people, which do not land."""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class PullReport:
    """How a pull went."""

    account: str
    state: str
    """`done`, or `not configured: ...`."""
    counts: dict[str, float]
    notes: tuple[str, ...] = ()
    failure: str = ""
    """Class of the error that ended the pull of this account, in `failures.py`."""


class Landing:
    """Lands answers first and notes them in the index afterwards, in batches."""

    def __init__(self, home: Home, index: PullIndex, order: Order, say: Say, traffic: Traffic) -> None:
        self.writer = PageWriter(home, index.platform, index.account, order.run, suppression(index.state))
        self.index = index
        self.order = order
        self.counts = Counts()
        self.say = say
        self.traffic = traffic
        self._records: list[dict[str, Any]] = []
        self._invitees: list[dict[str, Any]] = []
        self._turn = asyncio.Lock()
        self._flushed_at = self._said_at = time.monotonic()

    def page(self, month: str, answer: Answer) -> None:
        """Land an answer."""
        self.writer.add(month, answer)

    def seen(self, row: dict[str, Any]) -> None:
        """Note a record, once what was landed before is durable."""
        self._records.append(row)

    def invitees(self, row: dict[str, Any]) -> None:
        """Note an event's invitees likewise."""
        self._invitees.append(row)

    async def breathe(self) -> None:
        """Flush and report when it is time."""
        now = time.monotonic()
        waiting = self.writer.waiting_count + len(self._invitees)
        if waiting >= FLUSH_PAGES or (waiting and now - self._flushed_at > FLUSH_SECONDS):
            await self.flush()
        if now - self._said_at > SHOWN_SECONDS:
            self._said_at = now
            self.say(self.progress())

    async def flush(self) -> None:
        """Make everything durable that was handed over until now."""
        async with self._turn:
            self._flushed_at = time.monotonic()
            pages, records, invitees = self.writer.take(), self._records, self._invitees
            self._records, self._invitees = [], []
            await asyncio.to_thread(self._keep, pages, records, invitees)

    def note(self, text: str) -> None:
        """Something a person should know of this pull."""
        if text not in self.counts.notes and len(self.counts.notes) < SHOWN_NOTES:
            self.counts.notes.append(text)

    def is_news(self, page: Answer) -> bool:
        """Whether a list page differs from what the same request brought last."""
        known = self.index.named("page", [page.request]).get(page.request)
        return known is None or known.digest != digest_of(_records(page))

    def land_if_news(self, page: Answer) -> None:
        """Land a list page of what belongs to no month, when it differs from the last one."""
        if self.is_news(page):
            self.page(ACCOUNT_FOLDER, page)
            row = {"kind": "page", "record_id": page.request, "version": "", "digest": digest_of(_records(page))}
            self.seen({**row, "starts_at": None, "seen_at": page.received_at, "is_absent": False})

    def land_ids(self, kind: str, ids: Iterable[str]) -> None:
        """Land the list of all ids of a whole listing, when it differs from the last one: who is not on it is gone."""
        self.land_whole(kind, sorted(ids))

    def land_whole(self, kind: str, listed: Sequence[Any]) -> None:
        """Land a whole list as one line, when it differs from the last one; rows in a fixed order."""
        now = datetime.now(UTC)
        before, digest = self.index.named("page", [kind]).get(kind), digest_of(listed)
        if before is None or before.digest != digest:
            self.writer.note(ACCOUNT_FOLDER, kind, {kind: listed}, now)
        row = {"kind": "page", "record_id": kind, "version": "", "digest": digest}
        self.seen({**row, "starts_at": None, "seen_at": now, "is_absent": False})

    def take(
        self,
        month: str,
        page: Answer,
        rows: Sequence[dict[str, Any]],
        before: Mapping[str, Known],
        *,
        is_odd: bool = False,
    ) -> None:
        """Land an answer that holds anything new or odd, and note its records but those that are older than known."""
        self.counts.pages += 1
        current = [row for row in rows if not is_older(row, before.get(row["record_id"]))]
        self.counts.older_than_known += len(rows) - len(current)
        if self._count_news(current, before) or is_odd:
            self.page(month, page)
        for row in current:
            self.seen(row)

    def _count_news(self, rows: Sequence[Mapping[str, Any]], before: Mapping[str, Known]) -> int:
        """Count records as new, changed or unchanged; return how many are not unchanged."""
        news = 0
        for row in rows:
            old = before.get(row["record_id"])
            if old is None:
                self.counts.new += 1
            elif old.digest != row["digest"] or old.is_absent:
                self.counts.changed += 1
            else:
                self.counts.unchanged += 1
                continue
            news += 1
        return news

    async def confirm_absences(
        self, kind: str, month: str, missing: Sequence[Known], ask: Callable[[str], Awaitable[Answer]]
    ) -> list[Answer]:
        """Ask for each missing record; note those the vendor denies, return the others' answers."""
        found = []
        for known in missing:
            try:
                found.append(await ask(known.record_id))
            except NotFound:
                self._note_absence(kind, month, known, "not found")
            except PermissionDenied:
                self._note_absence(kind, month, known, "permission denied")
        return found

    def _note_absence(self, kind: str, month: str, known: Known, reason: str) -> None:
        noticed_at = datetime.now(UTC)
        body = {"record_id": known.record_id, "last_seen_at": known.seen_at, "noticed_at": noticed_at, "reason": reason}
        self.writer.note(month, "absence", body, noticed_at)
        row = {"version": known.version, "digest": known.digest, "starts_at": known.starts_at, "seen_at": known.seen_at}
        self.seen({"kind": kind, "record_id": known.record_id, "is_absent": True, **row})
        self.counts.absent += 1

    def _keep(self, pages: dict[str, list[bytes]], records: list[Any], invitees: list[Any]) -> None:
        self.writer.write(pages)
        new, self.counts.suppressed = (
            self.writer.suppressed_count - self.counts.suppressed,
            self.writer.suppressed_count,
        )
        count_suppressed(self.index.state, "api", self.index.platform, self.index.account, new)
        if records:
            self.index.save(records)
        self.index.note_invitees(invitees)

    def progress(self) -> str:
        """One line for the log."""
        counts = self.counts
        return (
            f"{self.traffic.requests} requests, {counts.pages} pages, {counts.new} new, {counts.changed} changed, "
            f"{counts.unchanged} unchanged, {counts.invitee_reads} invitee lists"
        )


def is_older(row: Mapping[str, Any], known: Known | None) -> bool:
    """Whether a record is given in a state from before the one that is known; no time of change: it is not."""
    told, held = changed_at(row["version"], row["seen_at"]), known and changed_at(known.version, known.seen_at)
    return told is not None and held is not None and told < held


def changed_at(version: str, seen_at: datetime) -> datetime | None:
    """The vendor's time of change that a version begins with, never later than it was seen."""
    try:
        moment = datetime.fromisoformat(version.partition("|")[0])
    except ValueError:
        return None
    return min(moment if moment.tzinfo else moment.replace(tzinfo=UTC), seen_at)


def require_few(missing: Sequence[Known], known_count: int, share: float, vendor: str, kind: str, remedy: str) -> None:
    """Raise ListingShrank when more is missing than can have been deleted: a lost permission looks like that."""
    if len(missing) > max(SHRUNK_COUNT, share * known_count):
        said = f"{len(missing)} of {known_count} known {kind}s are no longer listed"
        raise ListingShrank(vendor, f"listing of {kind}s", said, remedy)


def missing_from(known: Mapping[str, Known], seen: set[str], kind: str, vendor: str) -> list[Known]:
    """Records that a whole listing no longer holds.

    Raises ListingShrank when far more is missing than can have been deleted: a lost permission looks like that.
    """
    missing = [row for row in known.values() if row.record_id not in seen and not row.is_absent]
    remedy = "Check the token's role and scopes; nothing was marked as gone."
    require_few(missing, len(known), SHRUNK_SHARE, vendor, kind, remedy)
    return missing


def finished(
    landing: Landing, client: VendorClient, started_at: datetime, address: str, *, is_dated: bool = True
) -> PullReport:
    """Write the manifest and report; `is_dated` False: what was listed belongs to no month."""
    counts, order = landing.counts, landing.order
    numbers: dict[str, float] = {
        "requests": client.traffic.requests,
        "refused": client.traffic.refused,
        "repeated": client.traffic.repeated,
        "waited_seconds": round(client.waited_seconds, 1),
        **{name: value for name, value in vars(counts).items() if isinstance(value, int)},
    }
    index = landing.index
    landing.writer.finish(
        Pull(
            platform=index.platform,
            account=index.account,
            run=order.run,
            mode=order.mode,
            from_at=order.start if is_dated else None,
            to_at=order.end if is_dated else None,
            started_at=started_at,
            finished_at=datetime.now(UTC),
            account_address=address,
            counts=numbers,
        )
    )
    return PullReport(index.account, "done", numbers, tuple(counts.notes))


def first_api_error(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Of errors that happened together the one that says most: the first of the vendor's, else the first."""
    plain = [error for error in _flat(group) if not isinstance(error, asyncio.CancelledError)]
    return next((error for error in plain if isinstance(error, ApiError)), plain[0] if plain else group)


def _flat(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _flat(inner)
    else:
        yield error


def _records(page: Answer) -> Any:
    """The records of a list page, without the paging around them, whose tokens differ each time."""
    if isinstance(page.data, list):
        return page.data
    return next((page.data[name] for name in ("collection", "data", "Results") if name in page.data), None)
