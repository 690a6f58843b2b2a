"""Checks of one table find the row they are there to find, and leave a good one alone."""

from calendly_pipeline_tests.conftest import Tables


def test_an_uncertain_status(tables: Tables) -> None:
    """A meeting known only from an Insights file is named, unless it counts elsewhere."""
    uncertain = {"meeting_id": "a", "is_status_certain": False}
    tables.given("meetings.meetings", uncertain, {**uncertain, "meeting_id": "b", "duplicate_of": "c"})
    assert [row["meeting_id"] for row in tables.bad_rows("meetings", "status_is_certain")] == ["a"]


def test_a_duplicate_of_a_duplicate(tables: Tables) -> None:
    """A row that points to one that does not count itself is named."""
    first = {"attendee_id": "a", "duplicate_of": "b"}
    tables.given("meetings.attendees", first, {"attendee_id": "b"})
    assert tables.bad_rows("meetings", "no_duplicate_of_a_duplicate") == []
    tables.given("meetings.attendees", first, {"attendee_id": "b", "duplicate_of": "c"}, {"attendee_id": "c"})
    assert [row["attendee_id"] for row in tables.bad_rows("meetings", "no_duplicate_of_a_duplicate")] == ["a"]


def test_a_file_that_could_not_be_read(tables: Tables) -> None:
    """It is named with what to do."""
    assert tables.bad_rows("sources", "no_rejected_files") == []
    tables.given("sources.rejected_files", {"folder": "calendly", "name": "a.pdf", "reason": "a PDF", "remedy": "CSV"})
    assert [row["name"] for row in tables.bad_rows("sources", "no_rejected_files")] == ["a.pdf"]


def test_an_unknown_zone_label(tables: Tables) -> None:
    """A label that no list holds is named, whatever its letters' case."""
    tables.given("sources.time_zone_labels", {"label": "Eastern Time", "iana": "America/New_York"})
    tables.given("meetings.calendly_exported", {"time_zone_label": "EASTERN time"}, {"time_zone_label": "Moon Time"})
    assert [row["time_zone_label"] for row in tables.bad_rows("meetings", "known_zone_labels")] == ["Moon Time"]


def test_times_out_of_order(tables: Tables) -> None:
    """A meeting booked after it ended, and one cancelled before it was booked, are named."""
    good = {
        "meeting_id": "good",
        "booked_at": "2026-01-01 10:00:00Z",
        "ends_at": "2026-01-02 10:00:00Z",
        "cancelled_at": "2026-01-01 11:00:00Z",
    }
    late = {**good, "meeting_id": "late", "booked_at": "2026-01-03 10:00:00Z", "cancelled_at": None}
    early = {**good, "meeting_id": "early", "cancelled_at": "2025-12-31 10:00:00Z"}
    tables.given("meetings.meetings", good, late, early)
    assert {row["meeting_id"] for row in tables.bad_rows("meetings", "times_are_in_order")} == {"late", "early"}
