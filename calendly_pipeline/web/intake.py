"""Deliveries into the state store: kept means committed.

What belongs here: the one writer and its queue. What does not: who may send (webhooks.py, signatures.py).

Deliveries that arrive while a commit is under way wait and share the next one: one synchronisation of the disk for all
of them. A delivery that is known already is not written again.
"""

import asyncio
import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError

from calendly_pipeline.failures import StateError, StoreError
from calendly_pipeline.sources.deliveries import forgotten_body
from calendly_pipeline.state import State, webhook_deliveries
from calendly_pipeline.suppression import count_suppressed, suppression
from calendly_pipeline.web.envelope import as_text, kind_and_time

MOST_AT_ONCE = 500
"""Deliveries in one transaction."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Delivery:
    """A row of `webhook_deliveries` to be."""

    platform: str
    account: str
    kind: str
    occurred_at: datetime | None
    received_at: datetime
    body: str
    body_sha256: str


def delivery_of(platform: str, account: str, raw: bytes, received_at: datetime) -> Delivery:
    """A signed body as a row."""
    text = as_text(raw)
    kind, occurred_at = kind_and_time(platform, text)
    digest = hashlib.sha256(raw).hexdigest()
    return Delivery(platform, account, kind, occurred_at, received_at.astimezone(UTC), text, digest)


class Intake:
    """Writes deliveries in groups, one transaction at a time; lives in one event loop."""

    def __init__(self, state: State, commit_seconds: float) -> None:
        self.state = state
        self._commit_seconds = commit_seconds
        self._waiting: dict[asyncio.Future[None], Delivery] = {}
        self._writing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="deliveries")
        self._has_tables = False
        if state.engine.dialect.name == "sqlite":
            event.listen(state.engine, "connect", self._wait_shorter)

    async def open(self) -> None:
        """Bring the tables up to date; a store that does not answer yet is tried again with the first delivery."""
        try:
            await self._in_thread(self._ensure_tables)
        except Exception as error:
            log.error("state store not ready: %s", describe(error))

    async def keep(self, delivery: Delivery) -> None:
        """Return once the delivery is committed; raises StateError when it is not, or not in time."""
        kept = asyncio.get_running_loop().create_future()
        self._waiting[kept] = delivery
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        try:
            async with asyncio.timeout(self._commit_seconds):
                await kept
        except TimeoutError:
            raise StateError("The state store did not commit in time.") from None
        finally:
            self._waiting.pop(kept, None)

    async def close(self) -> None:
        """Write what still waits, then release the store."""
        if self._writing is not None:
            await self._writing
        await self._in_thread(self.state.close)
        self._thread.shutdown()

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                group = dict(islice(self._waiting.items(), MOST_AT_ONCE))
                for kept in group:
                    del self._waiting[kept]
                errors = await self._in_thread(self._write, list(group.values()))
                for kept, error in zip(group, errors, strict=True):
                    if not kept.done():
                        kept.set_exception(error) if error else kept.set_result(None)
        finally:
            self._writing = None

    def _write(self, group: list[Delivery]) -> list[StateError | None]:
        """Commit the group; what failed and why, in its order. One that no store can hold does not stop the others."""
        try:
            self._ensure_tables()
            self._insert(group)
        except Exception as error:
            log.error("%d deliveries not kept: %s", len(group), describe(error))
            if len(group) == 1 or isinstance(error, (OperationalError, StoreError)):
                return [StateError("The state store did not commit.") for _ in group]
            return [self._write([one])[0] for one in group]
        return [None] * len(group)

    def _insert(self, group: Sequence[Delivery]) -> None:
        group = self._without_erased(group)
        if not group:
            return
        with self.state.transaction() as connection:
            statement = _insert_absent(connection.dialect.name)
            new = len(connection.execute(statement, [asdict(one) for one in group]).all())
        log.info("kept %s%s", _summary(group), f"; {len(group) - new} known already" if new < len(group) else "")

    def _without_erased(self, group: Sequence[Delivery]) -> list[Delivery]:
        """Deliveries about people who were erased are counted and not kept; of others' meetings they are taken out."""
        erased = suppression(self.state)
        if not erased:
            return list(group)
        kept = []
        for one in group:
            body = forgotten_body(one.platform, one.body, erased.holds)
            if body != one.body:
                count_suppressed(self.state, "webhook", one.platform, one.account, 1)
            if body is not None:
                kept.append(replace(one, body=body))
        return kept

    def _ensure_tables(self) -> None:
        if not self._has_tables:
            self.state.upgrade()
            self._has_tables = True

    def _wait_shorter(self, connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA busy_timeout={int(self._commit_seconds * 500)}")

    async def _in_thread(self, function: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)


def describe(error: Exception) -> str:
    """What went wrong, without the message: drivers quote values, hosts and statements in it."""
    cause = getattr(error, "orig", None) or error
    codes = (getattr(cause, name, None) for name in ("sqlite_errorname", "pgcode", "sqlstate"))
    return " ".join([type(cause).__name__, *(code for code in codes if code)])


def _insert_absent(dialect: str) -> Any:
    insert = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[dialect]
    key = ["platform", "account", "body_sha256"]
    return (
        insert(webhook_deliveries)
        .on_conflict_do_nothing(index_elements=key)
        .returning(webhook_deliveries.c.delivery_id)
    )


def _summary(group: Iterable[Delivery]) -> str:
    counts = Counter(f"{one.platform}/{one.account} {one.kind or '(no kind)'}" for one in group)
    return ", ".join(f"{name} x{count}" for name, count in sorted(counts.items()))
