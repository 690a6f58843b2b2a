"""Webhook deliveries come from the state store into the warehouse, each once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline.sources.deliveries import DeliveryReport, as_json, load_deliveries, newest_delivery_id
from calendly_pipeline.state import State, webhook_deliveries
from calendly_pipeline_tests.conftest import Tables

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
FORM = "triggerEvent=BOOKING_CREATED&name=Ada+L.&tag=a&tag=b&note="


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """An empty state store."""
    store = State(f"sqlite:///{tmp_path / 'state.db'}")
    store.upgrade()
    yield store
    store.close()


def delivered(state: State, *bodies: str, platform: str = "calendly", at: datetime = NOON) -> None:
    """Put deliveries into the state store as the receiver does."""
    with state.transaction() as connection:
        for body in bodies:
            digest = sha256(body.encode()).hexdigest()
            row = {"platform": platform, "account": "north", "kind": "k", "occurred_at": None, "received_at": at}
            connection.execute(webhook_deliveries.insert().values(**row, body=body, body_sha256=digest))


def loaded(tables: Tables) -> list[dict[str, Any]]:
    """The warehouse's deliveries in order."""
    return tables.rows("select * from sources.webhook_deliveries order by delivery_id")


def test_a_delivery_is_copied_whole(tables: Tables, state: State) -> None:
    """Every column arrives as it was; times are instants, the body is JSON that SQL can read."""
    with state.transaction() as connection:
        row = {"platform": "calcom", "account": "north", "kind": "BOOKING_PAID", "body_sha256": "x"}
        times = {"occurred_at": NOON - timedelta(seconds=1), "received_at": NOON + timedelta(microseconds=7)}
        connection.execute(webhook_deliveries.insert().values(**row, **times, body='{"payload": {"uid": "u1"}}'))
    assert load_deliveries(state, tables.connection) == DeliveryReport(1, 0, 0)
    (found,) = loaded(tables)
    assert found == {
        "delivery_id": 1,
        "platform": "calcom",
        "account": "north",
        "kind": "BOOKING_PAID",
        **times,
        "body": '{"payload": {"uid": "u1"}}',
    }
    assert tables.rows("select body->>'$.payload.uid' as uid from sources.webhook_deliveries") == [{"uid": "u1"}]


def test_only_what_is_new_is_copied(tables: Tables, state: State) -> None:
    """A second load copies nothing, a third only what came since."""
    delivered(state, "{}", "[1]")
    assert load_deliveries(state, tables.connection).loaded == 2
    assert load_deliveries(state, tables.connection) == DeliveryReport(0, 0, 0)
    delivered(state, "[2]")
    assert load_deliveries(state, tables.connection).loaded == 1
    assert [row["body"] for row in loaded(tables)] == ["{}", "[1]", "[2]"]


def test_an_id_that_comes_late_is_copied(tables: Tables, state: State) -> None:
    """A lower id that is committed after a higher one, as PostgreSQL allows, is not passed over."""
    delivered(state, "[1]", "[2]", "[3]")
    late = state.rows(webhook_deliveries)[1]
    with state.transaction() as connection:
        connection.execute(webhook_deliveries.delete().where(webhook_deliveries.c.delivery_id == 2))
    load_deliveries(state, tables.connection)
    with state.transaction() as connection:
        connection.execute(webhook_deliveries.insert().values(**late))
    assert load_deliveries(state, tables.connection) == DeliveryReport(1, 0, 0)
    assert [row["delivery_id"] for row in loaded(tables)] == [1, 2, 3]


def test_what_the_state_store_no_longer_has_is_forgotten(tables: Tables, state: State, tmp_path: Path) -> None:
    """Rows of deleted deliveries go, and so do those of another store that used the same ids."""
    delivered(state, "[1]", "[2]")
    load_deliveries(state, tables.connection)
    with state.transaction() as connection:
        connection.execute(webhook_deliveries.delete().where(webhook_deliveries.c.delivery_id == 2))
    assert load_deliveries(state, tables.connection) == DeliveryReport(0, 0, 1)
    other = State(f"sqlite:///{tmp_path / 'other.db'}")
    other.upgrade()
    delivered(other, "[9]", at=NOON + timedelta(hours=1))
    assert load_deliveries(other, tables.connection) == DeliveryReport(1, 0, 1)
    assert [row["body"] for row in loaded(tables)] == ["[9]"]
    other.close()


def test_an_empty_store_empties_the_table(tables: Tables, state: State) -> None:
    """No deliveries there, none here."""
    tables.given("sources.webhook_deliveries", {"delivery_id": 5, "received_at": NOON})
    assert load_deliveries(state, tables.connection) == DeliveryReport(0, 0, 1)


def test_more_than_a_batch(tables: Tables, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches change nothing but memory: every delivery once, unreadable ones counted over all of them."""
    monkeypatch.setattr("calendly_pipeline.sources.deliveries.BATCH", 3)
    delivered(state, *(f"[{number}]" for number in range(7)), "<html>", "<body>")
    assert load_deliveries(state, tables.connection) == DeliveryReport(9, 2, 0)
    assert [row["delivery_id"] for row in loaded(tables)] == list(range(1, 10))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<html>", id="html"),
        pytest.param("", id="nothing"),
        pytest.param("[" * 200_000, id="open-brackets"),
        pytest.param("[" * 200_000 + "]" * 200_000, id="deep"),
        pytest.param('"\\ud800"', id="half-a-pair"),
        pytest.param("\\xff{\\x00", id="bytes"),
    ],
)
def test_bodies_that_are_no_json_become_null(tables: Tables, state: State, body: str) -> None:
    """The row is there without a body and counted; its neighbours are not harmed."""
    delivered(state, "{}", body, "[]")
    assert load_deliveries(state, tables.connection) == DeliveryReport(3, 1, 0)
    assert [row["body"] for row in loaded(tables)] == ["{}", None, "[]"]


@pytest.mark.parametrize(
    ("platform", "text", "fields"),
    [
        pytest.param("calcom", "a=1&b=x%20y", {"a": "1", "b": "x y"}, id="fields"),
        pytest.param(
            "calcom",
            FORM,
            {"triggerEvent": "BOOKING_CREATED", "name": "Ada L.", "tag": ["a", "b"], "note": ""},
            id="repeated",
        ),
        pytest.param("calcom", '{"a": 1}', {"a": 1}, id="json"),
        pytest.param("calcom", "Booked: a=1 & b=2", None, id="prose"),
        pytest.param("calcom", "a=1&b", None, id="half-a-field"),
        pytest.param("calcom", "a=1&" * 2000 + "a=1", None, id="endless"),
        pytest.param("calendly", "a=1", None, id="calendly-sends-no-forms"),
    ],
)
def test_forms_become_objects(platform: str, text: str, fields: dict[str, Any] | None) -> None:
    """The fields of a form by name; whatever is no clean form is no JSON either."""
    found = as_json(platform, text)
    assert (json.loads(found) if found else None) == fields


def test_newest_delivery_id(state: State) -> None:
    """Zero before the first delivery, then the highest id."""
    assert newest_delivery_id(state) == 0
    delivered(state, "[1]", "[2]")
    assert newest_delivery_id(state) == 2
