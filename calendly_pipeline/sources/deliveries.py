"""Webhook deliveries out of the state store into `sources.webhook_deliveries`, so that SQL can read them.

What belongs here: copying, and telling JSON from other bodies. What does not: receiving (`web/`), or what an event
means (SQL).
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import duckdb
import sqlalchemy as sa

from calendly_pipeline.addresses import Holds, mentions
from calendly_pipeline.sources.forgotten_json import Forgetting
from calendly_pipeline.state import State, webhook_deliveries
from calendly_pipeline.warehouse import insert_rows

BATCH = 10_000
MOST_FIELDS = 1000
"""A text with more is no form."""

_stored = webhook_deliveries.c
_COPIED = [column for column in webhook_deliveries.columns if column.name != "body_sha256"]
_FORM = re.compile(r"[^\s=&]+=\S*")


@dataclass(frozen=True)
class DeliveryReport:
    """What copying the deliveries did."""

    loaded: int
    unreadable: int  # of the loaded: neither JSON nor a form
    forgotten: int  # the state store no longer has them


def newest_delivery_id(state: State) -> int:
    """The highest delivery id of the state store; 0 when it has none."""
    with state.engine.connect() as store:
        return store.execute(sa.select(sa.func.coalesce(sa.func.max(_stored.delivery_id), 0))).scalar_one()


def load_deliveries(state: State, connection: duckdb.DuckDBPyConnection) -> DeliveryReport:
    """Make the warehouse hold the deliveries of the state store; a second call copies nothing.

    Every id is compared: PostgreSQL gives ids out before it commits, so a higher one does not vouch for a lower one.
    """
    with state.engine.connect() as store:
        _note_present(connection, store)
        forgotten = _forget(connection)
        counts = [_copy(connection, rows) for rows in _missing(connection, store)]
    connection.execute("drop table present_deliveries")
    return DeliveryReport(sum(loaded for loaded, _ in counts), sum(unreadable for _, unreadable in counts), forgotten)


def as_json(platform: str, text: str) -> str | None:
    """A body as JSON text: itself, or the fields of a form (only Cal.com sends forms) as an object; else None."""
    try:
        json.loads(text)
    except RecursionError:  # brackets in brackets, thousands deep: would bring later readers down
        return None
    except ValueError:
        return _form_as_json(text) if platform == "calcom" else None
    return text


def forgotten_body(platform: str, text: str, holds: Holds) -> str | None:
    """A delivery's body without people who are to be forgotten; None when it is about nobody else."""
    if not mentions(text, holds) and "\\u" not in text:
        return text
    readable = as_json(platform, text)
    if readable is None:
        return None if mentions(text, holds) else text
    left = Forgetting(holds).text(readable)
    return text if left == readable else left


def _form_as_json(text: str) -> str | None:
    """Repeated fields become a list."""
    if not _FORM.fullmatch(text):
        return None
    try:
        fields = parse_qs(text, keep_blank_values=True, strict_parsing=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return None
    return json.dumps({name: values[0] if len(values) == 1 else values for name, values in fields.items()})


def _note_present(connection: duckdb.DuckDBPyConnection, store: sa.Connection) -> None:
    """What the state store has. The time is part of it: another store, or one set back, uses ids again."""
    connection.execute(
        "create or replace temp table present_deliveries as "
        "select delivery_id, received_at from sources.webhook_deliveries limit 0"
    )
    present = store.execute(sa.select(_stored.delivery_id, _stored.received_at))
    for part in present.mappings().partitions(BATCH):
        insert_rows(connection, "present_deliveries", [_in_utc(row) for row in part])


def _forget(connection: duckdb.DuckDBPyConnection) -> int:
    deleted = connection.execute(
        "delete from sources.webhook_deliveries where (delivery_id, received_at) not in "
        "(select (delivery_id, received_at) from present_deliveries)"
    )
    return deleted.fetchall()[0][0]


def _missing(connection: duckdb.DuckDBPyConnection, store: sa.Connection) -> Iterator[list[dict[str, Any]]]:
    found = connection.execute(
        "select delivery_id from present_deliveries anti join sources.webhook_deliveries using (delivery_id) order by 1"
    ).fetchall()
    ids = [delivery_id for (delivery_id,) in found]
    for start in range(0, len(ids), BATCH):
        wanted = _stored.delivery_id.in_(ids[start : start + BATCH])
        rows = store.execute(sa.select(*_COPIED).where(wanted).order_by(_stored.delivery_id)).mappings()
        yield [_in_utc(row) for row in rows]


def _copy(connection: duckdb.DuckDBPyConnection, rows: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """Rows loaded, and how many of them without a body; DuckDB has the last word on what is JSON."""
    connection.execute(
        "create or replace temp table new_deliveries as "
        "select * replace (body::varchar as body) from sources.webhook_deliveries limit 0"
    )
    insert_rows(connection, "new_deliveries", [{**row, "body": as_json(row["platform"], row["body"])} for row in rows])
    connection.execute("update new_deliveries set body = null where not json_valid(body)")  # half a surrogate pair
    connection.execute("insert into sources.webhook_deliveries by name select * from new_deliveries")
    counts = connection.execute("select count(*), count(*) - count(body) from new_deliveries").fetchall()
    connection.execute("drop table new_deliveries")
    return counts[0]


def _in_utc(row: Any) -> dict[str, Any]:
    """The row with its times in UTC; SQLite gives them back without a zone."""
    return {name: value.replace(tzinfo=UTC) if _is_naive(value) else value for name, value in row.items()}


def _is_naive(value: Any) -> bool:
    return isinstance(value, datetime) and value.tzinfo is None
