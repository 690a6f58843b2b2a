"""The state store."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from calendly_pipeline.state import State, decisions, metadata

DECISION = {
    "kind": "confirm",
    "canonical_address": "ada@example.com",
    "name_normalised": "ada example",
    "contact_id": "1",
    "decided_by": "dana",
    "decided_at": datetime(2026, 6, 1, tzinfo=UTC),
}


def test_migrations_make_the_tables_the_code_expects(tmp_path: Path) -> None:
    """After an upgrade the database has exactly the tables and columns the code declares; twice changes nothing."""
    store = State(f"sqlite:///{tmp_path / 'state.db'}")
    store.upgrade()
    store.upgrade()
    found = sa.inspect(store.engine)
    declared = {name: {column.name for column in table.columns} for name, table in metadata.tables.items()}
    there = {name: {column["name"] for column in found.get_columns(name)} for name in declared}
    assert there == declared
    store.close()


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    """What fails half-way is not there."""
    store = State(f"sqlite:///{tmp_path / 'state.db'}")
    store.upgrade()
    with pytest.raises(RuntimeError, match="half-way"), store.transaction() as connection:
        connection.execute(decisions.insert().values(**DECISION))
        raise RuntimeError("half-way")
    assert store.rows(decisions) == []
    with store.transaction() as connection:
        connection.execute(decisions.insert().values(**DECISION))
    assert [row["contact_id"] for row in store.rows(decisions)] == ["1"]
    store.close()


def test_sqlite_is_durable(tmp_path: Path) -> None:
    """SQLite runs with a write-ahead log and full synchronisation."""
    store = State(f"sqlite:///{tmp_path / 'state.db'}")
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("pragma synchronous").scalar() == 2
    store.close()
