"""The ledger: every record is written down before it is sent, and its outcome after.

A crash between the two leaves an intent: the next run looks it up, or repeats it where a repeat does no harm.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import sqlalchemy as sa

from calendly_pipeline.destinations.records import Counts, Outcome, Record
from calendly_pipeline.failures import InputError
from calendly_pipeline.state import State, in_utc, sync_ledger, sync_runs
from calendly_pipeline.warehouse import replace_rows

OPEN = ("intent", "unknown")
MOST_WORDS = 500


@dataclass(frozen=True)
class OpenEntry:
    """The newest attempt at a record, of which nobody knows whether it arrived."""

    entry_id: int
    record: Record
    attempted_at: datetime
    is_intent: bool
    """Cut off before its outcome was written down."""


def _now() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """The ledger of one destination and run."""

    def __init__(self, state: State, destination: str, run_id: str, now: Callable[[], datetime] = _now) -> None:
        self.state = state
        self.destination = destination
        self.run_id = run_id
        self.now = now

    def begin_run(self) -> None:
        """Write down that a send has begun."""
        row = {"run_id": self.run_id, "destination": self.destination, "started_at": self.now()}
        with self.state.transaction() as connection:
            self.state.upsert(connection, sync_runs, [row])

    def end_run(self, counts: Counts) -> None:
        """Write down what it came to."""
        whole = ("planned", "accepted", "rejected", "unknown", "skipped", "blocked", "deferred", "requests", "refused")
        row = {
            "run_id": self.run_id,
            "destination": self.destination,
            "ended_at": self.now(),
            **{f"{name}_count": getattr(counts, name) for name in whole},
            "waited_seconds": counts.waited_seconds,
            "stopped_because": counts.stopped_because,
        }
        with self.state.transaction() as connection:
            connection.execute(sync_runs.update().where(sync_runs.c.run_id == self.run_id).values(**row))

    def intend(self, records: Sequence[Record]) -> dict[str, int]:
        """Write down what is about to be sent, durably; record key -> entry."""
        with self.state.transaction() as connection:
            return {record.key: self._insert(connection, record) for record in records}

    def settle(self, entries: Mapping[str, int], outcomes: Sequence[Outcome]) -> None:
        """Write down what became of records that were intended."""
        with self.state.transaction() as connection:
            for outcome in outcomes:
                values: dict[str, Any] = {
                    "outcome": outcome.result,
                    "answer": outcome.answer[:MOST_WORDS],
                    "settled_at": self.now(),
                }
                if outcome.remote_id is not None:
                    values["remote_id"] = outcome.remote_id
                if outcome.payload is not None:
                    values["payload"] = dict(outcome.payload)
                entry = sync_ledger.c.entry_id == entries[outcome.key]
                connection.execute(sync_ledger.update().where(entry).values(**values))

    def open_entries(self) -> list[OpenEntry]:
        """The newest attempt at every record whose newest attempt has no certain outcome."""
        newest = (
            sa.select(sa.func.max(sync_ledger.c.entry_id))
            .where(sync_ledger.c.destination == self.destination, sync_ledger.c.outcome != "rejected")
            .group_by(sync_ledger.c.record_key)
        )
        query = (
            sa.select(sync_ledger)
            .where(sync_ledger.c.entry_id.in_(newest), sync_ledger.c.outcome.in_(OPEN))
            .order_by(sync_ledger.c.entry_id)
        )
        with self.state.engine.connect() as connection:
            return [self._open(dict(row)) for row in connection.execute(query).mappings()]

    def _insert(self, connection: sa.Connection, record: Record) -> int:
        insert = sync_ledger.insert().values(**self._row(record)).returning(sync_ledger.c.entry_id)
        return connection.execute(insert).scalar_one()

    def _open(self, row: dict[str, Any]) -> OpenEntry:
        record = Record(
            destination=row["destination"],
            key=row["record_key"],
            kind=row["kind"],
            operation=row["operation"],
            payload=row["payload"],
            fields=row["payload"],
            remote_id=row["remote_id"],
            contact_id=row["contact_id"],
            label=row["label"],
        )
        attempted_at = in_utc(row["attempted_at"]) or self.now()
        return OpenEntry(row["entry_id"], record, attempted_at, row["outcome"] == "intent")

    def _row(self, record: Record) -> dict[str, Any]:
        return {
            "destination": self.destination,
            "record_key": record.key,
            "operation": record.operation,
            "payload": dict(record.payload),
            "outcome": "intent",
            "attempted_at": self.now(),
            "kind": record.kind,
            "contact_id": record.contact_id,
            "label": record.label,
            "remote_id": record.remote_id,
            "run_id": self.run_id,
        }


def settle_by_hand(state: State, destination: str, key: str, *, arrived: bool, by: str) -> None:
    """A person looked: the open attempt at a record arrived, or did not. Raises InputError when none is open."""
    ledger = Ledger(state, destination, "by hand")
    found = [entry for entry in ledger.open_entries() if entry.record.key == key]
    if not found:
        raise InputError(f"{destination}: no attempt at {key} is without an outcome.", "See `calendly-pipeline send`.")
    answer = f"{by} looked: it {'arrived' if arrived else 'did not arrive'}"
    ledger.settle({key: found[0].entry_id}, [Outcome(key, "accepted" if arrived else "rejected", answer)])


def copy_ledger(connection: duckdb.DuckDBPyConnection, store: State) -> None:
    """Replace `destinations.ledger` and `destinations.runs` by the state store's rows."""
    entries = [{**entry, "payload": json.dumps(entry["payload"])} for entry in store.rows(sync_ledger)]
    replace_rows(connection, {"destinations.ledger": entries, "destinations.runs": store.rows(sync_runs)})
