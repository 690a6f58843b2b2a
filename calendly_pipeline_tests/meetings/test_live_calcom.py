"""One Cal.com booking told by API, webhook and export is one meeting."""

import json
from typing import Any

import pytest

from calendly_pipeline.settings import Settings
from calendly_pipeline_tests.api_rows import Row, absence, answer, booking, live_meetings, posted, pull
from calendly_pipeline_tests.conftest import Tables, utc
from calendly_pipeline_tests.rows import HOST, attendees_of, bookings_list, calendly, insights

START = "2026-06-01T14:00"
WALL = "2026-06-01 10:00"
ADA = {"name": "Ada Example", "email": "ada@example.com"}
BO = {"name": "Bo Example", "email": "bo@example.com"}
STAFF = Settings.model_validate(
    {"firm": {"time_zone": "America/New_York", "internal_domains": ["juniperlane.example"]}}
)


def by_webhook(trigger: str = "BOOKING_CREATED", at: str = "2026-03-01T09:00", **fields: Any) -> Row:
    """The booking by webhook."""
    return posted(trigger, "U1", START, at=at, **fields)


@pytest.mark.parametrize(
    ("rows", "routes"),
    [
        ([insights("U1", START)], ["csv"]),
        ([booking("U1", START)], ["api"]),
        ([by_webhook()], ["webhook"]),
        ([bookings_list("U1", WALL), booking("U1", START), by_webhook()], ["api", "csv", "webhook"]),
    ],
)
def test_one_booking_by_any_route_is_one_meeting(tables: Tables, rows: list[Any], routes: list[str]) -> None:
    """The same uid is the same meeting under the same id; its routes are listed."""
    found = live_meetings(tables, *rows)["U1"]
    assert (found["meeting_id"], found["routes"], found["status"]) == ("calcom:U1", routes, "completed")
    assert (found["starts_at"], found["host_email"]) == (utc(START), HOST)


def test_names_of_an_event_type(tables: Tables) -> None:
    """The API gives an id and a slug; the name comes from its event types, else from a webhook or an export."""
    kind = {"id": 5, "title": "Yearly review", "slug": "portfolio-review"}
    named = live_meetings(tables, booking("U1", START), answer("event_type", "5", kind, platform="calcom"))["U1"]
    assert (named["event_type_name"], named["event_type_id"], named["event_type_slug"]) == (
        "Yearly review",
        "5",
        "portfolio-review",
    )
    exported = live_meetings(tables, booking("U1", START), bookings_list("U1", WALL, event_type="Review"))["U1"]
    assert exported["event_type_name"] == "Review"


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([insights("U1", START, status="rescheduled"), *booking("U1", START, status="cancelled")], "rescheduled"),
        ([bookings_list("U1", WALL, status="CANCELLED"), *booking("U1", START)], "cancelled"),
        ([bookings_list("U1", WALL, status="ACCEPTED"), *booking("U1", START, status="rejected")], "rejected"),
        ([insights("U1", START), *booking("U1", START, status="pending")], "pending"),
        ([bookings_list("U1", WALL, status="ACCEPTED"), *booking("U1", START, status="pending")], "completed"),
        ([bookings_list("U1", WALL, status="PENDING"), by_webhook(at="2026-06-30T00:00")], "pending"),
    ],
    ids=[
        "moved",
        "export knows the end",
        "API knows the end",
        "weak word",
        "newer export",
        "export by its file's time",
    ],
)
def test_state_over_all_routes(tables: Tables, rows: list[Row], status: str) -> None:
    """Ends are final whoever tells; of open states the newest strong word holds; a derived status holds nothing."""
    landed: dict[str, Any] = {"landed_at": utc("2026-07-01T00:00"), "modified_at": utc("2026-07-01T00:00")}
    assert live_meetings(tables, *rows, **landed)["U1"]["status"] == status


def test_an_older_export_knows_of_an_end(tables: Tables) -> None:
    """What is cancelled stays so, though the API's answer is newer and says otherwise."""
    written: dict[str, Any] = {"landed_at": utc("2026-06-10T00:00"), "modified_at": utc("2026-06-10T00:00")}
    rows = [bookings_list("U1", WALL, status="CANCELLED"), booking("U1", START)]
    assert live_meetings(tables, *rows, **written)["U1"]["status"] == "cancelled"


def test_a_status_is_certain_once_the_api_tells_it(tables: Tables) -> None:
    """An Insights file leaves a past meeting's status uncertain, the API does not."""
    assert not live_meetings(tables, insights("U1", START))["U1"]["is_status_certain"]
    assert live_meetings(tables, insights("U1", START), booking("U1", START))["U1"]["is_status_certain"]


@pytest.mark.parametrize(
    ("written", "no_show"),
    [("2026-06-25T00:00", True), ("2026-06-10T00:00", False)],
)
def test_absence_follows_the_newest_observation(tables: Tables, written: str, no_show: bool) -> None:
    """Of an export and the API the one that looked later knows who stayed away."""
    row = insights("U1", START, no_show_guests='[{"name": "Ada", "email": "Ada@example.com"}]')
    live_meetings(tables, row, booking("U1", START), landed_at=utc(written), modified_at=utc(written))
    assert attendees_of(tables)["U1", "ada@example.com"]["is_no_show"] is no_show


@pytest.mark.parametrize(("written", "status"), [("2026-06-25T00:00", "no_show"), ("2026-06-10T00:00", "completed")])
def test_an_absent_host_follows_the_newest_observation(tables: Tables, written: str, status: str) -> None:
    """The same for the host."""
    times: dict[str, Any] = {"landed_at": utc(written), "modified_at": utc(written)}
    found = live_meetings(tables, insights("U1", START, no_show_host="true"), booking("U1", START), **times)
    assert found["U1"]["status"] == status


@pytest.mark.parametrize(("written", "status"), [("2026-06-25T00:00", "active"), ("2026-06-10T00:00", "cancelled")])
def test_a_newer_export_lists_who_had_left(tables: Tables, written: str, status: str) -> None:
    """Whoever is listed after having left is back."""
    rows = [booking("U1", START, [ADA, BO], seen="2026-05-01T00:00")[2], *booking("U1", START, [ADA])]
    people = json.dumps([ADA, BO])
    times: dict[str, Any] = {"landed_at": utc(written), "modified_at": utc(written)}
    live_meetings(tables, rows, insights("U1", START, attendees=people), **times)
    assert attendees_of(tables)["U1", "bo@example.com"]["status"] == status


def test_a_cancelled_seat_is_a_cancelled_attendee(tables: Tables) -> None:
    """Who vanished from a booking stays as a cancelled attendee, whether a listing or a webhook told."""
    both = booking("U1", START, [ADA, BO], seen="2026-05-01T00:00")
    vanished = [*booking("U1", START, [ADA]), both[2]]
    live_meetings(tables, vanished, insights("U1", START, attendees='[{"name": "Cy", "email": "cy@example.com"}]'),
                  landed_at=utc("2026-05-01T00:00"), modified_at=utc("2026-05-01T00:00"))  # fmt: skip
    assert {who: (row["status"], row["is_held"]) for (_, who), row in attendees_of(tables).items()} == {
        "ada@example.com": ("active", True),
        "bo@example.com": ("cancelled", False),
        "cy@example.com": ("cancelled", False),
    }


def test_roles_by_form_team_and_staff(tables: Tables) -> None:
    """The booker is who the form names, guests are those it lists, members of the team are co-hosts, in any order."""
    guest, booker = {"name": "Gus", "email": "gus@example.com"}, {"name": "Zoe", "email": "zoe@example.com"}
    staff, team = {"name": "Max", "email": "max@juniperlane.example"}, {"name": "Tia", "email": "tia@partner.example"}
    fields = {"name": "Zoe", "email": "Zoe@example.com", "guests": ["gus@example.com"]}
    rows = [
        booking("U1", START, [guest, staff, booker, team], bookingFieldsResponses=fields),
        by_webhook(team={"name": "Advisers", "members": [team]}),
    ]
    live_meetings(tables, *rows, settings=STAFF)
    roles = {who: row["role"] for (_, who), row in attendees_of(tables).items()}
    assert roles == {
        "zoe@example.com": "invitee",
        "ada@example.com": "invitee",
        "gus@example.com": "guest",
        "max@juniperlane.example": "co_host",
        "tia@partner.example": "co_host",
    }


@pytest.mark.parametrize(
    ("email", "who"),
    [
        ("ada@example.com", "invitee"),
        (HOST, "host"),
        ("max@juniperlane.example", "host"),
        ("x@y.example", "unknown"),
        ("", "unknown"),
    ],
)
def test_who_cancelled(tables: Tables, email: str, who: str) -> None:
    """The address that cancelled is the host's side, an attendee, or nobody known."""
    fields = {"status": "cancelled", "cancelledByEmail": email, "cancellationReason": "ill"}
    found = live_meetings(tables, booking("U1", START, **fields), settings=STAFF)["U1"]
    assert (found["status"], found["cancelled_by"], found["cancellation_reason"]) == ("cancelled", who, "ill")


def test_the_reason_of_a_move_stands_on_the_new_booking(tables: Tables) -> None:
    """Cal.com writes why a booking was moved on the booking it was moved to; it is said of the old one."""
    rows = [
        booking("U1", START, status="cancelled", rescheduledToUid="U2"),
        booking("U2", "2026-06-08T14:00", rescheduledFromUid="U1", cancellationReason="too early"),
    ]
    found = live_meetings(tables, *rows)
    assert (found["U1"]["cancellation_reason"], found["U2"]["cancellation_reason"]) == ("too early", None)


def test_other_peoples_bookings_are_no_meetings(tables: Tables) -> None:
    """A booking that the token's user attends is left out, unless an export of the firm's lists it."""
    token = pull("2026-06-01", "2026-07-01", "2026-06-20", platform="calcom", address="max@juniperlane.example")
    assert live_meetings(tables, token, booking("U1", START)) == {}
    assert tables.bad_rows("meetings", "every_booking_is_a_meeting") == []
    assert [row["is_hosted"] for row in tables.rows("sources.calcom_bookings")] == [False]
    listed = live_meetings(tables, token, booking("U1", START), insights("U1", START))
    assert listed["U1"]["routes"] == ["api", "csv"]


def test_what_the_api_no_longer_returns_is_kept(tables: Tables) -> None:
    """A booking that is gone from the API keeps its last state and says when it was last seen."""
    gone = absence("U1", noticed="2026-06-21T00:00", last_seen="2026-06-20T00:00", platform="calcom")
    found = live_meetings(tables, booking("U1", START), gone)["U1"]
    assert (found["status"], found["last_seen_at"]) == ("completed", utc("2026-06-20T00:00"))


def test_a_word_about_a_booking_that_only_an_export_lists(tables: Tables) -> None:
    """A mark of absence or a move by webhook counts for a booking known from a file alone."""
    moved = posted("BOOKING_RESCHEDULED", "U2", "2026-06-08T14:00", at="2026-05-01T09:00", rescheduleUid="U1")
    found = live_meetings(tables, moved, insights("U1", START, created_at="2026-03-01T09:00:00.000Z"))
    assert [found[uid]["status"] for uid in ("U1", "U2")] == ["rescheduled", "completed"]


def test_one_meeting_in_both_tools_by_api(tables: Tables) -> None:
    """A meeting re-created in Cal.com counts once, there, whichever route tells."""
    found = live_meetings(tables, calendly(WALL, event_uuid="k", invitee_uuid="1"), booking("U1", START))
    assert found["k"]["duplicate_of"] == "calcom:U1"
    assert found["U1"]["booked_at"] == utc("2026-01-02T14:00")
