"""What only Python can bring arrives in the warehouse."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb

from calendly_pipeline.contacts.assets import decisions, rule_lists
from calendly_pipeline.home import Home
from calendly_pipeline.resources import resources
from calendly_pipeline.state import State
from calendly_pipeline.state import decisions as decisions_table


def test_decisions_and_lists(tmp_path: Path) -> None:
    """Decisions come from the state store with their instant in UTC; the lists have a version; twice is as once."""
    home = Home(tmp_path)
    state = State(f"sqlite:///{home.data / 'state.db'}")
    state.upgrade()
    decided_at = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    said = {"kind": "confirm", "canonical_address": "jane@example.com", "name_normalised": "jane alder"}
    with state.transaction() as connection:
        connection.execute(
            decisions_table.insert(), [{**said, "contact_id": "7", "decided_by": "desk", "decided_at": decided_at}]
        )
    state.close()
    for _ in range(2):
        with dg.DagsterInstance.ephemeral() as instance:
            done = dg.materialize([decisions, rule_lists], resources=resources(home), instance=instance)
        assert done.success
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        query = "select decision_id, contact_id, decided_at, undoes from contacts.decisions"
        found = connection.execute(query).fetchall()
        lists = connection.execute("select count(*), min(rule_set_version) from contacts.rule_set").fetchall()
    assert [(number, contact, at.astimezone(UTC), undoes) for number, contact, at, undoes in found] == [
        (1, "7", decided_at, None)
    ]
    assert lists[0][0] == 1
