"""One meeting in both tools during the migration counts once."""

from typing import Any

import pytest

from calendly_pipeline.settings import Settings
from calendly_pipeline_tests.conftest import Tables, utc
from calendly_pipeline_tests.rows import attendees_of, bookings_list, calendly, insights, meetings_of

SLOT = "2026-04-20 10:00"
SAME = "2026-04-20T14:00"


def k(**cells: Any) -> dict[str, Any]:
    """The booking in Calendly."""
    return calendly(SLOT, event_uuid="k", invitee_uuid="1", **cells)


@pytest.mark.parametrize(
    ("calendly_cells", "calcom_cells", "counts"),
    [
        ({}, {}, "c"),
        ({"canceled": "true"}, {}, "c"),
        ({}, {"status": "cancelled"}, "k"),
        ({"canceled": "true"}, {"status": "cancelled"}, "c"),
    ],
)
def test_the_row_that_counts(tables: Tables, calendly_cells: dict, calcom_cells: dict, counts: str) -> None:
    """Active before cancelled, then Cal.com; the other row is a duplicate whatever its status."""
    found = meetings_of(tables, k(**calendly_cells), insights("c", SAME, **calcom_cells))
    other = {"c": "k", "k": "c"}[counts]
    assert found[counts]["duplicate_of"] is None
    assert found[other]["duplicate_of"] == found[counts]["meeting_id"]


def test_earliest_booking_and_no_show_carry_over(tables: Tables) -> None:
    """The row that counts keeps the earliest booking time and any no-show mark."""
    found = meetings_of(tables, k(marked_as_no_show="Yes"), insights("c", SAME))
    assert found["c"]["status"] == "no_show"
    assert found["c"]["booked_at"] == utc("2026-01-02T14:00")
    assert attendees_of(tables)["c", "ada@example.com"]["is_no_show"] is True


def test_another_host_is_another_meeting(tables: Tables) -> None:
    """Two hosts at one time are two meetings, unless one address is the other's alias."""
    rows = (k(), insights("c", SAME, host_email="dana@old.example"))
    assert meetings_of(tables, *rows)["k"]["duplicate_of"] is None
    settings = Settings.model_validate(
        {
            "firm": {"time_zone": "America/New_York"},
            "hosts": {"aliases": {"Dana@old.example": "dana@juniperlane.example"}},
        }
    )
    assert meetings_of(tables, *rows, settings=settings)["k"]["duplicate_of"] == "calcom:c"


def test_unknown_host_matches_a_single_candidate(tables: Tables) -> None:
    """The bookings list knows no host: one candidate is taken, two are a conflict."""
    single = meetings_of(tables, k(), bookings_list("c", SLOT))
    assert single["k"]["duplicate_of"] == "calcom:c"
    other = calendly(SLOT, event_uuid="k2", invitee_uuid="2", line=3, user_email="max@juniperlane.example")
    several = meetings_of(tables, k(), other, bookings_list("c", SLOT))
    assert [several[name]["duplicate_of"] for name in ("k", "k2", "c")] == [None, None, None]
    assert {row["meeting_id"] for row in tables.rows("meetings.conflicts")} == {"calendly:k", "calendly:k2"}


def test_another_start_is_another_meeting(tables: Tables) -> None:
    """Both links live and two times chosen: two meetings."""
    found = meetings_of(tables, k(), insights("c", "2026-04-21T14:00"))
    assert {row["duplicate_of"] for row in found.values()} == {None}


def test_a_chain_in_cal_com_counts_by_its_end(tables: Tables) -> None:
    """A meeting re-created in Cal.com and moved there does not come back through the old Calendly row."""
    found = meetings_of(
        tables,
        k(),
        insights("c1", SAME, line=2, status="rescheduled"),
        insights("c2", "2026-04-23T14:00", line=3, created_at="2026-03-05T09:00:00.000Z"),
    )
    assert found["k"]["duplicate_of"] == "calcom:c1"
    assert (found["c1"]["status"], found["c2"]["status"]) == ("rescheduled", "completed")


def test_imported_uid_gives_the_pair_away(tables: Tables) -> None:
    """An importer that keeps Calendly's UUID is believed, host and all."""
    uuid = "aaaaaaaa-0000-4000-8000-000000000001"
    row = calendly(SLOT, event_uuid=uuid, invitee_uuid="1")
    found = meetings_of(tables, row, insights(f"{uuid}42", SAME, host_email="importer@example.com"))
    assert found[uuid]["duplicate_of"] == f"calcom:{uuid}42"


def test_group_duplicates_are_per_person(tables: Tables) -> None:
    """Of a group only the people found in the other tool are duplicates; the meeting still counts for the rest."""
    found = meetings_of(
        tables,
        k(),
        calendly(SLOT, "b@example.com", event_uuid="k", invitee_uuid="2", line=3),
        insights("c", SAME),
    )
    people = attendees_of(tables)
    assert found["k"]["duplicate_of"] is None
    assert people["k", "ada@example.com"]["duplicate_of"] == people["c", "ada@example.com"]["attendee_id"]
    assert people["k", "b@example.com"]["duplicate_of"] is None
