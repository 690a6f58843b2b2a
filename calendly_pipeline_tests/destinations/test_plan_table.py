"""A plan as a person reads it."""

import json

from calendly_pipeline.destinations.plan import plan_table
from calendly_pipeline_tests.conftest import Tables

OPERATIONS = {"c": "skip", "b": "blocked", "a": "skip", "e": "update", "d": "update", "f": "create"}


def given_plan(tables: Tables) -> None:
    """One row per operation and more, and one of another destination."""
    rows = [
        {
            "destination": "lacrm",
            "record_key": key,
            "operation": operation,
            "payload": '{"Größe": null}',
            "before": None,
            "label": key.upper(),
            "contact_id": f"contact {key}",
        }
        for key, operation in OPERATIONS.items()
    ]
    tables.given("destinations.plan", *rows, {**rows[0], "destination": "brevo"})


def test_what_would_be_written_comes_first(tables: Tables) -> None:
    """Rows are ordered create, update, blocked, skip, then by key; other destinations are left out."""
    given_plan(tables)
    assert [row["record_key"] for row in plan_table(tables.connection, "lacrm")] == ["f", "d", "e", "b", "a", "c"]


def test_rows_are_readable(tables: Tables) -> None:
    """Each row has its person's name, and payload and before as dictionaries, a blank as None."""
    given_plan(tables)
    row = plan_table(tables.connection, "lacrm")[1]
    assert (row["label"], row["payload"], row["before"]) == ("D", {"Größe": None}, {})
    assert json.dumps(row["payload"], ensure_ascii=False) == '{"Größe": null}'


def test_only_and_limit(tables: Tables) -> None:
    """`only` gives one record, by its key or its contact; `limit` the first so many, zero none."""
    given_plan(tables)
    assert [row["record_key"] for row in plan_table(tables.connection, "lacrm", only=("b", "contact c"))] == ["b", "c"]
    assert plan_table(tables.connection, "lacrm", only=("nobody",)) == []
    assert [row["record_key"] for row in plan_table(tables.connection, "lacrm", limit=2)] == ["f", "d"]
    assert plan_table(tables.connection, "lacrm", limit=0) == []
