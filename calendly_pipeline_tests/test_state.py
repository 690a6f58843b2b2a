"""The state store."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

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


def test_several_processes_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    """Receiver, daemon and command line start together on a bare home: all find the tables, none fails."""

    def open_it(_: int) -> int:
        store = State(f"sqlite:///{tmp_path / 'state.db'}")
        store.upgrade()
        found = len(store.rows(decisions))
        store.close()
        return found

    with ThreadPoolExecutor(8) as together:
        assert list(together.map(open_it, range(8))) == [0] * 8


def test_nobody_else_may_read_the_store(tmp_path: Path) -> None:
    """The file holds tokens and people's data: it is its owner's alone."""
    State(f"sqlite:///{tmp_path / 'state.db'}").close()
    assert (tmp_path / "state.db").stat().st_mode & 0o077 == 0


def test_errors_do_not_quote_what_was_written(tmp_path: Path) -> None:
    """A refused row is described without its values."""
    store = State(f"sqlite:///{tmp_path / 'state.db'}")
    store.upgrade()
    with pytest.raises(IntegrityError) as refused, store.transaction() as connection:
        connection.execute(decisions.insert().values(**{**DECISION, "kind": None, "reason": "a secret"}))
    assert "a secret" not in str(refused.value)
    store.close()
