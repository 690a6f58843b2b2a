"""A destination in memory whose every call can go wrong as told, and the engine run against it."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

from calendly_pipeline.clients.http import Traffic
from calendly_pipeline.destinations.adapter import Adapter
from calendly_pipeline.destinations.engine import send_all, settle_open
from calendly_pipeline.destinations.ledger import Ledger, copy_ledger
from calendly_pipeline.destinations.plan import plan_table
from calendly_pipeline.destinations.records import Counts, Kind, Outcome, Record
from calendly_pipeline.destinations.sending import record_of
from calendly_pipeline.failures import RateLimited, Rejected, Unauthenticated, Unavailable
from calendly_pipeline.findings import Finding
from calendly_pipeline.settings import Settings
from calendly_pipeline.state import State, sync_ledger
from calendly_pipeline_tests.conftest import AS_OF, Tables

SETTINGS = Settings.model_validate({"firm": {"time_zone": "America/New_York"}})


class Killed(BaseException):
    """The process died here."""


class Counting:
    """A client whose every call is a request."""

    def __init__(self, calls: list[list[str]]) -> None:
        self.calls = calls
        self.waited_seconds = 0.0

    @property
    def traffic(self) -> Traffic:
        """As many requests as calls."""
        return Traffic(requests=len(self.calls))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class Shelf(Adapter[Counting]):
    """Holds profiles (set, repeatable), acts (added, not repeatable) and sheets (refused as a whole batch)."""

    name = "lacrm"
    kinds: ClassVar[Mapping[str, Kind]] = {
        "profile": Kind(batch_size=3),
        "act": Kind(batch_size=2, repeatable=frozenset(), phase=1),
        "sheet": Kind(batch_size=8, has_record_results=False, phase=2),
    }
    consent_keys = frozenset({"subscribed"})

    def __init__(self) -> None:
        self.profiles: dict[str, dict[str, Any]] = {}
        self.acts: list[str] = []
        self.faults: list[str] = []
        """What the next calls do: ok, lost, late, wrong_token, killed_before, killed_after, silent."""
        self.bad: set[str] = set()
        """Records that are refused."""
        self.ignored: set[str] = set()
        """Records that are taken and not kept."""
        self.can_look_up = True
        self.calls: list[list[str]] = []
        self.client = Counting(self.calls)

    async def check(self) -> list[Finding]:
        """Nothing is mapped."""
        return []

    async def send(self, records: Sequence[Record]) -> list[Outcome]:
        """Do what the next fault says."""
        self.calls.append([record.key for record in records])
        fault = self.faults.pop(0) if self.faults else "ok"
        if fault == "wrong_token":
            raise Unauthenticated("Shelf", "PUT /", "the token was refused", "Make a new token.", 401)
        if fault == "late":
            raise RateLimited("Shelf", "PUT /", is_window_known=False)
        if fault == "killed_before":
            raise Killed
        if records[0].kind == "sheet" and any(record.key in self.bad for record in records):
            raise Rejected("Shelf", "PUT /", "one of them is bad", "", 400)
        outcomes = [self._take(record) for record in records]
        if fault == "killed_after":
            raise Killed
        if fault == "lost":
            raise Unavailable("Shelf", "PUT /", "no whole answer came")
        return outcomes[1:] if fault == "silent" else outcomes

    async def confirm(self, records: Sequence[Record]) -> list[Outcome]:
        """Those that were not kept."""
        return [Outcome(record.key, "rejected", "not kept") for record in records if record.key in self.ignored]

    async def look_up(self, record: Record) -> Outcome | None:
        """Whether the act is on the shelf."""
        assert record.payload, "nothing to look for"
        if not self.can_look_up:
            return None
        there = record.key in self.acts
        return Outcome(record.key, "accepted" if there else "rejected", "looked")

    def doubled(self) -> list[str]:
        """Acts that are there twice."""
        return [key for key, count in Counter(self.acts).items() if count > 1]

    def _take(self, record: Record) -> Outcome:
        if record.key in self.bad:
            return Outcome(record.key, "rejected", "bad")
        if record.kind == "act":
            self.acts.append(record.key)
        elif record.key not in self.ignored:
            held = self.profiles.setdefault(record.key, {})
            held.update(record.payload)
        return Outcome(record.key, "accepted", "taken", remote_id=f"id of {record.key}")


class Bench:
    """A state store, a warehouse in memory, and the shelf."""

    def __init__(self, tables: Tables, root: Path) -> None:
        self.tables = tables
        self.state = State(f"sqlite:///{root / 'state.db'}")
        self.state.upgrade()
        self.shelf = Shelf()
        self.runs = 0
        self.said: list[str] = []

    def want(self, *rows: dict[str, Any]) -> "Bench":
        """Replace what should be there."""
        base = {"destination": "lacrm", "is_once": False, "is_repeatable": True, "kind": "profile"}
        shaped = [{**base, **row, "fields": json.dumps(row.get("fields", {"name": row["record_key"]}))} for row in rows]
        self.tables.given("destinations.wanted", *shaped)
        return self

    def plan(self, settings: Settings = SETTINGS) -> list[dict[str, Any]]:
        """Plan again from the ledger."""
        copy_ledger(self.tables.connection, self.state)
        self.tables.run(
            "destinations.sent", "destinations.changes", "destinations.plan", settings=settings, as_of=AS_OF
        )
        return plan_table(self.tables.connection, "lacrm")

    def run(self, settings: Settings = SETTINGS) -> Counts:
        """Look up what is open, plan, send."""
        self.runs += 1
        ledger = Ledger(self.state, "lacrm", f"run {self.runs}", lambda: AS_OF)

        async def whole() -> Counts:
            await settle_open(self.shelf, ledger, self.said.append)
            rows = [row for row in self.plan(settings) if row["operation"] in ("create", "update")]
            return await send_all(self.shelf, ledger, [record_of(row) for row in rows], self.said.append)

        return asyncio.run(whole())

    def run_until_killed(self) -> None:
        """One run, whatever becomes of it."""
        try:
            self.run()
        except BaseExceptionGroup as group:
            if not group.subgroup(Killed):
                raise

    def ledger(self) -> list[tuple[str, str]]:
        """Record and outcome of every attempt, oldest first."""
        return [(row["record_key"], row["outcome"]) for row in self.state.rows(sync_ledger)]


def act(key: str, **more: Any) -> dict[str, Any]:
    """A record that is sent once and must not be repeated."""
    return {"record_key": key, "kind": "act", "is_once": True, "is_repeatable": False, **more}


def profile(key: str, **fields: Any) -> dict[str, Any]:
    """A record that is set, and may be set again."""
    return {"record_key": key, **({"fields": fields} if fields else {})}
