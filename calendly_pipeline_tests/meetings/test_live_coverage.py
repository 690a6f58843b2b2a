"""Which days the API's pulls vouch for, beside the files."""

from datetime import date
from typing import Any

import pytest

from calendly_pipeline.settings import Settings
from calendly_pipeline.summary import gaps
from calendly_pipeline_tests.api_rows import Row, event, event_body, invitee, invitee_body, live_meetings, pull, told
from calendly_pipeline_tests.conftest import Tables, day
from calendly_pipeline_tests.rows import calendly

NEW_YORK = Settings.model_validate({"firm": {"time_zone": "America/New_York"}})


def days(tables: Tables, *rows: Row | list[Row], zone: str = "UTC", **run: Any) -> dict[tuple[str, str], Row]:
    """Coverage by route and day as ISO text."""
    settings = Settings.model_validate({"firm": {"time_zone": zone}})
    live_meetings(tables, *rows, settings=settings, **run)
    return {(row["route"], row["day"].isoformat()): row for row in tables.rows("meetings.coverage")}


def covered(found: dict[tuple[str, str], Row], route: str = "api") -> tuple[str, str]:
    """First and last day a route vouches for; there is nothing uncovered between."""
    named = sorted(name for (by, name), row in found.items() if by == route and row["is_covered"])
    assert (date.fromisoformat(named[-1]) - date.fromisoformat(named[0])).days == len(named) - 1
    return named[0], named[-1]


def booked(name: str, start: str) -> list[Row]:
    """A booking by API."""
    return [event(f"E{name}", start), invitee(f"I{name}", f"E{name}")]


@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [
        ("UTC", "2026-01-01", "2026-01-31"),
        ("America/New_York", "2026-01-01", "2026-01-30"),
        ("Asia/Tokyo", "2026-01-02", "2026-01-31"),
    ],
)
def test_a_pull_vouches_for_whole_days_of_its_window(tables: Tables, zone: str, first: str, last: str) -> None:
    """Months are cut in UTC; a day of the firm's zone counts when all of it was listed."""
    found = days(tables, pull("2026-01-01", "2026-02-01", "2026-03-01"), zone=zone)
    assert covered(found) == (first, last)


def test_windows_that_touch_make_one(tables: Tables) -> None:
    """The day between two months is covered once both were pulled, in any order and in several runs."""
    pulls = [
        pull("2026-02-01", "2026-03-01", "2026-03-05"),
        pull("2026-01-01", "2026-02-01", "2026-04-01"),
        pull("2026-01-01", "2026-02-01", "2026-03-01"),
    ]
    assert covered(days(tables, pulls, zone="America/New_York")) == ("2026-01-01", "2026-02-27")


@pytest.mark.parametrize(
    ("finished", "as_of", "last"),
    [
        ("2026-01-20T12:00", "2026-06-30T00:00", "2026-01-20"),
        ("2026-03-01T12:00", "2026-01-10T12:00", "2026-01-10"),
    ],
)
def test_no_pull_vouches_for_the_future(tables: Tables, finished: str, as_of: str, last: str) -> None:
    """What was listed ahead may still change: nothing past the day the pull finished, nor past the run's clock."""
    found = days(tables, pull("2026-01-01", "2026-07-01", finished), as_of=as_of)
    assert max(name for _, name in found) == last


def test_a_gap_is_a_day_no_route_vouches_for(tables: Tables) -> None:
    """A hole of the files that a pull covers is no gap; what neither covers is, with its length."""
    files = [
        calendly("2026-01-01 10:00", "a@example.com", line=2),
        calendly("2026-01-05 10:00", "b@example.com", line=3),
        calendly("2026-01-20 10:00", "c@example.com", file=2),
    ]
    found = days(tables, files, pull("2026-01-06", "2026-01-11", "2026-03-01"))
    gap = {name: row["gap_days"] for (route, name), row in found.items() if row["gap_days"] and route == "api"}
    assert gap == dict.fromkeys([f"2026-01-{number}" for number in range(11, 20)], 9)
    assert not found["csv", "2026-01-07"]["is_covered"]
    assert found["csv", "2026-01-07"]["gap_days"] is None
    assert gaps(tables.connection) == [("calendly", "default", day("2026-01-11"), day("2026-01-19"), 9)]
    assert [(row["first_day"], row["gap_days"]) for row in tables.bad_rows("meetings", "no_coverage_gaps")] == [
        (day("2026-01-11"), 9)
    ]
    for since, first in {"2026-01-11": ["2026-01-11"], "2026-01-15": ["2026-01-15"], "2026-01-20": []}.items():
        settings = Settings.model_validate({"coverage": {"since": since}})
        left = tables.bad_rows("meetings", "no_coverage_gaps", settings)
        assert [str(row["first_day"]) for row in left] == first


def test_meetings_are_counted_per_route(tables: Tables) -> None:
    """A day names how many of its meetings each route knows."""
    rows = [*booked("1", "2026-01-05T15:00"), *booked("2", "2026-01-05T16:00")]
    export = calendly("2026-01-05 10:00", event_uuid="e1", invitee_uuid="i1")
    found = days(tables, rows, export, pull("2026-01-01", "2026-02-01", "2026-03-01"), zone="America/New_York")
    assert (found["api", "2026-01-05"]["meetings"], found["csv", "2026-01-05"]["meetings"]) == (2, 1)


def test_webhooks_vouch_for_nothing(tables: Tables) -> None:
    """A delivery that never came leaves no trace, so no day is covered by those that did."""
    came = told(
        "invitee.created", invitee_body("I1", "E1"), event_body("E1", "2026-01-05T15:00"), at="2026-01-02T14:00"
    )
    assert days(tables, came) == {}


@pytest.mark.parametrize(
    ("rows", "through", "holes"),
    [
        ([pull("2026-01-01", "2026-09-01", "2026-06-29T09:00")], "2026-06-29", 0),
        (
            [pull("2026-01-01", "2026-02-01", "2026-06-29"), pull("2026-03-01", "2026-09-01", "2026-06-29")],
            "2026-01-30",
            29,
        ),
        ([calendly("2025-12-20 10:00"), pull("2026-01-01", "2026-09-01", "2026-06-29")], "2025-12-20", 11),
    ],
    ids=["API alone", "a hole between pulls", "a hole between file and pull"],
)
def test_an_account_by_api_has_a_date_its_data_reach_to(
    tables: Tables, rows: list[Row], through: str, holes: int
) -> None:
    """The last day before the first gap, whichever route vouches; an account without files has one too."""
    live_meetings(tables, *rows, settings=NEW_YORK)
    tables.run("metrics.data_through", settings=NEW_YORK)
    (account,) = tables.rows("metrics.data_through")
    assert (account["platform"], account["data_through_on"], account["gap_days_count"]) == (
        "calendly",
        day(through),
        holes,
    )


def test_pulls_without_a_window_vouch_for_nothing(tables: Tables) -> None:
    """A pull of what has no start, or one that ends before it begins, covers no day."""
    rows = [
        {**pull("2026-01-01", "2026-02-01", "2026-03-01"), "from_at": None, "to_at": None},
        {**pull("2026-01-01", "2026-02-01", "2026-03-02"), "finished_at": None},
        pull("2026-02-01", "2026-01-01", "2026-03-03"),
        pull("2026-06-01", "2026-07-01", "2026-03-03"),
    ]
    assert days(tables, rows) == {}
