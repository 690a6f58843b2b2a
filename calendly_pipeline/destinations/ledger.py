"""The ledger of what was sent, copied out of the state store so that plans can be made in SQL."""

import json

import duckdb

from calendly_pipeline.state import State, sync_ledger
from calendly_pipeline.warehouse import replace_rows


def copy_ledger(connection: duckdb.DuckDBPyConnection, store: State) -> None:
    """Replace `destinations.ledger` by the state store's rows."""
    rows = [{**entry, "payload": json.dumps(entry["payload"])} for entry in store.rows(sync_ledger)]
    replace_rows(connection, {"destinations.ledger": rows})
