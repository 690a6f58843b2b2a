"""One Calendly booking told by API, webhook and export is one meeting."""

from typing import Any

import pytest

from calendly_pipeline.settings import Settings
from calendly_pipeline_tests.api_rows import (
    API,
    Row,
    absence,
    answer,
    cancelled,
    event,
    event_body,
    event_type,
    invitee,
    invitee_body,
    live_meetings,
    told,
)
from calendly_pipeline_tests.conftest import Tables, utc
from calendly_pipeline_tests.rows import HOST, attendees_of, calendly

START = "2026-06-01T14:00"
WALL = "2026-06-01 10:00"
ADA = "ada@example.com"
MARK = {"uri": f"{API}/invitee_no_shows/N1", "created_at": "2026-06-01T15:00:00.000000Z"}
BOOKED = "2026-01-02 09:00"


def exported(**cells: Any) -> Row:
    """The same booking in an export, with its UUIDs."""
    return calendly(WALL, event_uuid="e1", invitee_uuid="i1", **cells)


def by_api(**fields: Any) -> list[Row]:
    """The booking by API; `event_fields` go into the event."""
    about = fields.pop("event_fields", {})
    return [event("E1", START, **about), invitee("I1", "E1", **fields)]


def by_webhook(kind: str = "invitee.created", at: str = "2026-01-02T14:00", **fields: Any) -> Row:
    """The booking by webhook."""
    return told(kind, invitee_body("I1", "E1", **fields), event_body("E1", START), at=at)


@pytest.mark.parametrize(
    ("rows", "routes"),
    [
        ([exported()], ["csv"]),
        ([*by_api()], ["api"]),
        ([by_webhook()], ["webhook"]),
        ([exported(), *by_api(), by_webhook()], ["api", "csv", "webhook"]),
    ],
)
def test_one_booking_by_any_route_is_one_meeting(tables: Tables, rows: list[Row], routes: list[str]) -> None:
    """The same UUID is the same meeting under the same id; its routes are listed."""
    found = live_meetings(tables, *rows)["e1"]
    assert (found["meeting_id"], found["routes"], found["status"]) == ("calendly:e1", routes, "completed")
    assert (found["starts_at"], found["host_email"], found["host_name"]) == (utc(START), HOST, "Dana Host")
    assert attendees_of(tables)["e1", ADA]["attendee_id"] == "calendly:e1/i1"


def test_api_fields_win_and_the_export_fills_the_rest(tables: Tables) -> None:
    """Finer times, hosts and the event type come from the API; what it cannot tell comes from the export."""
    rows = [exported(event_type_name="Old name", location="Elsewhere", text_reminder_number="+1 212 555 0100")]
    found = live_meetings(tables, *rows, *by_api(), event_type("T1"))["e1"]
    assert (found["event_type_name"], found["event_type_id"], found["event_type_slug"]) == (
        "Portfolio Review",
        "t1",
        "portfolio-review",
    )
    assert found["booked_at"] == utc("2026-01-02T14:00:05.200")
    assert (found["location_type"], found["location"]) == ("physical", "1 Main Street")
    assert found["updated_at"] == utc("2026-01-02T14:00:07.500")
    person = attendees_of(tables)["e1", ADA]
    assert (person["phone"], person["time_zone"]) == ("+1 212 555 0100", "America/New_York")


def test_a_row_without_uuid_joins_the_api(tables: Tables) -> None:
    """A row that agrees in account, address, start and event type is absorbed; its id stays known."""
    (alone,) = live_meetings(tables, calendly(WALL, " ADA@example.com"))
    found = live_meetings(tables, calendly(WALL, " ADA@example.com"), *by_api())
    assert set(found) == {"e1"}
    assert found["e1"]["routes"] == ["api", "csv"]
    assert tables.rows("meetings.meeting_aliases") == [{"alias_id": alone, "meeting_id": "calendly:e1"}]
    assert tables.bad_rows("meetings", "every_booking_is_a_meeting") == []


def test_the_minute_of_booking_tells_two_bookings_of_one_slot_apart(tables: Tables) -> None:
    """Cancelled and booked again for the same time: the row without UUID joins the one booked in its minute."""
    again = {"created_at": "2026-02-02T14:00:05.100000Z"}
    rows = [
        *by_api(**cancelled()),
        event("E2", START, **again),
        invitee("I2", "E2", **again),
        calendly(WALL, event_created_date_time=BOOKED, canceled="true", line=2),
        calendly(WALL, event_created_date_time="2026-02-02 09:00", line=3),
    ]
    found = live_meetings(tables, *rows)
    assert {name: (row["routes"], row["status"]) for name, row in found.items()} == {
        "e1": (["api", "csv"], "cancelled"),
        "e2": (["api", "csv"], "completed"),
    }


@pytest.mark.parametrize("cells", [{"invitee_email": "bo@example.com"}, {"event_type_name": "Other"}, {"file": 9}])
def test_a_row_that_differs_is_a_booking_of_its_own(tables: Tables, cells: dict[str, Any]) -> None:
    """Another address, event type or account is another booking."""
    row = {**calendly(WALL), **{key: value for key, value in cells.items() if key != "file"}}
    api = by_api() if "file" not in cells else [{**r, "account": "paris"} for r in by_api()]
    assert len(live_meetings(tables, row, *api)) == 2


def test_a_file_without_invitee_uuids_finds_the_invitee(tables: Tables) -> None:
    """A row with the event's UUID only is the invitee of that event with the same address."""
    row = calendly(WALL, event_uuid="e1", text_reminder_number="+1 212 555 0100")
    live_meetings(tables, row, *by_api())
    assert {key: row["phone"] for key, row in attendees_of(tables).items()} == {("e1", ADA): "+1 212 555 0100"}


@pytest.mark.parametrize("rows", [[exported(canceled="true"), *by_api()], [exported(), *by_api(**cancelled("host"))]])
def test_cancelled_by_any_exact_route_is_cancelled(tables: Tables, rows: list[Row]) -> None:
    """An invitee is never un-cancelled, so the route that knows of the end is right."""
    assert live_meetings(tables, *rows)["e1"]["status"] == "cancelled"


@pytest.mark.parametrize("cells", [{"canceled": "true"}, {"marked_as_no_show": "Yes"}], ids=["end", "absence"])
def test_a_row_without_uuid_overrules_nobody(tables: Tables, cells: dict[str, Any]) -> None:
    """A newer row that only seems to be the booking does not change what the API says of it."""
    assert live_meetings(tables, calendly(WALL, **cells), *by_api())["e1"]["status"] == "completed"


def test_a_newer_export_does_not_bring_a_booking_back(tables: Tables) -> None:
    """Of two exports with UUIDs the one that says cancelled is right, newer or not."""
    rows = [
        exported(canceled="true", canceled_by="Ada Example", file=1),
        exported(canceled="false", canceled_by="", file=2),
    ]
    found = live_meetings(tables, *rows)["e1"]
    assert (found["status"], found["cancelled_by"]) == ("cancelled", "invitee")


@pytest.mark.parametrize(
    ("written", "no_show"),
    [("2026-06-25T00:00", True), ("2026-06-10T00:00", False)],
)
def test_no_show_follows_the_newest_observation(tables: Tables, written: str, no_show: bool) -> None:
    """The export's word counts from when the file was written, at the latest when it landed."""
    rows = [exported(marked_as_no_show="Yes"), *by_api(no_show=None)]
    times: dict[str, Any]
    for times in ({"modified_at": utc(written)}, {"landed_at": utc(written)}):
        found = live_meetings(tables, *rows, **times)["e1"]
        assert found["status"] == ("no_show" if no_show else "completed")


def test_cancellation_in_full(tables: Tables) -> None:
    """Who cancelled, when and why come from the API; a host's name is not guessed at."""
    end = cancelled("host", reason="conference", at="2026-03-01T10:00")
    end["cancellation"]["canceled_by"] = "Somebody Else"
    found = live_meetings(tables, exported(canceled="true", canceled_by="Ada Example"), *by_api(**end))["e1"]
    assert (found["cancelled_by"], found["cancellation_reason"], found["cancelled_at"]) == (
        "host",
        "conference",
        utc("2026-03-01T10:00"),
    )


def test_every_host_and_guest_of_an_event(tables: Tables) -> None:
    """The first member is the host, the others are co-hosts, an address is listed once; an unnamed one is looked up."""
    members = [
        {"user": f"{API}/users/U1"},
        {"user": f"{API}/users/U2", "user_email": "Max@juniperlane.example", "user_name": "Max Host"},
    ]
    guests = [{"email": who} for who in ("Bo@example.com", "max@juniperlane.example", ADA)]
    dana = answer("user", "u1", {"role": "owner", "user": {"email": HOST, "name": "Dana Host"}})
    found = live_meetings(tables, dana, *by_api(event_fields={"event_memberships": members, "event_guests": guests}))[
        "e1"
    ]
    assert (found["host_email"], found["hosts"]) == (HOST, [HOST, "max@juniperlane.example"])
    assert {address: row["role"] for (_, address), row in attendees_of(tables).items()} == {
        ADA: "invitee",
        "bo@example.com": "guest",
        "max@juniperlane.example": "co_host",
    }


def test_an_event_speaks_for_invitees_only_an_export_lists(tables: Tables) -> None:
    """A group's invitee whom no answer held yet shares the event's facts, its end too."""
    ended = cancelled("host")
    rows = [exported(), calendly(WALL, "bo@example.com", event_uuid="e1", invitee_uuid="i2", line=3)]
    found = live_meetings(tables, *rows, *by_api(event_fields=ended, **ended))["e1"]
    assert (found["status"], found["cancelled_by"], found["invitees_count"]) == ("cancelled", "host", 2)
    assert attendees_of(tables)["e1", "bo@example.com"]["status"] == "cancelled"


def test_routes_of_a_group(tables: Tables) -> None:
    """A meeting is known by every route that knows anybody in it, a person by those that know the person or event."""
    found = live_meetings(tables, exported(), *by_api(), invitee("I2", "E1", "bo@example.com"))["e1"]
    assert found["routes"] == ["api", "csv"]
    assert attendees_of(tables)["e1", "bo@example.com"]["routes"] == ["api"]


def test_what_a_person_is_known_by(tables: Tables) -> None:
    """Answers, UTM, the CRM's id, payment and how it was booked are kept per person."""
    asked = [{"question": "Why?", "answer": "Fees", "position": 0}]
    told_by = {"utm_content": "12345678", "utm_source": "mail"}
    paid = {"external_id": "ch_1", "amount": "50.0", "successful": False}
    fields = {"questions_and_answers": asked, "tracking": told_by, "payment": paid, "scheduling_method": "api"}
    live_meetings(tables, *by_api(**fields))
    person = attendees_of(tables)["e1", ADA]
    assert (person["answers"], person["crm_contact_hint"]) == ('{"Why?":"Fees"}', "12345678")
    assert (person["is_paid"], person["scheduling_method"]) == (False, "api")


@pytest.mark.parametrize(
    ("noticed", "seen_again", "last_seen"),
    [
        ("2026-06-21T00:00", None, "2026-06-20T00:00"),
        ("2026-06-19T00:00", None, None),
        ("2026-06-21T00:00", "2026-06-22T00:00", None),
    ],
)
def test_what_the_api_no_longer_returns_is_kept(
    tables: Tables, noticed: str, seen_again: str | None, last_seen: str | None
) -> None:
    """A meeting that is gone from the API keeps its last state and says when it was last seen, until it comes back."""
    again = [by_webhook("invitee_no_show.created", at=seen_again, no_show=MARK)] if seen_again else []
    found = live_meetings(tables, *by_api(), *again, absence("e1", noticed=noticed, last_seen="2026-06-20T00:00"))["e1"]
    assert found["last_seen_at"] == (utc(last_seen) if last_seen else None)
    assert found["status"] == ("no_show" if seen_again else "completed")


def test_hosts_keep_their_aliases(tables: Tables) -> None:
    """`hosts.aliases` hold for hosts the API names, too."""
    members = [{"user": f"{API}/users/U1", "user_email": "dana@old.example", "user_name": "Dana Host"}]
    settings = Settings.model_validate(
        {"firm": {"time_zone": "America/New_York"}, "hosts": {"aliases": {"dana@old.example": HOST}}}
    )
    found = live_meetings(tables, *by_api(event_fields={"event_memberships": members}), settings=settings)["e1"]
    assert found["host_email"] == HOST
