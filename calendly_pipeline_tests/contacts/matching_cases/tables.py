"""A generated firm as rows of the warehouse, and the contacts stage run on them."""

import json
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import duckdb

from calendly_pipeline.contacts.lists import load_lists
from calendly_pipeline.settings import Settings
from calendly_pipeline.warehouse import create_schemas, insert_rows, prepare, replace_rows, replace_table
from calendly_pipeline_tests.conftest import AS_OF, all_models
from calendly_pipeline_tests.contacts.matching_cases.bookings import Booking
from calendly_pipeline_tests.contacts.matching_cases.cards import Book, Card

FIRM = {"firm": {"time_zone": "America/New_York", "internal_domains": ["firm.example"]}}
STARTS_AT = datetime(2026, 6, 1, 15, tzinfo=UTC)
CRM_FILE = {"file_id": "crm", "folder": "contacts", "name": "lacrm.csv", "recency": 1}
Rows = list[dict[str, Any]]


@contextmanager
def matched(
    book: Book, bookings: Sequence[Booking], *, threads: int = 1, order: int | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory after the contacts stage; `order` seeds a shuffle of all rows."""
    with duckdb.connect(":memory:", config={"threads": threads}) as connection:
        create_schemas(connection)
        prepare(connection)
        load_lists(connection)
        run_stages(connection, "sources", "meetings")
        fill(connection, book, bookings, order)
        match(connection, book, bookings)
        yield connection


def match(connection: duckdb.DuckDBPyConnection, book: Book, bookings: Sequence[Booking]) -> None:
    """Run the contacts stage on what is there."""
    said = sorted({one.phone for one in (*book.cards, *bookings) if one.phone})
    replace_rows(connection, {"contacts.phone_numbers": [{"said": number, "e164": number} for number in said]})
    run_stages(connection, "contacts")


def run_stages(connection: duckdb.DuckDBPyConnection, *stages: str) -> None:
    """Run every SQL model of the stages, each after the ones it reads."""
    parameters = Settings.model_validate(FIRM).sql_parameters(AS_OF)
    for model in all_models():
        if model.stage in stages:
            replace_table(connection, model.table, model.text, parameters, model.grain)


def fill(
    connection: duckdb.DuckDBPyConnection, book: Book, bookings: Sequence[Booking], order: int | None = None
) -> None:
    """Cards as the newest CRM export, every booking an invitee of a meeting of its own; numbers are already E.164."""
    tables = {
        "sources.files": [CRM_FILE],
        "sources.crm_contacts": [_card_row(line, card) for line, card in enumerate(book.cards, 2)],
        **_booked(bookings, 0),
    }
    for table, rows in tables.items():
        insert_rows(connection, table, rows if order is None else random.Random(order).sample(rows, len(rows)))


def add(connection: duckdb.DuckDBPyConnection, bookings: Sequence[Booking], since: int) -> None:
    """The bookings after the first `since`, beside those that are there."""
    for table, rows in _booked(bookings[since:], since).items():
        insert_rows(connection, table, rows)


def _booked(bookings: Sequence[Booking], first: int) -> dict[str, Rows]:
    return {
        "meetings.attendees": [_attendee_row(number, one) for number, one in enumerate(bookings, first)],
        "meetings.meetings": [
            {"meeting_id": f"m{number}", "host_email": "adviser@firm.example", "starts_at": STARTS_AT}
            for number in range(first, first + len(bookings))
        ],
    }


def _card_row(line: int, card: Card) -> dict[str, Any]:
    return {
        "file_id": "crm",
        "line": line,
        "kind": "crm",
        "contact_key": card.contact_id,
        "is_company": "true" if card.is_company else "false",
        "first_name": card.first or None,
        "last_name": card.last or None,
        "company": card.company.name if card.company else None,
        "addresses": json.dumps(card.addresses),
        "phones": json.dumps([card.phone] if card.phone else []),
        "fields": "{}",
    }


def _attendee_row(number: int, booking: Booking) -> dict[str, Any]:
    return {
        "attendee_id": f"a{number}",
        "meeting_id": f"m{number}",
        "role": "invitee",
        "email": booking.address,
        "address": booking.address.lower(),
        "name": booking.name,
        "phone": booking.phone,
        "crm_contact_hint": booking.hint,
        "answers": json.dumps({"Company": booking.company}) if booking.company else None,
    }
