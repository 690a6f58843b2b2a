"""The ledger of what was sent, copied out of the state store so that plans can be made in SQL."""

import json
from typing import Any

import duckdb

from calendly_pipeline.state import State, sync_ledger

COLUMNS = (
    "entry_id",
    "destination",
    "record_key",
    "operation",
    "payload",
    "outcome",
    "answer",
    "attempted_at",
    "settled_at",
)


def copy_ledger(connection: duckdb.DuckDBPyConnection, store: State) -> None:
    """Replace `destinations.ledger` by the state store's rows."""
    rows = [_row(entry) for entry in store.rows(sync_ledger)]
    connection.execute("begin")
    connection.execute("delete from destinations.ledger")
    if rows:
        marks = ", ".join("?" for _ in COLUMNS)
        connection.executemany(f"insert into destinations.ledger values ({marks})", rows)  # noqa: S608 - marks only
    connection.execute("commit")


def _row(entry: dict[str, Any]) -> list[Any]:
    return [json.dumps(entry[name]) if name == "payload" else entry[name] for name in COLUMNS]
