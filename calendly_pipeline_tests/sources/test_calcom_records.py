"""What Cal.com's API answered and its webhooks delivered, as one typed row per booking and attendee."""

from typing import Any

import pytest

from calendly_pipeline.settings import Settings
from calendly_pipeline_tests.api_rows import Row, answer, booking, delivery, posted, pull, put
from calendly_pipeline_tests.conftest import Tables, utc

START = "2026-06-01T14:00"
ADA = {"name": "Ada Example", "email": "ada@example.com"}
BO = {"name": "Bo Example", "email": "bo@example.com"}


def read(tables: Tables, *rows: Row | list[Row], table: str = "calcom_bookings", **run: Any) -> list[Row]:
    """The rows of a table of the stage."""
    return put(tables, *rows).run_stage("sources", **run).rows(f"sources.{table}")


def no_show(uid: str, *people: tuple[str, bool], at: str, number: int = 9) -> Row:
    """The delivery that only says who was absent."""
    listed = [{"email": email, "noShow": absent} for email, absent in people]
    return delivery(
        "BOOKING_NO_SHOW_UPDATED",
        {"payload": {"message": "x", "bookingUid": uid, "bookingId": 1, "attendees": listed}},
        at=at,
        number=number,
        platform="calcom",
    )


def row_ended(uid: str, *, updated: str, wrapped: bool = False, **fields: Any) -> Row:
    """MEETING_ENDED: the database's row as it was when the job was planned."""
    row = {
        "uid": uid, "title": "Old title", "startTime": f"{START}:00.000Z", "endTime": "2026-06-01T14:30:00.000Z",
        "status": "ACCEPTED", "userId": 1, "createdAt": f"{updated}:00.000Z", "updatedAt": f"{updated}:00.000Z",
    }  # fmt: skip
    row |= {"attendees": [ADA], **fields}
    body = {"triggerEvent": "MEETING_ENDED", **({"payload": row} if wrapped else row)}
    return delivery("MEETING_ENDED", body, at="2026-06-01T14:30" if wrapped else None, number=8, platform="calcom")


def test_both_routes_in_one_shape(tables: Tables) -> None:
    """The API's booking and a webhook's say the same, whatever their keys are called."""
    by_api = read(tables, booking("U1", START))[0]
    by_webhook = read(tables, posted("BOOKING_CREATED", "U1", START, at="2026-03-01T09:00"))[0]
    same = [
        *("starts_at", "ends_at", "state", "title", "event_type_id", "event_type_slug", "is_moved_here", "created_at"),
        *("host_email", "host_name", "location_type", "location", "booker_address", "is_whole", "is_hosted"),
    ]
    assert {key: by_api[key] for key in same} == {key: by_webhook[key] for key in same}
    assert (by_api["host_email"], by_api["event_type_slug"]) == ("dana@juniperlane.example", "portfolio-review")


@pytest.mark.parametrize(
    ("trigger", "fields", "state"),
    [
        ("BOOKING_CREATED", {}, "accepted"),
        ("BOOKING_REQUESTED", {"status": "PENDING"}, "pending"),
        ("BOOKING_REJECTED", {}, "rejected"),
        ("BOOKING_CANCELLED", {"cancelledBy": "ada@example.com"}, "cancelled"),
        ("BOOKING_CANCELLED", {"cancelledBy": "dana@juniperlane.example", "requestReschedule": True}, "rescheduled"),
        ("BOOKING_PAID", {}, "accepted"),
    ],
)
def test_state_of_a_trigger(tables: Tables, trigger: str, fields: dict[str, Any], state: str) -> None:
    """Each trigger says what became of the booking."""
    (found,) = read(tables, posted(trigger, "U1", START, at="2026-03-01T09:00", **fields))
    assert (found["state"], found["is_paid"]) == (state, True if trigger == "BOOKING_PAID" else None)


@pytest.mark.parametrize(
    ("status", "state"),
    [("accepted", "accepted"), ("awaiting_host", "pending"), ("rejected", "rejected"), ("cancelled", "cancelled")],
)
def test_state_of_an_answer(tables: Tables, status: str, state: str) -> None:
    """The API's word for the state, in ours."""
    assert read(tables, booking("U1", START, status=status))[0]["state"] == state


def test_ends_are_final_and_open_states_follow_the_newest(tables: Tables) -> None:
    """Pending becomes accepted and back; cancelled stays, also against a newer answer."""
    asked = posted("BOOKING_REQUESTED", "U1", START, at="2026-03-01T09:00", number=1, status="PENDING")
    accepted = booking("U1", START, updatedAt="2026-03-02T09:00:00.000Z", seen="2026-03-02T10:00")
    assert read(tables, asked, accepted)[0]["state"] == "accepted"
    gone = posted("BOOKING_CANCELLED", "U1", START, at="2026-03-01T10:00", number=2, cancelledBy="ada@example.com")
    (found,) = read(tables, gone, asked, accepted)
    assert (found["state"], found["cancelled_at"]) == ("cancelled", utc("2026-03-01T10:00"))


def test_a_moved_booking_is_known_by_either_row(tables: Tables) -> None:
    """Old and new booking of a move name each other, whichever route tells."""
    new = posted("BOOKING_RESCHEDULED", "U2", "2026-06-08T14:00", at="2026-05-01T09:00", rescheduleUid="U1")
    old, moved = read(tables, booking("U1", START), new)
    assert (old["state"], old["rescheduled_to_uid"]) == ("rescheduled", "U2")
    assert (moved["rescheduled_from_uid"], moved["is_moved_here"]) == ("U1", True)
    (by_api,) = read(tables, booking("U1", START, status="cancelled", rescheduledToUid="U2"))
    assert (by_api["state"], by_api["rescheduled_to_uid"]) == ("rescheduled", "U2")


def test_what_a_delivery_says_of_an_unknown_booking_waits(tables: Tables) -> None:
    """A mark of absence or a move away alone make no booking; together with a route that lists it they count."""
    moved = posted("BOOKING_RESCHEDULED", "U2", "2026-06-08T14:00", at="2026-05-01T09:00", rescheduleUid="U1")
    found = {
        row["uid"]: row for row in read(tables, moved, no_show("U3", ("ada@example.com", True), at="2026-06-01T15:00"))
    }
    assert {uid: (row["is_whole"], row["problem"]) for uid, row in found.items()} == {
        "U1": (False, None),
        "U2": (True, None),
        "U3": (False, None),
    }


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_planned_row_is_as_old_as_it_says(tables: Tables, wrapped: bool) -> None:
    """MEETING_ENDED holds an old row, so it changes nothing that is known better, and serves where nothing is."""
    late = row_ended("U1", updated="2026-03-01T09:00", wrapped=wrapped)
    newer = booking("U1", START, title="New title", updatedAt="2026-05-01T09:00:00.000Z", status="cancelled")
    (found,) = read(tables, late, newer)
    assert (found["title"], found["state"]) == ("New title", "cancelled")
    (alone,) = read(tables, late)
    assert (alone["title"], alone["state"], alone["is_state_certain"]) == ("Old title", "accepted", False)


def test_absences_follow_the_newest_word(tables: Tables) -> None:
    """An attendee's absence is the newest said of that attendee, though the booking's time of change does not move."""
    rows = [
        booking("U1", START, [ADA, BO], seen="2026-06-01T16:00"),
        no_show("U1", ("bo@example.com", True), at="2026-06-01T15:00"),
    ]
    people = {row["address"]: row["is_absent"] for row in read(tables, *rows, table="calcom_attendees")}
    assert people == {"ada@example.com": False, "bo@example.com": False}
    later = no_show("U1", ("Bo@example.com", True), at="2026-06-01T17:00", number=2)
    people = {row["address"]: row["is_absent"] for row in read(tables, *rows, later, table="calcom_attendees")}
    assert people == {"ada@example.com": False, "bo@example.com": True}


def test_who_is_missing_from_a_newer_listing_has_left(tables: Tables) -> None:
    """An attendee that the API stopped listing is kept, and has left."""
    once = booking("U1", START, [ADA, BO], seen="2026-05-01T00:00")[1:]
    rows = booking("U1", START, [ADA], seen="2026-05-02T00:00")
    found = {row["address"]: row["has_left"] for row in read(tables, once[1:], rows, table="calcom_attendees")}
    assert found == {"ada@example.com": False, "bo@example.com": True}


def test_a_listing_of_yesterday_brings_nobody_back(tables: Tables) -> None:
    """Whoever only an older state of the booking lists has left, though that state was given later."""
    newest = booking("U1", START, [ADA], seen="2026-05-02T00:00", updatedAt="2026-05-01T12:00:00.000Z")
    stale = booking("U1", START, [ADA, BO], seen="2026-05-03T00:00")[2]
    given = [newest, {**stale, "updated_at": utc("2026-03-01T09:00")}]
    attendees = [{**row, "updated_at": utc("2026-05-01T12:00")} for row in given[0]]
    found = {row["address"]: row["has_left"] for row in read(tables, attendees, given[1], table="calcom_attendees")}
    assert found == {"ada@example.com": False, "bo@example.com": True}


def test_one_cancelled_seat_leaves_the_booking(tables: Tables) -> None:
    """A cancelled seat names the whole booking and nobody who cancelled: only that person leaves."""
    seat = posted("BOOKING_CANCELLED", "U1", START, [BO], at="2026-05-01T09:00", number=3, seatsPerTimeSlot=5)
    made = posted("BOOKING_CREATED", "U1", START, [ADA, BO], at="2026-03-01T09:00", number=1, seatsPerTimeSlot=5)
    assert read(tables, made, seat)[0]["state"] == "accepted"
    people = {row["address"]: row["has_left"] for row in tables.rows("sources.calcom_attendees")}
    assert people == {"ada@example.com": False, "bo@example.com": True}
    again = posted("BOOKING_CREATED", "U1", START, [BO], at="2026-05-02T09:00", number=4, seatsPerTimeSlot=5)
    assert not any(row["has_left"] for row in read(tables, made, seat, again, table="calcom_attendees"))


@pytest.mark.parametrize(
    ("settings", "address", "hosted"),
    [
        ({}, None, True),
        ({}, "dana@juniperlane.example", True),
        ({}, "max@juniperlane.example", False),
        ({"calcom": {"accounts": [{"hosts": ["dana@juniperlane.example"]}]}}, "max@juniperlane.example", True),
        ({"calcom": {"accounts": [{"hosts": ["max@juniperlane.example"]}]}}, None, False),
        ({"firm": {"internal_domains": ["juniperlane.example"]}}, "max@elsewhere.example", True),
        ({"firm": {"internal_domains": ["elsewhere.example"]}}, None, False),
        ({"hosts": {"aliases": {"dana@juniperlane.example": "d@j.example"}}}, "max@elsewhere.example", True),
    ],
)
def test_whose_bookings_count(tables: Tables, settings: dict[str, Any], address: str | None, hosted: bool) -> None:
    """A booking counts when its host is the firm's by list, token, domain or alias, or when none of these is known."""
    pulls = [pull("2026-06-01", "2026-07-01", "2026-06-20", platform="calcom", address=address)] if address else []
    (found,) = read(tables, booking("U1", START), *pulls, settings=Settings.model_validate(settings))
    assert found["is_hosted"] is hosted


def test_noise_is_not_rejected(tables: Tables) -> None:
    """A booking of somebody else's host that cannot be used is nobody's loss."""
    token = pull("2026-06-01", "2026-07-01", "2026-06-20", platform="calcom", address="max@juniperlane.example")
    noise = answer("booking", "U1", {"hosts": [{"email": "x@y.example"}], "start": "never"}, platform="calcom")
    assert read(tables, token, noise, table="rejected_rows") == []


def test_a_booking_that_only_one_account_hosts(tables: Tables) -> None:
    """Through one account it is noise, through the other a meeting: it counts, for the other."""
    pulls = [
        pull("2026-06-01", "2026-07-01", "2026-06-20", platform="calcom", account=name, address=address)
        for name, address in (("a", "max@juniperlane.example"), ("b", "dana@juniperlane.example"))
    ]
    (found,) = read(tables, booking("U1", START, account="a"), booking("U1", START, account="b"), *pulls)
    assert (found["account"], found["is_hosted"]) == ("b", True)


def test_a_deleted_host_is_nobody(tables: Tables) -> None:
    """Cal.com writes `unknown` for a deleted user: no address, no name, and the booking still counts."""
    hosts = [dict.fromkeys(("id", "name", "email", "displayEmail"), "unknown")]
    (found,) = read(
        tables,
        booking("U1", START, hosts=hosts),
        pull("2026-06-01", "2026-07-01", "2026-06-20", platform="calcom", address="d@x.y"),
    )
    assert (found["host_email"], found["host_name"], found["is_hosted"]) == (None, None, True)


def test_answers_have_their_labels_where_a_webhook_told_them(tables: Tables) -> None:
    """Form fields become a list of question and answer; the API's has slugs, a webhook's the labels."""
    fields = {
        "name": "Ada",
        "email": "ada@example.com",
        "assets": "2m",
        "topics": ["a", "b"],
        "empty": "",
        "guests": ["g@x.y"],
    }
    (slugs,) = read(tables, booking("U1", START, bookingFieldsResponses=fields))
    assert slugs["answers"] == (
        '[{"question":"assets","answer":"2m","position":1},{"question":"topics","answer":"a, b","position":2}]'
    )
    assert slugs["guests"] == ["g@x.y"]
    labelled = {"assets": {"label": "Your assets?", "value": "2m"}}
    (labels,) = read(
        tables,
        booking("U1", START, bookingFieldsResponses=fields),
        posted("BOOKING_CREATED", "U1", START, at="2026-03-01T09:00", responses=labelled),
    )
    assert labels["answers"] == '[{"question":"Your assets?","answer":"2m","position":1}]'


def test_event_types_are_an_instances_own(tables: Tables) -> None:
    """Two instances may use one id for two event types."""
    body = {"id": 5, "title": "Review", "slug": "review", "lengthInMinutes": 30}
    rows = [answer("event_type", "5", {**body, "title": name}, platform="calcom", account=name) for name in ("a", "b")]
    assert [row["name"] for row in read(tables, *rows, table="calcom_event_types")] == ["a", "b"]
