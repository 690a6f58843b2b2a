"""The plan of a destination, as rows a person can read."""

import json
from collections.abc import Sequence
from typing import Any

import duckdb


def plan_table(
    connection: duckdb.DuckDBPyConnection, destination: str, only: Sequence[str] = (), limit: int | None = None
) -> list[dict[str, Any]]:
    """Records of a plan, those that would be written first; JSON columns as dictionaries.

    `only` names record keys or contact ids; empty: all.
    """
    result = connection.execute(
        "select * from destinations.plan where destination = $destination "
        "and (len($only) = 0 or list_contains($only, record_key) or list_contains($only, contact_id)) "
        "order by case operation when 'create' then 1 when 'update' then 2 when 'blocked' then 3 else 4 end, "
        "happened_at, record_key limit $limit",
        {"destination": destination, "only": list(only), "limit": limit if limit is not None else 1 << 40},
    )
    names = [column[0] for column in result.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    for row in rows:
        for name in ("payload", "before", "fields", "written"):
            row[name] = json.loads(row[name]) if row[name] else {}
    return rows
