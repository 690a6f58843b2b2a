"""A state store, and sends to a fake CleverTap through the engine."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline.clients.clevertap import CleverTapClient
from calendly_pipeline.clients.http import Retry
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline.destinations.clevertap.adapter import ClevertapAdapter
from calendly_pipeline.destinations.engine import require_mapping, send_all, settle_open
from calendly_pipeline.destinations.ledger import Ledger
from calendly_pipeline.destinations.records import Counts, Record
from calendly_pipeline.settings_clevertap import ClevertapDestination
from calendly_pipeline.state import State, sync_ledger
from calendly_pipeline_tests.clients.calcom_given import QuickClock
from calendly_pipeline_tests.fakes.clevertap import World
from calendly_pipeline_tests.fakes.clevertap.given import CleverTap, clevertap


@dataclass
class Tapping:
    """A fake account, a ledger, and sends between them; an hour passes from send to send."""

    fake: CleverTap
    state: State
    said: list[str] = field(default_factory=list)
    now: datetime = field(default_factory=lambda: datetime(2026, 6, 15, 9, tzinfo=UTC))
    attempts: int = 3
    passcode: str = ""

    @property
    def world(self) -> World:
        """What the account holds."""
        return self.fake.world

    def send(self, *records: Record, **rules: Any) -> Counts:
        """One send as the engine makes it: check, look up, send."""
        self.now += timedelta(hours=1)
        chosen = ClevertapDestination.model_validate(rules)

        async def run() -> Counts:
            async with self._adapter(chosen) as adapter:
                ledger = Ledger(self.state, "clevertap", f"run {self.now}", now=lambda: self.now)
                await require_mapping(adapter, self.said.append)
                await settle_open(adapter, ledger, self.said.append)
                return await send_all(adapter, ledger, records, self.said.append)

        return asyncio.run(run())

    def outcomes(self) -> dict[str, str]:
        """Record key -> outcome of the newest attempt."""
        rows = sorted(self.state.rows(sync_ledger), key=lambda row: row["entry_id"])
        return {row["record_key"]: row["outcome"] for row in rows}

    def answers(self) -> dict[str, str]:
        """Record key -> what was said of the newest attempt."""
        rows = sorted(self.state.rows(sync_ledger), key=lambda row: row["entry_id"])
        return {row["record_key"]: row["answer"] for row in rows}

    def stored(self) -> list[str]:
        """Record keys of the events the account holds, sorted; one that is there twice is listed twice."""
        return sorted(str(event.properties.get("record")) for event in self.world.events)

    def _adapter(self, rules: ClevertapDestination) -> ClevertapAdapter:
        client = CleverTapClient(
            self.fake.url,
            self.world.account_id,
            self.passcode or self.world.passcode,
            deadline=Deadline(None, QuickClock()),
            retry=Retry(self.attempts, 0.01, 0.02),
        )
        return ClevertapAdapter(client, rules, self.state, now=lambda: self.now)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """An empty state store."""
    store = State(f"sqlite:///{tmp_path / 'state.db'}")
    store.upgrade()
    yield store
    store.close()


@pytest.fixture
def tapping(state: State) -> Iterator[Tapping]:
    """An empty account and an empty ledger."""
    with clevertap() as fake:
        yield Tapping(fake, state)


def event(number: int = 1, **named: Any) -> Record:
    """An event of the morning of the fake's day."""
    key = f"event:invitee:scheduled:p{number}:m"
    fields = {
        "identity": f"p{number}@client.example",
        "event_name": "Review scheduled",
        "occurred_at": int(datetime(2026, 6, 15, 8, tzinfo=UTC).timestamp()),
        "properties": {"record": key, "is_backfill": False},
        **named,
    }
    return Record("clevertap", key, "event", "create", fields, fields=fields)


def profile(number: int = 1, written: dict[str, Any] | None = None, /, **payload: Any) -> Record:
    """A profile of somebody."""
    operation = "create" if written is None else "update"
    key = f"profile:p{number}@client.example"
    return Record("clevertap", key, "profile", operation, payload, fields=payload, written=written or {})


def several(count: int) -> list[Record]:
    """So many events."""
    return [event(number) for number in range(count)]
