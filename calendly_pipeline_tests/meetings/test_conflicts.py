"""Where routes disagree, the table says who said what, who won and why."""

from typing import Any

import pytest

from calendly_pipeline.settings import Settings
from calendly_pipeline_tests.api_rows import (
    API,
    Row,
    booking,
    cancelled,
    event,
    event_body,
    invitee,
    invitee_body,
    live_meetings,
    told,
)
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.rows import HOST, bookings_list, calendly, insights

START = "2026-06-01T14:00"
WALL = "2026-06-01 10:00"
MARK = {"uri": f"{API}/invitee_no_shows/N1", "created_at": "2026-06-01T15:00:00.000000Z"}


def conflicts(tables: Tables, *rows: Row | list[Row], **run: Any) -> list[tuple[str, str, str, str, str, str]]:
    """Field, both routes with their values, and who won."""
    live_meetings(tables, *rows, **run)
    shown = ("field", "route", "value", "other_route", "other_value", "won_by")
    return [tuple(row[name] for name in shown) for row in tables.rows("meetings.conflicts")]


def exported(**cells: Any) -> Row:
    """The booking in an export."""
    return calendly(WALL, event_uuid="e1", invitee_uuid="i1", **cells)


def by_api(**fields: Any) -> list[Row]:
    """The booking by API."""
    return [event("E1", START), invitee("I1", "E1", **fields)]


def test_agreeing_routes_give_nothing(tables: Tables) -> None:
    """The same said twice is no conflict, nor are finer times, other spellings, or the API and a webhook over time."""
    before = told(
        "invitee.created", invitee_body("I1", "E1", name="A"), event_body("E1", START, name="B"), at="2026-01-02T14:00"
    )
    rows = [exported(invitee_email="Ada@Example.com", event_type_name=" Portfolio Review "), by_api(), before]
    assert conflicts(tables, *rows, booking("U1", "2026-06-02T14:00"), insights("U1", "2026-06-02T14:00")) == []


@pytest.mark.parametrize(
    ("cells", "fields", "expected"),
    [
        ({"canceled": "true"}, {}, ("state", "csv", "cancelled", "api", "accepted", "csv")),
        ({}, cancelled(), ("state", "csv", "accepted", "api", "cancelled", "api")),
        ({"start_date_time": "2026-06-01 09:00"}, {},
         ("starts_at", "csv", "2026-06-01 13:00 UTC", "api", "2026-06-01 14:00 UTC", "api")),
        ({"user_email": "max@juniperlane.example"}, {},
         ("host_email", "csv", "max@juniperlane.example", "api", HOST, "api")),
        ({"marked_as_no_show": "Yes"}, {}, ("is_no_show", "csv", "true", "api", "false", "csv")),
        ({"invitee_email": "bo@example.com"}, {}, ("email", "csv", "bo@example.com", "api", "ada@example.com", "api")),
        ({"event_type_name": "One-off meeting"}, {},
         ("event_type_name", "csv", "One-off meeting", "api", "Portfolio Review", "api")),
    ],
    ids=["csv cancelled", "api cancelled", "start", "host", "no-show", "address", "event type"],
)  # fmt: skip
def test_each_field(tables: Tables, cells: dict[str, Any], fields: dict[str, Any], expected: tuple[str, ...]) -> None:
    """Every field compared gives one row with both values and the route that won."""
    assert conflicts(tables, exported(**cells), by_api(**fields)) == [expected]


@pytest.mark.parametrize(
    ("exported_as", "told_as"),
    [("max@juniperlane.example", "max@old.example"), ("max@old.example", "max@juniperlane.example")],
)
def test_any_host_of_the_event_is_the_host(tables: Tables, exported_as: str, told_as: str) -> None:
    """An export names one of several hosts; an alias is the host, on either side."""
    members = [{"user_email": HOST}, {"user_email": told_as}]
    settings = Settings.model_validate(
        {
            "firm": {"time_zone": "America/New_York"},
            "hosts": {"aliases": {"max@old.example": "max@juniperlane.example"}},
        }
    )
    rows = [event("E1", START, event_memberships=members), invitee("I1", "E1")]
    assert conflicts(tables, exported(user_email=exported_as), rows, settings=settings) == []


def test_a_group_gives_one_row_per_field(tables: Tables) -> None:
    """Two invitees of an event that differ in the same field are one row."""
    rows = [
        exported(canceled="true"),
        calendly(WALL, "b@x.y", event_uuid="e1", invitee_uuid="i2", line=3, canceled="true"),
    ]
    assert len(conflicts(tables, *rows, by_api(), invitee("I2", "E1", "b@x.y"))) == 1


@pytest.mark.parametrize(
    ("export", "fields", "expected"),
    [
        (bookings_list("U1", WALL, status="CANCELLED"), {}, ("state", "csv", "cancelled", "api", "accepted", "csv")),
        (bookings_list("U1", WALL), {"status": "rejected"}, ("state", "csv", "accepted", "api", "rejected", "api")),
        (insights("U1", START, host_email="max@juniperlane.example"), {},
         ("host_email", "csv", "max@juniperlane.example", "api", HOST, "api")),
        (insights("U1", START, no_show_guests='[{"email": "ada@example.com"}]'), {},
         ("is_no_show", "csv", "true", "api", "false", "csv")),
        (bookings_list("U1", "2026-06-01 11:00"), {},
         ("starts_at", "csv", "2026-06-01 15:00 UTC", "api", "2026-06-01 14:00 UTC", "api")),
    ],
    ids=["csv cancelled", "api rejected", "host", "no-show", "start"],
)  # fmt: skip
def test_fields_of_cal_com(tables: Tables, export: Row, fields: dict[str, Any], expected: tuple[str, ...]) -> None:
    """The same for Cal.com's exports."""
    assert conflicts(tables, export, booking("U1", START, **fields)) == [expected]


@pytest.mark.parametrize(
    ("export", "fields"),
    [
        (bookings_list("U1", WALL, status="CANCELLED"), {"status": "cancelled", "rescheduledToUid": "U2"}),
        (insights("U1", START), {"status": "cancelled"}),
    ],
    ids=["the list writes cancelled for a moved booking", "Insights cannot know"],
)
def test_what_is_no_conflict_at_cal_com(tables: Tables, export: Row, fields: dict[str, Any]) -> None:
    """A layout that cannot tell two states apart does not contradict the one that can."""
    assert conflicts(tables, export, booking("U1", START, **fields)) == []
