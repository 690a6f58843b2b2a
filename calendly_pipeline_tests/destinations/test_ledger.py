"""The ledger as plans see it, from a real state store."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calendly_pipeline.destinations.ledger import copy_ledger
from calendly_pipeline.state import State, sync_ledger
from calendly_pipeline_tests.conftest import Tables, utc
from calendly_pipeline_tests.destinations.given import met_once, plan

ENTRY = {
    "destination": "lacrm",
    "record_key": "ada",
    "operation": "update",
    "payload": {"Next meeting": "2026-06-15", "Größe": None},
    "outcome": "accepted",
    "answer": "ok",
    "attempted_at": datetime(2026, 6, 1, 9, tzinfo=UTC),
    "settled_at": datetime(2026, 6, 1, 9, 1, tzinfo=UTC),
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[State]:
    """An empty state store."""
    store = State(f"sqlite:///{tmp_path / 'state.db'}")
    store.upgrade()
    yield store
    store.close()


def test_the_copy_is_the_store(tables: Tables, store: State) -> None:
    """Every entry is copied with its payload, blanks included, and its moments in UTC; a second copy replaces it."""
    with store.transaction() as connection:
        connection.execute(sync_ledger.insert(), [ENTRY, {**ENTRY, "outcome": "intent", "settled_at": None}])
    copy_ledger(tables.connection, store)
    copy_ledger(tables.connection, store)
    first, second = tables.rows("destinations.ledger")
    assert (first["attempted_at"], first["settled_at"]) == (utc("2026-06-01T09:00"), utc("2026-06-01T09:01"))
    assert (first["outcome"], second["outcome"], second["settled_at"]) == ("accepted", "intent", None)
    (row,) = tables.rows(
        "select distinct payload ->> 'Next meeting' as said, json_keys(payload) as names from destinations.ledger"
    )
    assert row == {"said": "2026-06-15", "names": ["Next meeting", "Größe"]}


def test_an_empty_store_empties_the_copy(tables: Tables, store: State) -> None:
    """What is no longer in the store is no longer in the copy."""
    tables.given("destinations.ledger", {"entry_id": 1, "destination": "lacrm", "record_key": "ada"})
    copy_ledger(tables.connection, store)
    assert tables.rows("destinations.ledger") == []


def test_what_the_store_holds_is_our_own(tables: Tables, store: State) -> None:
    """A value accepted according to the state store may be blanked."""
    with store.transaction() as connection:
        connection.execute(sync_ledger.insert().values(**ENTRY))
    copy_ledger(tables.connection, store)
    copied = tables.rows("destinations.ledger")
    assert plan(met_once(tables, Next_meeting="2026-06-15"), *copied)["payload"] == {"Next meeting": None}
