"""The tables for the firm as a whole: weeks, event types, hosts."""

from typing import Any

from calendly_pipeline_tests.conftest import Tables, day
from calendly_pipeline_tests.metrics.given import Firm

STATUSES = ("completed", "completed", "no_show", "cancelled", "rescheduled", "confirmed", "pending", "rejected")


def busy_firm(tables: Tables) -> Firm:
    """Meetings of every status over two weeks, types and hosts, and one duplicate of the other tool."""
    firm = Firm(tables)
    for number, status in enumerate(STATUSES * 3):
        host = {} if number % 2 else {"host_email": "max@juniperlane.example", "host_name": "Max Host"}
        kind = "planning" if number % 3 else "check_in"
        firm.meeting(f"m{number}", f"2026-05-{1 + number % 14:02}T14:00", status, kind=kind, **host)
    firm.meeting("nameless", "2026-05-04T14:00", who=None, event_type_name=None, host_email=None, host_name=None)
    firm.meeting("twin", "2026-05-01T14:00", duplicate_of="m0", platform="calcom")
    firm.run()
    return firm


def total(tables: Tables, column: str, table: str) -> Any:
    """Sum of a column."""
    return tables.rows(f"select sum({column})::integer as total from metrics.{table}")[0]["total"]


def test_no_meeting_is_lost_or_doubled(tables: Tables) -> None:
    """All three tables add up to the meetings, less rejected requests and duplicates of the other tool."""
    busy_firm(tables)
    expected = {"held": 7, "no_show": 3, "cancelled": 3, "rescheduled": 3}
    for outcome, count in expected.items():
        assert total(tables, f"{outcome}_count", "weekly_meetings") == count
        assert total(tables, f"{outcome}_count", "event_type_outcomes") == count
    assert total(tables, "upcoming_count", "weekly_meetings") == 6
    assert total(tables, "meetings_count", "weekly_meetings") == 22
    assert total(tables, "booked_count", "event_type_outcomes") == 22
    assert total(tables, "held_count", "host_load") == 7
    assert total(tables, "held_minutes", "host_load") == 7 * 30
    assert total(tables, "upcoming_count", "host_load") == 3


def test_outcomes_of_a_week_add_up(tables: Tables) -> None:
    """In every row of the weeks the outcomes are all the meetings there are."""
    busy_firm(tables)
    for row in tables.rows("metrics.weekly_meetings"):
        parts = ("held", "no_show", "cancelled", "rescheduled", "upcoming")
        assert row["meetings_count"] == sum(row[f"{part}_count"] for part in parts)


def test_weeks_begin_on_the_firms_monday(tables: Tables) -> None:
    """A meeting late on a Sunday evening in the firm's zone belongs to the week before."""
    Firm(tables).meeting("sunday", "2026-05-04T03:30").meeting("monday", "2026-05-04T04:30").run()
    assert {row["week_on"] for row in tables.rows("metrics.weekly_meetings")} == {day("2026-04-27"), day("2026-05-04")}
    assert {row["week_on"] for row in tables.rows("metrics.host_load")} == {day("2026-04-27"), day("2026-05-04")}


def test_rates_are_shares_of_what_is_settled(tables: Tables) -> None:
    """Rates leave moves and coming meetings aside and add up to one; with nothing settled they are blank."""
    firm = (
        Firm(tables)
        .meeting("a", "2026-05-01T14:00")
        .meeting("b", "2026-05-02T14:00")
        .meeting("c", "2026-05-03T14:00", "no_show")
    )
    firm.meeting("d", "2026-05-04T14:00", "cancelled").meeting("e", "2026-05-05T14:00", "rescheduled")
    firm.meeting("f", "2026-08-05T14:00", "confirmed").meeting(
        "g", "2026-08-05T14:00", "confirmed", kind="planning"
    ).run()
    rows = {row["event_type_name"]: row for row in tables.rows("metrics.event_type_outcomes")}
    row = rows["check_in"]
    assert (row["held_rate"], row["no_show_rate"], row["cancelled_rate"]) == (0.5, 0.25, 0.25)
    assert row["rescheduled_rate"] == 1 / 6
    assert rows["planning"]["held_rate"] is None


def test_unknown_hosts_and_types_are_shown_as_unknown(tables: Tables) -> None:
    """A meeting without a host or an event type has its place under `unknown`."""
    busy_firm(tables)
    assert [row["held_count"] for row in tables.rows("metrics.host_load") if row["host_email"] == "unknown"] == [1]
    assert [
        row["booked_count"] for row in tables.rows("metrics.event_type_outcomes") if row["event_type_name"] == "unknown"
    ] == [1]


def test_a_refused_request_is_no_load(tables: Tables) -> None:
    """A host, a week or an event type that knows rejected requests alone has no row."""
    Firm(tables).meeting("m", "2026-05-01T14:00", "rejected").run()
    for table in ("weekly_meetings", "event_type_outcomes", "host_load"):
        assert tables.rows(f"metrics.{table}") == []
