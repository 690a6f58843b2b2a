"""What became of a meeting."""

from typing import Any

import pytest

from calendly_pipeline_tests.conftest import Tables, utc
from calendly_pipeline_tests.rows import attendees_of, calendly, insights, meetings_of


@pytest.mark.parametrize(
    ("start", "cells", "status"),
    [
        ("2026-06-29 10:00", {}, "completed"),
        ("2026-06-30 07:30", {}, "completed"),
        ("2026-06-30 09:00", {}, "confirmed"),
        ("2026-06-30 07:45", {"end_date_time": "2026-06-30 08:15"}, "confirmed"),
        ("2026-06-30 07:30", {"end_date_time": "2026-06-30 08:00"}, "completed"),
        ("2026-06-29 10:00", {"marked_as_no_show": "Yes"}, "no_show"),
        ("2026-06-29 10:00", {"canceled": "true"}, "cancelled"),
        ("2026-07-09 10:00", {"canceled": "TRUE"}, "cancelled"),
    ],
)
def test_status_of_a_single_booking(tables: Tables, start: str, cells: dict[str, Any], status: str) -> None:
    """A booking's status follows from its cells and the clock."""
    found = meetings_of(tables, calendly(start, event_uuid="e1", invitee_uuid="i1", **cells))
    assert found["e1"]["status"] == status


def test_group_meeting_is_held_per_person(tables: Tables) -> None:
    """In a group, one cancelling and one staying away leave the meeting held for the others only."""
    found = meetings_of(
        tables,
        calendly("2026-06-01 10:00", "a@example.com", event_uuid="g", invitee_uuid="1", line=2),
        calendly("2026-06-01 10:00", "b@example.com", event_uuid="g", invitee_uuid="2", line=3, canceled="true"),
        calendly(
            "2026-06-01 10:00", "c@example.com", event_uuid="g", invitee_uuid="3", line=4, marked_as_no_show="Yes"
        ),
    )
    people = attendees_of(tables)
    assert found["g"]["status"] == "completed"
    assert [people["g", f"{who}@example.com"]["is_held"] for who in "abc"] == [True, False, False]
    assert people["g", "b@example.com"]["status"] == "cancelled"


def test_group_meeting_where_everybody_is_absent_is_a_no_show(tables: Tables) -> None:
    """A group meeting is a no-show only when every active invitee was absent."""
    found = meetings_of(
        tables,
        calendly(
            "2026-06-01 10:00", "a@example.com", event_uuid="g", invitee_uuid="1", line=2, marked_as_no_show="Yes"
        ),
        calendly("2026-06-01 10:00", "b@example.com", event_uuid="g", invitee_uuid="2", line=3, canceled="true"),
    )
    assert found["g"]["status"] == "no_show"


def test_host_absence_is_a_no_show_nobody_held(tables: Tables) -> None:
    """When the host stayed away nobody held the meeting."""
    found = meetings_of(tables, insights("c1", "2026-06-01T10:00", no_show_host="true"))
    assert found["c1"]["status"] == "no_show"
    assert not attendees_of(tables)["c1", "ada@example.com"]["is_held"]


def test_insights_alone_leaves_a_past_status_uncertain(tables: Tables) -> None:
    """A past meeting known only from an Insights file is counted, and marked uncertain."""
    found = meetings_of(tables, insights("c1", "2026-06-01T10:00"), insights("c2", "2026-07-20T10:00", line=3))
    assert (found["c1"]["status"], found["c1"]["is_status_certain"]) == ("completed", False)
    assert (found["c2"]["status"], found["c2"]["is_status_certain"]) == ("confirmed", True)


def test_no_show_is_unknown_without_the_column(tables: Tables) -> None:
    """A file without the no-show column says nothing about no-shows."""
    meetings_of(tables, calendly("2026-06-01 10:00", event_uuid="e", invitee_uuid="i", marked_as_no_show=None))
    assert attendees_of(tables)["e", "ada@example.com"]["is_no_show"] is None


def test_times_are_instants(tables: Tables) -> None:
    """Local times become UTC by the account's zone, on both sides of a clock change."""
    found = meetings_of(
        tables,
        calendly("2026-03-07 10:00", event_uuid="before", invitee_uuid="1", line=2),
        calendly("2026-03-09 10:00", event_uuid="after", invitee_uuid="2", line=3),
        calendly("2025-11-02 01:30", event_uuid="twice", invitee_uuid="3", line=4),
        calendly("2026-03-08 02:30", event_uuid="never", invitee_uuid="4", line=5),
    )
    assert found["before"]["starts_at"] == utc("2026-03-07T15:00")
    assert found["after"]["starts_at"] == utc("2026-03-09T14:00")
    assert found["twice"]["starts_at"] == utc("2025-11-02T05:30")
    assert found["never"]["starts_at"] == utc("2026-03-08T07:30")
    assert {row["clock_change"] for row in tables.bad_rows("sources", "clock_changes_settled_by_rule")} == {
        "repeated",
        "skipped",
    }
