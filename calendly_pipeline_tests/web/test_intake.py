"""Deliveries are kept in groups, once, and only what is committed is answered for."""

import asyncio
import logging
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.dialects import postgresql

from calendly_pipeline.failures import StateError
from calendly_pipeline.home import Home
from calendly_pipeline.state import State, webhook_deliveries
from calendly_pipeline.web.intake import Delivery, Intake, _insert_absent, delivery_of
from calendly_pipeline_tests.web.receiving import HASTY, NOW, Receiving, calendly_body, receiving


def delivery(number: int) -> Delivery:
    """A delivery of Calendly's."""
    return delivery_of("calendly", "default", calendly_body(number), NOW)


def kept_at_once(state: State, deliveries: Sequence[Delivery]) -> list[Any]:
    """Keep deliveries that arrive at the same moment in an open store: None, or the error, for each."""

    async def keep_all() -> list[Any]:
        intake = Intake(state, commit_seconds=5)
        return await asyncio.gather(*(intake.keep(one) for one in deliveries), return_exceptions=True)

    return asyncio.run(keep_all())


@pytest.fixture
def state(tmp_path: Path) -> State:
    """An empty state store."""
    store = State(f"sqlite:///{tmp_path / 'state.db'}")
    store.upgrade()
    return store


def test_a_group_is_one_transaction(state: State) -> None:
    """A hundred deliveries that wait together cost one commit."""
    commits: list[Any] = []
    kept_at_once(state, [delivery(0)])
    event.listen(state.engine, "commit", commits.append)
    assert kept_at_once(state, [delivery(number) for number in range(100)]) == [None] * 100
    assert len(commits) == 2  # one that finds the tables up to date, one for the group
    assert len(state.rows(webhook_deliveries)) == 100
    state.close()


def test_repeats_within_a_group_are_one_row(state: State) -> None:
    """The same delivery five times at once, among others, is one row and good for all."""
    assert kept_at_once(state, [delivery(7)] * 5 + [delivery(8)]) == [None] * 6
    assert len(state.rows(webhook_deliveries)) == 2
    state.close()


def test_one_that_cannot_be_written_stops_no_other(state: State) -> None:
    """A row no store can hold fails alone; its neighbours in the group are kept."""
    impossible = replace(delivery(2), body="\ud800")
    first, second, third = kept_at_once(state, [delivery(1), impossible, delivery(3)])
    assert (first, third) == (None, None)
    assert isinstance(second, StateError)
    assert len(state.rows(webhook_deliveries)) == 2
    state.close()


def test_concurrent_repeats_over_http_are_one_row(receiver: Receiving) -> None:
    """Eight senders with the same three bodies: 200 for all, three rows."""
    bodies = [calendly_body(number % 3) for number in range(48)]
    with ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(lambda body: receiver.calendly(body).status_code, bodies))
    assert answers == [200] * 48
    assert len(receiver.rows()) == 3


def test_a_locked_store_is_503_for_all_who_wait(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """While another program holds the store, everyone is told to come again; afterwards they are kept."""
    bodies = [calendly_body(number) for number in range(12)]
    with caplog.at_level(logging.INFO), receiving(home, HASTY) as receiver:
        other = sqlite3.connect(home.data / "state.db", isolation_level=None)
        other.execute("begin immediate")
        with ThreadPoolExecutor(12) as senders:
            answers = [answer.status_code for answer in senders.map(receiver.calendly, bodies)]
            assert answers == [503] * 12
            assert receiver.client.get(receiver.url + "/health").status_code == 200
            other.execute("rollback")
            other.close()
            assert {answer.status_code for answer in senders.map(receiver.calendly, bodies)} == {200}
        assert len(receiver.rows()) == 12
    assert "not kept: OperationalError SQLITE_BUSY" in caplog.text


def test_a_full_disk_is_503_until_there_is_room(home: Home) -> None:
    """When the store cannot grow nothing is acknowledged; with room again the same delivery is kept."""
    large = calendly_body(1, kind="x" * 50)[:-1] + b', "more": "' + b"x" * 50_000 + b'"}'

    def fill(connection: sqlite3.Connection, _record: Any) -> None:
        pages = connection.execute("pragma page_count").fetchone()[0]
        connection.execute(f"pragma max_page_count = {pages + 2}")

    with receiving(home) as receiver:
        engine = receiver.app.state.intake.state.engine
        event.listen(engine, "connect", fill)
        engine.dispose()
        assert receiver.calendly(large).status_code == 503
        assert receiver.rows() == []
        event.remove(engine, "connect", fill)
        engine.dispose()
        assert receiver.calendly(large).status_code == 200
        assert len(receiver.rows()) == 1


def test_tables_that_are_gone_are_503(home: Home) -> None:
    """A store without its tables: the delivery is not acknowledged, and health says so."""
    with receiving(home) as receiver:
        with receiver.app.state.intake.state.transaction() as connection:
            webhook_deliveries.drop(connection)
        assert receiver.calendly(calendly_body()).status_code == 503
        assert receiver.client.get(receiver.url + "/health").status_code == 503


def test_postgresql_is_told_the_same() -> None:
    """The statement for PostgreSQL leaves rows alone that are there."""
    text = str(_insert_absent("postgresql").compile(dialect=postgresql.dialect()))
    assert "ON CONFLICT (platform, account, body_sha256) DO NOTHING RETURNING" in text
