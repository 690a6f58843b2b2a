"""The archive of answers, and its way into the warehouse."""

import gzip
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calendly_pipeline.clients.answer import Answer
from calendly_pipeline.home import Home
from calendly_pipeline.sources.page_loading import load_pages
from calendly_pipeline.sources.pages import PageWriter, Pull, page_files, whole_lines
from calendly_pipeline.warehouse import content_hash, create_schemas, prepare

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
EVENT = "https://api.calendly.com/scheduled_events/"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home."""
    home = Home(tmp_path / "firm")
    home.create()
    return home


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty warehouse in memory."""
    with duckdb.connect() as connection:
        prepare(connection)
        create_schemas(connection)
        yield connection


def answer(kind: str, body: Any, minutes: int = 0, raw: bytes | None = None) -> Answer:
    """An answer received so many minutes after AT."""
    return Answer(kind, "/x", AT + timedelta(minutes=minutes), raw or json.dumps(body).encode(), body)


def land(home: Home, run: str, *answers: Answer, platform: str = "calendly", account: str = "default") -> None:
    """Land answers as one run."""
    writer = PageWriter(home, platform, account, run)
    for each in answers:
        writer.add("2026-06", each)
    writer.write(writer.take())


def event(event_id: str, **fields: Any) -> dict[str, Any]:
    """An event as the API gives it."""
    return {"uri": f"{EVENT}{event_id}", "updated_at": "2026-06-01T00:00:00.000000Z", **fields}


def records(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], Any]:
    """Body by kind and id."""
    rows = connection.execute("select kind, record_id, body::varchar from sources.api_records").fetchall()
    return {(kind, record_id): json.loads(body) for kind, record_id, body in rows}


def test_an_answer_is_kept_as_received(home: Home) -> None:
    """Whatever the blanks between its tokens, an answer is one line and means what it meant."""
    raw = b'{\n "collection": [\r\n  {"uri": "a\\nb", "n": 1.10}\n ]\n}\n'
    land(home, "run1", answer("events", None, raw=raw))
    (path,) = page_files(home)
    (line,) = list(whole_lines(path))
    assert line["body"] == json.loads(raw)
    assert b"1.10" in gzip.decompress(path.read_bytes())  # the number as it was written
    assert path.relative_to(home.landing).as_posix() == "calendly/default/2026-06/run1/0001.jsonl.gz"


def test_a_file_that_was_not_finished_is_not_read(home: Home) -> None:
    """What a killed process leaves has another name."""
    land(home, "run1", answer("events", {"collection": []}))
    (path,) = page_files(home)
    path.rename(path.with_name(f".{path.name}.tmp"))
    assert page_files(home) == []


def test_the_newest_version_of_a_record_wins(home: Home, warehouse: duckdb.DuckDBPyConnection) -> None:
    """Of two answers the one received later counts, whichever is loaded first; loading again changes nothing."""
    land(home, "run2", answer("events", {"collection": [event("A", name="new")]}, minutes=5))
    load_pages(warehouse, home)
    land(home, "run1", answer("events", {"collection": [event("A", name="old"), event("B")]}))
    load_pages(warehouse, home)
    assert records(warehouse)[("event", "a")]["name"] == "new"
    assert ("event", "b") in records(warehouse)
    before = content_hash(warehouse, "sources.api_records")
    assert load_pages(warehouse, home).files_count == 0
    assert content_hash(warehouse, "sources.api_records") == before


@pytest.mark.parametrize("first", ["run1", "run2"])
def test_a_state_of_yesterday_told_today_replaces_nothing(
    home: Home, warehouse: duckdb.DuckDBPyConnection, first: str
) -> None:
    """By the vendor's own time of change, whichever is loaded first; without one the later answer counts."""
    known = {"updated_at": "2026-06-01T10:00:00.000000Z", "name": "known"}
    stale = {"updated_at": "2026-05-31T10:00:00.000000Z", "name": "stale"}
    dated = [event("A", **known), event("B", name="first"), event("C", updated_at=None, name="first")]
    later = [event("A", **stale), event("B", name="second"), event("C", updated_at=None, name="second")]
    told = {"run1": answer("events", {"collection": dated}), "run2": answer("events", {"collection": later}, 60)}
    for run in sorted(told, key=lambda run: run != first):
        land(home, run, told[run])
        load_pages(warehouse, home)
    names = {key: body["name"] for (_, key), body in records(warehouse).items()}
    assert names == {"a": "known", "b": "second", "c": "second"}


def test_a_time_of_change_to_come_is_no_newer_than_its_answer(home: Home, warehouse: duckdb.DuckDBPyConnection) -> None:
    """A record that the vendor dated wrongly is not frozen: what is said of it later counts."""
    land(home, "run1", answer("events", {"collection": [event("A", updated_at="9999-01-01T00:00:00Z", name="odd")]}))
    land(home, "run2", answer("events", {"collection": [event("A", updated_at=AT.isoformat(), name="right")]}, 60))
    load_pages(warehouse, home)
    assert records(warehouse)[("event", "a")]["name"] == "right"


def test_accounts_and_platforms_are_kept_apart(home: Home, warehouse: duckdb.DuckDBPyConnection) -> None:
    """The same id in two accounts is two records; Cal.com's attendees become records of their own."""
    booking = {"uid": "u1", "attendees": [{"email": " Ada@Example.com "}], "updatedAt": "2026-06-01T00:00:00.000Z"}
    land(home, "run1", answer("events", {"collection": [event("A")]}), account="one")
    land(home, "run1", answer("events", {"collection": [event("A")]}), account="two")
    land(home, "run1", answer("bookings", {"data": [booking]}), platform="calcom")
    load_pages(warehouse, home)
    found = warehouse.execute(
        "select platform, account, kind, record_id, parent_id, updated_at from sources.api_records order by all"
    ).fetchall()
    midnight = datetime(2026, 6, 1, tzinfo=UTC)
    assert [(*row[:5], row[5] and row[5].astimezone(UTC)) for row in found] == [
        ("calcom", "default", "attendee", "u1/ada@example.com", "u1", midnight),
        ("calcom", "default", "booking", "u1", None, midnight),
        ("calendly", "one", "event", "a", None, midnight),
        ("calendly", "two", "event", "a", None, midnight),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"collection": None},
        {"collection": {"uri": "x"}},
        {"collection": [None, 1, "text", [], {}, {"uri": None}, {"uri": 7}, {"uri": ""}]},
        {"resource": []},
        [],
        "text",
        None,
    ],
    ids=["empty", "null", "object", "mixed", "list", "bare list", "bare text", "bare null"],
)
def test_odd_answers_break_nothing(home: Home, warehouse: duckdb.DuckDBPyConnection, body: Any) -> None:
    """An answer of another shape than documented gives no record with a false id, and stops nobody."""
    good = answer("events", {"collection": [event("A")]})
    land(home, "run1", answer("events", body), answer("users", body), good)
    load_pages(warehouse, home)
    assert {key for key in records(warehouse) if key[0] == "event"} >= {("event", "a")}
    assert not {record_id for _, record_id in records(warehouse)} - {"a", "7"}


def test_what_landing_forgets_the_warehouse_forgets(home: Home, warehouse: duckdb.DuckDBPyConnection) -> None:
    """When a file is gone from landing, what only it said is gone after the next loading, and the rest is there."""
    land(home, "run1", answer("events", {"collection": [event("A")]}))
    land(home, "run2", answer("events", {"collection": [event("B")]}))
    load_pages(warehouse, home)
    page_files(home)[0].unlink()
    assert load_pages(warehouse, home).loaded_again
    assert list(records(warehouse)) == [("event", "b")]


def test_a_finished_pull_is_known_once(home: Home, warehouse: duckdb.DuckDBPyConnection) -> None:
    """The manifest becomes one row with the window it vouches for."""
    writer = PageWriter(home, "calendly", "default", "run1")
    window = {"from_at": AT, "to_at": AT + timedelta(days=30), "started_at": AT, "finished_at": AT}
    writer.finish(Pull("calendly", "default", "run1", "window", **window, account_address="o@firm.example", counts={}))
    load_pages(warehouse, home)
    load_pages(warehouse, home)
    row = warehouse.execute("select pull_id, mode, account_address, to_at - from_at from sources.pulls").fetchall()
    assert row == [("calendly/default/pulls/run1.json", "window", "o@firm.example", timedelta(days=30))]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    versions=st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=12),
    seed=st.integers(0, 1_000),
)
def test_the_order_of_loading_never_matters(
    tmp_path_factory: pytest.TempPathFactory, versions: list[tuple[str, int, int]], seed: int
) -> None:
    """Any answers in any files, loaded in one go or one by one in any order, give the same records."""
    root = tmp_path_factory.mktemp("order")
    hashes = set()
    for trial in range(2):
        home = Home(root / str(trial))
        home.create()
        with duckdb.connect() as connection:
            prepare(connection)
            create_schemas(connection)
            shuffled = list(enumerate(versions))
            if trial:
                random.Random(seed).shuffle(shuffled)
            for number, (name, minutes, value) in shuffled:
                page = answer("events", {"collection": [event(name, value=value)]}, minutes)
                land(home, f"run{number:02}", page)
                if trial:
                    load_pages(connection, home)
            load_pages(connection, home)
            hashes.add(content_hash(connection, "sources.api_records"))
    assert len(hashes) == 1
