"""A moved booking is two rows in one chain."""

from typing import Any

import pytest

from calendly_pipeline.settings import Settings
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.rows import attendees_of, calendly, insights, meetings_of

MOVED: dict[str, Any] = {"canceled": "true", "canceled_by": "Ada Example"}


def booked(day: int) -> dict[str, Any]:
    """A booking made on a day of January 2026."""
    return {"event_created_date_time": f"2026-01-{day:02} 09:00"}


def test_cancelled_and_booked_again_before_the_start_is_a_move(tables: Tables) -> None:
    """A cancelled row and one later booking of the same person, host and type is a move, across months too."""
    found = meetings_of(
        tables,
        calendly("2026-02-27 10:00", event_uuid="old", invitee_uuid="1", line=2, **MOVED, **booked(2)),
        calendly("2026-03-05 10:00", event_uuid="new", invitee_uuid="2", line=3, **booked(20)),
    )
    assert (found["old"]["status"], found["new"]["status"]) == ("rescheduled", "completed")
    assert found["old"]["rescheduled_to_id"] == "calendly:new"
    assert found["new"]["rescheduled_from_id"] == "calendly:old"
    assert found["new"]["chain_id"] == "calendly:old"
    assert (found["new"]["reschedule_count"], found["new"]["reschedule_evidence"]) == (1, "inferred")
    assert found["old"]["cancelled_by"] is None


def test_move_of_a_moved_meeting(tables: Tables) -> None:
    """Twice moved is one chain of three, counted twice."""
    found = meetings_of(
        tables,
        calendly("2026-02-10 10:00", event_uuid="a", invitee_uuid="1", line=2, **MOVED, **booked(2)),
        calendly("2026-02-20 10:00", event_uuid="b", invitee_uuid="2", line=3, **MOVED, **booked(5)),
        calendly("2026-03-05 10:00", event_uuid="c", invitee_uuid="3", line=4, **booked(9)),
    )
    assert [found[name]["reschedule_count"] for name in "abc"] == [0, 1, 2]
    assert {found[name]["chain_id"] for name in "abc"} == {"calendly:a"}
    assert [found[name]["status"] for name in "abc"] == ["rescheduled", "rescheduled", "completed"]


@pytest.mark.parametrize(
    "other",
    [
        {"event_type_name": "Discovery Call"},
        {"user_email": "else@juniperlane.example"},
        {"invitee_email": "bob@example.com"},
        {"event_created_date_time": "2026-02-28 09:00"},
        {"event_created_date_time": "2026-01-01 09:00"},
    ],
)
def test_what_is_no_move(tables: Tables, other: dict[str, str]) -> None:
    """Another type, host or person, or a booking made too late or before, is a cancellation and a booking."""
    found = meetings_of(
        tables,
        calendly("2026-02-27 10:00", event_uuid="old", invitee_uuid="1", line=2, **MOVED, **booked(2)),
        {**calendly("2026-03-05 10:00", event_uuid="new", invitee_uuid="2", line=3, **booked(20)), **other},
    )
    assert found["old"]["status"] == "cancelled"
    assert found["new"]["rescheduled_from_id"] is None


def test_two_successors_leave_both_as_they_are(tables: Tables) -> None:
    """With two later bookings that both stand, nothing is taken for a move."""
    found = meetings_of(
        tables,
        calendly("2026-02-27 10:00", event_uuid="old", invitee_uuid="1", line=2, **MOVED, **booked(2)),
        calendly("2026-03-05 10:00", event_uuid="n1", invitee_uuid="2", line=3, **booked(10)),
        calendly("2026-03-06 10:00", event_uuid="n2", invitee_uuid="3", line=4, **booked(11)),
    )
    assert found["old"]["status"] == "cancelled"
    assert tables.rows("meetings.moves") == []


def test_two_predecessors_leave_all_as_they_are(tables: Tables) -> None:
    """Of two bookings made at one moment and both cancelled, neither is taken for the one that was moved."""
    found = meetings_of(
        tables,
        calendly("2026-02-27 10:00", event_uuid="o1", invitee_uuid="1", line=2, **MOVED, **booked(2)),
        calendly("2026-02-28 10:00", event_uuid="o2", invitee_uuid="2", line=3, **MOVED, **booked(2)),
        calendly("2026-03-05 10:00", event_uuid="new", invitee_uuid="3", line=4, **booked(20)),
    )
    assert [found[name]["status"] for name in ("o1", "o2", "new")] == ["cancelled", "cancelled", "completed"]
    assert tables.rows("meetings.moves") == []


def test_one_of_a_group_moves(tables: Tables) -> None:
    """A person who moves out of a group leaves the meeting standing; the move is theirs alone."""
    found = meetings_of(
        tables,
        calendly("2026-02-27 10:00", "a@example.com", event_uuid="g1", invitee_uuid="1", line=2, **MOVED, **booked(2)),
        calendly("2026-02-27 10:00", "b@example.com", event_uuid="g1", invitee_uuid="2", line=3, **booked(3)),
        calendly("2026-03-05 10:00", "a@example.com", event_uuid="g2", invitee_uuid="3", line=4, **booked(20)),
        calendly("2026-03-05 10:00", "c@example.com", event_uuid="g2", invitee_uuid="4", line=5, **booked(1)),
    )
    people = attendees_of(tables)
    assert (found["g1"]["status"], found["g1"]["is_rescheduled"], found["g2"]["rescheduled_from_id"]) == (
        "completed",
        False,
        None,
    )
    assert people["g1", "a@example.com"]["status"] == "rescheduled"
    assert people["g1", "a@example.com"]["rescheduled_to_id"] == "calendly:g2"
    assert people["g2", "a@example.com"]["reschedule_count"] == 1
    assert people["g2", "c@example.com"]["reschedule_count"] == 0


def test_cal_com_says_what_was_moved(tables: Tables) -> None:
    """Insights names the moved row; its successor is found, and a true cancellation finds none."""
    found = meetings_of(
        tables,
        insights("c1", "2026-05-01T10:00", line=2, status="rescheduled", created_at="2026-04-01T09:00:00.000Z"),
        insights("c2", "2026-05-08T10:00", line=3, created_at="2026-04-05T09:00:00.000Z"),
        insights(
            "d1",
            "2026-05-01T12:00",
            "bo@example.com",
            line=4,
            status="cancelled",
            created_at="2026-04-01T09:00:00.000Z",
        ),
        insights("d2", "2026-05-08T12:00", "bo@example.com", line=5, created_at="2026-04-05T09:00:00.000Z"),
    )
    assert [found[uid]["status"] for uid in ("c1", "c2", "d1", "d2")] == [
        "rescheduled",
        "completed",
        "cancelled",
        "completed",
    ]
    assert found["c1"]["rescheduled_to_id"] == "calcom:c2"


def test_cal_com_links_in_the_file(tables: Tables) -> None:
    """A file with reschedule uids gives linked moves."""
    found = meetings_of(
        tables,
        insights("c1", "2026-05-01T10:00", line=2, status="rescheduled"),
        insights("c2", "2026-05-08T10:00", line=3, rescheduled_from_uid="c1"),
    )
    assert (found["c2"]["rescheduled_from_id"], found["c2"]["reschedule_evidence"]) == ("calcom:c1", "linked")


@pytest.mark.parametrize(("days", "moved"), [(2, True), (8, False)])
def test_move_to_the_other_tool(tables: Tables, days: int, moved: bool) -> None:
    """Cancelled there and booked here at another time within the days set is a move, not a duplicate."""
    found = meetings_of(
        tables,
        calendly(
            "2026-04-20 10:00", event_uuid="k", invitee_uuid="1", **MOVED, event_created_date_time="2026-04-01 09:00"
        ),
        insights("c", "2026-04-27T14:00", created_at=f"2026-04-{1 + days:02}T13:00:00.000Z"),
    )
    assert found["k"]["status"] == ("rescheduled" if moved else "cancelled")
    assert found["c"]["chain_id"] == ("calendly:k" if moved else "calcom:c")
    assert found["k"]["duplicate_of"] is None


def test_migration_days_are_a_setting(tables: Tables) -> None:
    """`meetings.migration_move_days` widens the window."""
    settings = Settings.model_validate(
        {"firm": {"time_zone": "America/New_York"}, "meetings": {"migration_move_days": 10}}
    )
    found = meetings_of(
        tables,
        calendly(
            "2026-04-20 10:00", event_uuid="k", invitee_uuid="1", **MOVED, event_created_date_time="2026-04-01 09:00"
        ),
        insights("c", "2026-04-27T14:00", created_at="2026-04-09T13:00:00.000Z"),
        settings=settings,
    )
    assert found["k"]["status"] == "rescheduled"
