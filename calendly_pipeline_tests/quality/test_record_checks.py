"""Checks that span tables find what they are there to find, and nothing on good rows."""

from datetime import date, timedelta
from typing import Any

import pytest

from calendly_pipeline_tests.api_rows import (
    booking,
    event,
    event_body,
    invitee,
    invitee_body,
    live_meetings,
    put,
    told,
)
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.rows import calendly, insights

LOST = "every_record_is_accounted_for"


def good_records(tables: Tables) -> Tables:
    """Bookings of both tools by every route, a row that cannot be used, and an event without a start."""
    put(
        tables,
        calendly("2026-03-03 11:00", event_uuid="e1", invitee_uuid="i1"),
        calendly("2026-03-04 11:00", "", line=3),
        insights("u1", "2026-05-03T15:00"),
        event("e1", "2026-03-03T16:00"),
        invitee("i1", "e1"),
        event("e2", "2026-03-04T16:00", start_time="soon"),
        invitee("i2", "e2"),
        told("invitee.created", invitee_body("i3", "e3"), event_body("e3", "2026-03-05T16:00"), at="2026-03-01T10:00"),
        booking("u2", "2026-05-04T15:00"),
    )
    return tables.run_stage("sources", "meetings")


def test_everything_received_is_accounted_for(tables: Tables) -> None:
    """Rows, records and deliveries that became rows or rejects pass."""
    assert good_records(tables).bad_rows("sources", LOST) == []


@pytest.mark.parametrize(
    ("loss", "kind"),
    [
        ("delete from sources.calendly_rows where line = 2", "row"),
        ("delete from sources.calendly_events where event_id = 'e1'", "event"),
        ("delete from sources.calendly_invitees where invitee_id = 'i3'", "invitee"),
        ("delete from sources.calcom_bookings", "booking"),
        ("delete from sources.calcom_attendees", "attendee"),
        ("delete from sources.rejected_rows where line = 3", "rejected"),
        ("delete from sources.rejected_rows where row_id like '%event:e2'", "rejected"),
    ],
)
def test_what_was_received_and_is_nowhere(tables: Tables, loss: str, kind: str) -> None:
    """A row, a record, a delivery or a reject that vanished is named."""
    good_records(tables).connection.execute(loss)
    assert [row["kind"] for row in tables.bad_rows("sources", LOST)] == [kind]


def test_one_meeting_in_both_tools_counts_once(tables: Tables) -> None:
    """A meeting that both tools hold passes while one of its rows is marked, and is named when none is."""
    live_meetings(tables, calendly("2026-05-03 11:00"), insights("u1", "2026-05-03T15:00"))
    assert tables.bad_rows("meetings", "no_meeting_counts_in_both_tools") == []
    tables.connection.execute("update meetings.attendees set duplicate_of = null")
    (found,) = tables.bad_rows("meetings", "no_meeting_counts_in_both_tools")
    assert len(found["attendee_ids"]) == 2


@pytest.mark.parametrize(("hours_off", "named"), [(0, []), (1, ["starts_at"])])
def test_routes_that_disagree(tables: Tables, hours_off: int, named: list[str]) -> None:
    """An export that begins an hour off everywhere is named by the field; one that agrees is not."""
    rows: list[Any] = []
    for day in range(1, 25):
        start = f"2026-03-{day:02}T{16 if day < 8 else 15}:00"  # clocks change on the 8th
        rows += [
            calendly(f"2026-03-{day:02} {11 + hours_off}:00", event_uuid=f"e{day}", invitee_uuid=f"i{day}", line=day),
            event(f"e{day}", start),
            invitee(f"i{day}", f"e{day}"),
        ]
    live_meetings(tables, *rows)
    assert [row["field"] for row in tables.bad_rows("meetings", "routes_agree")] == named


def weeks_of_meetings(tables: Tables, last_week: int, holidays: tuple[date, ...] = ()) -> Tables:
    """Ten covered weeks with four meetings a working day, `last_week` a day in the last of them, none on holidays."""
    days = [date(2026, 4, 19) + timedelta(days=number) for number in range(70)]
    head = {"platform": "calendly", "account": "default"}
    tables.given("meetings.coverage", *({**head, "day": day, "route": "csv", "is_covered": True} for day in days))
    meetings = []
    for day in days:
        count = last_week if day > days[-8] else 4
        if day.isoweekday() <= 5 and day not in holidays:
            meetings += [
                {**head, "meeting_id": f"{day}/{nth}", "starts_at": f"{day} 15:00:00Z"} for nth in range(count)
            ]
    return tables.given("meetings.meetings", *meetings)


@pytest.mark.parametrize(("last_week", "is_named"), [(4, False), (2, False), (1, True), (13, True)])
def test_a_week_with_far_fewer_or_more_meetings(tables: Tables, last_week: int, is_named: bool) -> None:
    """A week at half its usual volume passes; a quarter or three times as much is named."""
    found = weeks_of_meetings(tables, last_week).bad_rows("meetings", "volume_is_usual")
    assert bool(found) == is_named


def test_holidays_are_no_alarm(tables: Tables) -> None:
    """Two holidays in the last week, and others in the weeks before, pass."""
    holidays = (date(2026, 6, 25), date(2026, 6, 26), date(2026, 5, 25), date(2026, 6, 19))
    assert weeks_of_meetings(tables, 4, holidays).bad_rows("meetings", "volume_is_usual") == []


def test_a_young_firm_is_not_judged(tables: Tables) -> None:
    """With less than eight weeks before, nothing is said."""
    weeks_of_meetings(tables, 1).connection.execute("delete from meetings.coverage where day < date '2026-05-03'")
    assert tables.bad_rows("meetings", "volume_is_usual") == []
