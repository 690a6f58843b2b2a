"""The sample firm's tables, part of its bookings by API and webhook as well: what mutations are tried on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from calendly_pipeline.classification.rules import load_rules
from calendly_pipeline.classification.rules import rules as rules_in_force
from calendly_pipeline.contacts.lists import load_lists
from calendly_pipeline.contacts.phone_numbers import read_numbers
from calendly_pipeline.destinations.lacrm.fields import lacrm_fields, load_fields
from calendly_pipeline.home import Home
from calendly_pipeline.sample_home import SAMPLE_AS_OF, prepare_sample
from calendly_pipeline.settings import Settings
from calendly_pipeline.settings_file import load_settings
from calendly_pipeline.sources.landing import land
from calendly_pipeline.sources.loading import TABLES, load_folder, refresh_files
from calendly_pipeline.warehouse import create_schemas, insert_rows, prepare, replace_table
from calendly_pipeline_tests.api_rows import API, answer, cancelled, delivery, event_body, invitee_body
from calendly_pipeline_tests.conftest import all_models

PULLED_AT = "2026-06-30T11:00"
BY_API = """
    select source_event_id as event_id, invitee_key as invitee_id, email, name, event_type_name, host_email, host_name,
        strftime(starts_at, '%Y-%m-%dT%H:%M') as starts_at, strftime(ends_at, '%Y-%m-%dT%H:%M:%SZ') as ends_at,
        strftime(booked_at, '%Y-%m-%dT%H:%M:%SZ') as booked_at, is_cancelled, coalesce(is_no_show, false) as is_no_show,
        rank() over (order by source_event_id) % 4 = 0 as is_told
    from meetings.calendly_invitees
    where
        starts_at >= timestamptz '2026-02-01 00:00:00Z'
        and length(source_event_id) = 36
        and length(invitee_key) = 36
        and coalesce(len(co_hosts), 0) = 0
        and guests is null
        and 'calendly:' || source_event_id || '/' || invitee_key not in (
            select attendee_id from meetings.platform_moves
            union all
            select to_attendee_id from meetings.platform_moves
        )
"""


def settings(home: Home) -> Settings:
    """The sample firm's settings."""
    return load_settings(home.settings_file)


def load_inputs(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Every table that Python loads, from the sample's files."""
    chosen = settings(home)
    create_schemas(connection)
    prepare(connection)
    land(home, datetime(2026, 6, 30, 11, tzinfo=UTC))
    refresh_files(connection, home, chosen)
    for folder in TABLES:
        load_folder(connection, home, chosen, folder)
    load_lists(connection)
    load_rules(connection, rules_in_force(chosen))
    load_fields(connection, lacrm_fields(chosen))


def run_models(connection: duckdb.DuckDBPyConnection, parameters: dict[str, Any]) -> None:
    """Every model in order."""
    for model in all_models():
        replace_table(connection, model.table, model.text, parameters, model.grain)


def add_live_routes(connection: duckdb.DuckDBPyConnection) -> None:
    """What the API, and for every fourth event a webhook too, would have said of Calendly bookings since February."""
    names = [column[0] for column in connection.execute(BY_API).description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in connection.execute(BY_API).fetchall()]
    records, deliveries = [], []
    for number, row in enumerate(rows):
        event, invitee = bodies(row)
        records += [
            answer("event", row["event_id"], event, seen=PULLED_AT),
            answer("invitee", row["invitee_id"], invitee, seen=PULLED_AT, parent_id=row["event_id"]),
        ]
        if row["is_told"]:
            told = {"event": "invitee.created", "payload": {**invitee, "scheduled_event": event}}
            deliveries.append(delivery("invitee.created", told, at=row["booked_at"][:16], number=number))
    pulled = {"platform": "calendly", "account": "default", "mode": "everything"}
    window = {name: datetime.fromisoformat(f"{text}:00+00:00") for name, text in (
        ("from_at", "2026-02-01T00:00"), ("to_at", "2026-08-01T00:00"), ("finished_at", PULLED_AT)
    )}  # fmt: skip
    insert_rows(connection, "sources.api_records", records)
    insert_rows(connection, "sources.webhook_deliveries", deliveries)
    insert_rows(connection, "sources.pulls", [{"pull_id": "calendly/everything", **pulled, **window}])


def bodies(row: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """An event and its invitee, as the API says them."""
    ended = cancelled(by="invitee", at=row["starts_at"], reason=None) if row["is_cancelled"] else {}
    host = {"user": f"{API}/users/{row['host_email']}", "user_email": row["host_email"], "user_name": row["host_name"]}
    event = event_body(
        row["event_id"], row["starts_at"], name=row["event_type_name"], end_time=row["ends_at"],
        event_memberships=[host], created_at=row["booked_at"], **ended,
    )  # fmt: skip
    invitee = invitee_body(
        row["invitee_id"], row["event_id"], row["email"], name=row["name"], created_at=row["booked_at"],
        no_show={"uri": f"{API}/invitee_no_shows/1"} if row["is_no_show"] else None, **ended,
    )  # fmt: skip
    return event, invitee


class World:
    """The sample's inputs and every table made of them, in a file that mutants are copied from."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "world.duckdb"
        self.home = prepare_sample(Home(folder))
        self.settings = settings(self.home)
        self.parameters = self.settings.sql_parameters(SAMPLE_AS_OF)
        with duckdb.connect(str(self.path)) as connection:
            load_inputs(connection, self.home)
            run_models(connection, self.parameters)
            read_numbers(connection, self.settings.firm.default_country)
            add_live_routes(connection)
            run_models(connection, self.parameters)

    @contextmanager
    def copy(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """All tables in memory, to break."""
        with duckdb.connect(":memory:", config={"threads": 1}) as connection:
            prepare(connection)
            connection.execute(f"attach '{self.path}' as world (read_only)")
            connection.execute("copy from database world to memory")
            connection.execute("detach world")
            yield connection
