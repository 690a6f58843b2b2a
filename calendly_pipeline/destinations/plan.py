"""The plan of a destination, as rows a person can read."""

import json
from typing import Any

import duckdb


def plan_table(
    connection: duckdb.DuckDBPyConnection, destination: str, only: str | None = None, limit: int | None = None
) -> list[dict[str, Any]]:
    """Records of a plan, those that would be written first; `payload` and `before` as dictionaries."""
    result = connection.execute(
        "select plan.*, contacts.full_name as record_name from destinations.plan as plan "
        "left join contacts.contacts as contacts on plan.record_key = contacts.contact_id "
        "where plan.destination = $destination and ($only::varchar is null or plan.record_key = $only) "
        "order by case plan.operation when 'create' then 1 when 'update' then 2 when 'blocked' then 3 else 4 end, "
        "plan.record_key limit $limit",
        {"destination": destination, "only": only, "limit": limit if limit is not None else 1 << 40},
    )
    names = [column[0] for column in result.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    for row in rows:
        for name in ("payload", "before"):
            row[name] = json.loads(row[name]) if row[name] else {}
    return rows
