"""One booking told by several files is one meeting."""

from typing import Any

from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.rows import attendees_of, bookings_list, calendly, insights, meetings_of


def test_newer_export_corrects_a_row(tables: Tables) -> None:
    """The newest file's cell wins."""
    found = meetings_of(
        tables,
        calendly("2026-06-01 10:00", event_uuid="e", invitee_uuid="i", file=2, marked_as_no_show="Yes"),
        calendly("2026-06-01 10:00", event_uuid="e", invitee_uuid="i", file=1, marked_as_no_show="No"),
    )
    assert len(found) == 1
    assert found["e"]["status"] == "no_show"


def test_a_missing_column_blanks_nothing(tables: Tables) -> None:
    """A newer file without a column leaves the older value; a blank cell in the column empties it."""
    row: dict[str, Any] = {"event_uuid": "e", "invitee_uuid": "i"}
    meetings_of(
        tables,
        calendly("2026-06-01 10:00", **row, file=1, marked_as_no_show="Yes", location="Zoom URL: https://z.example"),
        calendly("2026-06-01 10:00", **row, file=2, marked_as_no_show=None, location=""),
    )
    (found,) = tables.rows("meetings.meetings")
    assert (found["status"], found["location"]) == ("no_show", None)


def test_row_without_uuid_is_absorbed(tables: Tables) -> None:
    """A row without UUIDs joins the row with UUIDs of the same address, start and event type; its id stays known."""
    alone = meetings_of(tables, calendly("2026-06-01 10:00"))
    (first_id,) = alone
    merged = meetings_of(
        tables, calendly("2026-06-01 10:00"), calendly("2026-06-01 10:00", event_uuid="e", invitee_uuid="i", file=2)
    )
    assert list(merged) == ["e"]
    assert tables.rows("meetings.meeting_aliases") == [{"alias_id": first_id, "meeting_id": "calendly:e"}]


def test_same_person_twice_in_one_slot_is_two_bookings(tables: Tables) -> None:
    """A slot cancelled and booked again keeps both bookings, and a row without UUID is put to one of them."""
    found = meetings_of(
        tables,
        calendly("2026-06-01 10:00", event_uuid="e1", invitee_uuid="1", canceled="true", line=2),
        calendly(
            "2026-06-01 10:00", event_uuid="e2", invitee_uuid="2", line=3, event_created_date_time="2026-01-03 09:00"
        ),
        calendly("2026-06-01 10:00", file=2, event_created_date_time="2026-01-03 09:00"),
    )
    assert set(found) == {"e1", "e2"}
    assert found["e2"]["status"] == "completed"


def test_guests_are_attendees_of_their_own(tables: Tables) -> None:
    """Guest addresses become guests whatever separates them, the invitee's own address aside."""
    meetings_of(
        tables,
        calendly(
            "2026-06-01 10:00",
            event_uuid="e",
            invitee_uuid="i",
            guest_emails="Bob@Example.com; carl@example.com\nada@example.com",
        ),
    )
    people = attendees_of(tables)
    assert {address: row["role"] for (_, address), row in people.items()} == {
        "ada@example.com": "invitee",
        "bob@example.com": "guest",
        "carl@example.com": "guest",
    }
    assert people["e", "bob@example.com"]["email"] == "Bob@Example.com"


def test_bookings_list_knows_more_than_insights(tables: Tables) -> None:
    """Insights calls a rejected meeting completed; the bookings list's word holds, newer or older."""
    found = meetings_of(
        tables,
        bookings_list("c1", "2026-06-01T10:00".replace("T", " "), file=1, status="REJECTED"),
        insights("c1", "2026-06-01T14:00", file=2),
        insights("c2", "2026-06-02T14:00", file=2, line=3, status="rescheduled"),
        bookings_list("c2", "2026-06-02 10:00", file=3, status="CANCELLED"),
    )
    assert (found["c1"]["status"], found["c1"]["is_status_certain"]) == ("rejected", True)
    assert found["c2"]["status"] == "rescheduled"


def test_staff_among_cal_com_attendees_are_co_hosts(tables: Tables) -> None:
    """Hosts among the attendees are co-hosts, people without a name are guests, the others are invitees."""
    people = (
        '[{"name": "Dana", "email": "dana@juniperlane.example"}, {"name": "Ada", "email": "ada@example.com"},'
        ' {"name": "", "email": "bo@example.com"}, {"name": "Cy", "email": "cy@example.com"}]'
    )
    meetings_of(tables, insights("c1", "2026-06-01T10:00", attendees=people))
    assert {address: row["role"] for (_, address), row in attendees_of(tables).items()} == {
        "dana@juniperlane.example": "co_host",
        "ada@example.com": "invitee",
        "bo@example.com": "guest",
        "cy@example.com": "invitee",
    }


def test_answers_by_question(tables: Tables) -> None:
    """Answers are kept by question, a question asked twice keeps both."""
    said = '[{"question": "Why?", "answer": "A", "position": 1}, {"question": "Why?", "answer": "B", "position": 2}]'
    meetings_of(tables, calendly("2026-06-01 10:00", event_uuid="e", invitee_uuid="i", answers=said))
    assert attendees_of(tables)["e", "ada@example.com"]["answers"] == '{"Why? (1)":"A","Why? (2)":"B"}'
