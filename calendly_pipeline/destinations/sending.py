"""One send to one destination: look up what is open, plan again, guard, send, plan again.

The warehouse is open only while plans are made, never while the network is used.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from filelock import FileLock, Timeout

from calendly_pipeline.destinations.adapter import Adapter
from calendly_pipeline.destinations.adapters import adapter_for
from calendly_pipeline.destinations.engine import Say, require_mapping, send_all, settle_open
from calendly_pipeline.destinations.guard import require_few_changes
from calendly_pipeline.destinations.ledger import Ledger
from calendly_pipeline.destinations.plan import plan_table
from calendly_pipeline.destinations.records import Counts, Record
from calendly_pipeline.destinations.replan import replan
from calendly_pipeline.failures import PipelineError, SendBusy, SendRefused
from calendly_pipeline.home import Home
from calendly_pipeline.settings import Settings
from calendly_pipeline.state import State
from calendly_pipeline.warehouse import open_warehouse

BUSY_SECONDS = 5


@dataclass(frozen=True)
class Order:
    """What somebody asked for."""

    run_id: str
    as_of: datetime
    only: tuple[str, ...] = ()
    """Record keys, or contact ids; empty: all."""
    limit: int | None = None
    allow_large_change: bool = False
    create_fields: bool = False


@dataclass
class Sent:
    """How a send went. `error`: what stopped it before or while it was sent."""

    counts: Counts = field(default_factory=Counts)
    error: PipelineError | None = None


@dataclass(frozen=True)
class Plan:
    """What is to be sent, and what the guard must know."""

    records: tuple[Record, ...]
    skipped: int
    blocked: int
    changed: int
    """Records written before that would change."""
    written: int
    """Records ever written."""


def send(home: Home, settings: Settings, state: State, destination: str, order: Order, say: Say) -> Sent:
    """Send what a destination lacks. A refusal or a failure is in the result, with what was sent before it."""
    if home.is_sample:
        raise SendRefused("Nothing of the sample firm is ever sent.", "Put your own exports into data/ first.")
    adapter = adapter_for(destination, settings, state)
    if adapter is None:
        raise SendRefused(
            f"{destination} is not configured.",
            f"Add [destinations.{destination}] to pipeline.toml and its key to .env (see .env.example).",
        )
    ledger = Ledger(state, destination, order.run_id)
    with _one_at_a_time(home, destination):
        ledger.begin_run()
        sent = Sent()
        try:
            asyncio.run(_send(home, settings, state, adapter, ledger, order, say, sent))
        except PipelineError as error:
            sent.error = error
            sent.counts.stopped_because = sent.counts.stopped_because or str(error)
        finally:
            ledger.end_run(sent.counts)
            replan(home, settings, state, order.as_of)
    return sent


def read_plan(home: Home, destination: str, order: Order) -> Plan:
    """The plan as the warehouse has it, narrowed to what was asked for; records in a fixed order."""
    with open_warehouse(home.warehouse, read_only=True) as connection:
        rows = plan_table(connection, destination, order.only)
        written = connection.execute(
            "select count(*) from destinations.sent where destination = $1 and accepted_at is not null", [destination]
        ).fetchall()[0][0]
    due = [row for row in rows if row["operation"] in ("create", "update")][: order.limit]
    return Plan(
        records=tuple(record_of(row) for row in due),
        skipped=sum(row["operation"] == "skip" for row in rows),
        blocked=sum(row["operation"] == "blocked" for row in rows),
        changed=sum(bool(row["counts_for_guard"]) for row in due),
        written=written,
    )


async def _send(
    home: Home,
    settings: Settings,
    state: State,
    adapter: Adapter,
    ledger: Ledger,
    order: Order,
    say: Say,
    sent: Sent,
) -> None:
    async with adapter:
        await require_mapping(adapter, say, create_fields=order.create_fields)
        await settle_open(adapter, ledger, say)
        await asyncio.to_thread(replan, home, settings, state, order.as_of)
        plan = await asyncio.to_thread(read_plan, home, adapter.name, order)
        if not order.allow_large_change:
            share = settings.destinations.configured()[adapter.name].max_change_share
            require_few_changes(adapter.name, plan.changed, plan.written, share)
        sent.counts = await send_all(adapter, ledger, plan.records, say)
        sent.counts.skipped += plan.skipped
        sent.counts.blocked += plan.blocked


@contextmanager
def _one_at_a_time(home: Home, destination: str) -> Iterator[None]:
    """The system frees this lock when the process dies, unlike a slot of a Dagster pool."""
    folder = home.data / "sending"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / f"{destination}.lock", timeout=BUSY_SECONDS):
            yield
    except Timeout as error:
        raise SendBusy(f"Another send to {destination} is running.", "Try again when it is done.") from error


def record_of(row: dict[str, Any]) -> Record:
    """A row of the plan as a record to send."""
    cells = {name: row[name] for name in ("payload", "before", "fields", "written")}
    return Record(
        destination=row["destination"],
        key=row["record_key"],
        kind=row["kind"],
        operation=row["operation"],
        remote_id=row["remote_id"],
        contact_id=row["contact_id"],
        label=row["label"] or "",
        happened_at=row["happened_at"],
        **cells,
    )
