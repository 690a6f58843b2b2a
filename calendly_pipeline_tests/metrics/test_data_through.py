"""Up to which day the cards can be trusted."""

from typing import Any

from calendly_pipeline_tests.conftest import Tables, day
from calendly_pipeline_tests.metrics.given import Firm, covered, settings

GAP = ("2026-02-01", "2026-02-02", "2026-02-03")


def through(tables: Tables, *coverage: dict[str, Any], **named: Any) -> tuple[Any, int]:
    """The day and the number of gap days on a card."""
    firm = Firm(tables)
    firm.coverage = list(coverage)
    card = firm.card(settings(**named))
    return card["meeting_data_through_on"], card["coverage_gap_days_count"]


def test_a_gap_ends_what_is_vouched_for(tables: Tables) -> None:
    """Data reach to the day before the first gap, however far later files go; the gap's days are counted."""
    assert through(tables, *covered("2026-01-01", "2026-06-30")) == (day("2026-06-30"), 0)
    assert through(tables, *covered("2026-01-01", "2026-06-30", gap=GAP)) == (day("2026-01-31"), 3)
    (row,) = tables.rows("metrics.data_through")
    assert (row["last_day"], row["is_in_service"]) == (day("2026-06-30"), True)


def test_any_route_that_covers_a_day_will_do(tables: Tables) -> None:
    """A day one route misses is no gap when another has it."""
    other = {"platform": "calendly", "account": "default", "route": "api", "is_covered": True}
    rows = [*covered("2026-01-01", "2026-06-30", gap=GAP), *({**other, "day": day(name)} for name in GAP)]
    assert through(tables, *rows) == (day("2026-06-30"), 0)


def test_a_day_between_two_routes_is_a_gap(tables: Tables) -> None:
    """Days that no route speaks of at all end what is vouched for, like days a route knows it has not."""
    later = [{**row, "route": "api"} for row in covered("2026-03-04", "2026-06-30")]
    assert through(tables, *covered("2026-01-01", "2026-02-28"), *later) == (day("2026-02-28"), 3)
    assert through(tables, *covered("2026-01-01", "2026-03-03"), *later) == (day("2026-06-30"), 0)


def test_the_oldest_account_decides(tables: Tables) -> None:
    """With several accounts in service the card's day is the earliest of theirs."""
    rows = [*covered("2026-01-01", "2026-06-30"), *covered("2026-05-01", "2026-06-20", "calcom")]
    assert through(tables, *rows) == (day("2026-06-20"), 0)
    rows += covered("2026-01-01", "2026-03-31", account="second")
    assert through(tables, *rows) == (day("2026-03-31"), 0)


def test_an_account_out_of_service_no_longer_counts(tables: Tables) -> None:
    """After its `until` an account holds nothing back; on its last day it still does."""
    rows = [*covered("2026-01-01", "2026-04-30", gap=GAP), *covered("2026-05-01", "2026-06-20", "calcom")]
    assert through(tables, *rows, calendly={"accounts": [{"until": "2026-06-29"}]}) == (day("2026-06-20"), 0)
    assert through(tables, *rows, calendly={"accounts": [{"until": "2026-06-30"}]}) == (day("2026-01-31"), 3)


def test_with_no_account_in_service_all_of_them_speak(tables: Tables) -> None:
    """When every account has ended the last days of all are looked at, so that a card never goes without."""
    rows = covered("2026-01-01", "2026-04-30")
    assert through(tables, *rows, calendly={"accounts": [{"until": "2026-04-30"}]}) == (day("2026-04-30"), 0)


def test_a_named_account_without_files_leaves_the_day_unknown(tables: Tables) -> None:
    """An account that pipeline.toml names and no file speaks of: nothing vouches for it, so the card says nothing."""
    named = {"accounts": [{"name": "default"}]}
    assert through(tables, *covered("2026-01-01", "2026-06-30"), calcom=named) == (None, 0)
    assert [row["data_through_on"] for row in tables.rows("metrics.data_through")] == [None, day("2026-06-30")]


def test_a_tool_nobody_named_and_without_files_is_not_in_use(tables: Tables) -> None:
    """A tool without files and settings does not hold the day back; without any file the day is unknown."""
    assert through(tables, *covered("2026-01-01", "2026-06-30")) == (day("2026-06-30"), 0)
    assert len(tables.rows("metrics.data_through")) == 1
    assert through(tables) == (None, 0)


def test_accepted_gaps(tables: Tables) -> None:
    """Gap days before coverage.since are accepted; one on that day is not."""
    rows = covered("2026-01-01", "2026-06-30", gap=GAP)
    assert through(tables, *rows, coverage={"since": "2026-02-04"}) == (day("2026-06-30"), 0)
    assert through(tables, *rows, coverage={"since": "2026-02-03"}) == (day("2026-02-02"), 1)


def test_an_account_that_ends_before_since_still_counts(tables: Tables) -> None:
    """coverage.since forgives gaps, not an account whose files stopped before it."""
    rows = [*covered("2026-01-01", "2026-06-30"), *covered("2025-01-01", "2025-12-31", "calcom")]
    assert through(tables, *rows, coverage={"since": "2026-01-01"}) == (day("2025-12-31"), 0)
