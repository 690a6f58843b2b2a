"""Checks of the metrics stage find what they are there to find, and nothing on good rows."""

import pytest

from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.metrics.given import Firm, covered, settings

CHECKS = ("data_is_fresh", "held_meetings_are_counted_once", "numbers_are_possible", "timeline_agrees_with_cards")


def good_firm(tables: Tables) -> Firm:
    """A couple with meetings of every kind, and a company."""
    firm = Firm(tables, "ada", "bob").household("ada", "bob")
    firm.contacts.append(Firm.person("acme", is_company=True))
    firm.meeting("both", "2026-05-01T14:00", kind="portfolio_review").attendee("both", "bob").attendee("both", "ada")
    firm.meeting("missed", "2026-05-02T14:00", "no_show").meeting("off", "2026-05-03T14:00", "cancelled")
    firm.meeting("next", "2026-07-03T14:00", "confirmed").meeting("early", "2026-06-30T03:00")
    firm.meeting("now", "2026-06-30T11:45", "confirmed").meeting("twin", "2026-05-01T14:00", duplicate_of="both")
    firm.meeting("acme", "2026-05-05T14:00", who="acme").attendee("acme", "bob", role="guest")
    firm.meeting("stranger", "2026-05-06T14:00", who=None).attendee("stranger", None, "unmatched")
    firm.run()
    return firm


@pytest.mark.parametrize("check", CHECKS)
def test_silent_on_good_rows(tables: Tables, check: str) -> None:
    """A firm with couples, duplicates, guests, companies and strangers passes every check."""
    good_firm(tables)
    assert tables.bad_rows("metrics", check) == []


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    "metrics",
    [{"count_guests": True}, {"credit": {"counts": "household"}}, {"credit": {"portfolio_review": "attendee"}}],
)
def test_silent_whatever_the_firm_counts(tables: Tables, check: str, metrics: dict) -> None:
    """Counting guests or crediting households breaks no check."""
    chosen = settings(metrics=metrics)
    good_firm(tables).run(chosen)
    assert tables.bad_rows("metrics", check, chosen) == []


@pytest.mark.parametrize("check", CHECKS)
def test_silent_without_any_meeting(tables: Tables, check: str) -> None:
    """An empty firm passes every check."""
    Firm(tables).run()
    assert tables.bad_rows("metrics", check) == []


def test_stale_data(tables: Tables) -> None:
    """An account eight days behind is named; seven days behind is still fresh."""
    firm = Firm(tables)
    firm.coverage = [*covered("2026-01-01", "2026-06-23"), *covered("2026-01-01", "2026-06-22", "calcom")]
    firm.run()
    assert [row["platform"] for row in tables.bad_rows("metrics", "data_is_fresh")] == ["calcom"]


def test_an_account_nothing_vouches_for(tables: Tables) -> None:
    """A named account without files is not fresh; one out of service need not be."""
    chosen = settings(calcom={"accounts": [{}]}, calendly={"accounts": [{"until": "2026-04-30"}]})
    firm = Firm(tables)
    firm.coverage = covered("2026-01-01", "2026-04-30")
    firm.run(chosen)
    assert [row["platform"] for row in tables.bad_rows("metrics", "data_is_fresh", chosen)] == ["calcom"]


@pytest.mark.parametrize("change", ["meetings_count + 1", "0"])
def test_a_meeting_too_many_or_too_few(tables: Tables, change: str) -> None:
    """A card that counts one meeting too many, or loses its meetings, does not add up with the attendees."""
    good_firm(tables)
    tables.connection.execute(f"update metrics.contact_metrics set meetings_count = {change} where contact_id = 'ada'")
    (row,) = tables.bad_rows("metrics", "held_meetings_are_counted_once")
    assert row["on_cards"] != row["in_meetings"]
    assert [row["contact_id"] for row in tables.bad_rows("metrics", "timeline_agrees_with_cards")] == ["ada"]


def test_a_timeline_event_lost_or_doubled(tables: Tables) -> None:
    """A held event that is missing, or stands twice, disagrees with the card."""
    good_firm(tables)
    tables.connection.execute("delete from metrics.client_timeline where contact_id = 'bob' and event = 'held'")
    tables.connection.execute(
        "insert into metrics.client_timeline "
        "from metrics.client_timeline where contact_id = 'ada' and event = 'held' limit 1"
    )
    assert {row["contact_id"] for row in tables.bad_rows("metrics", "timeline_agrees_with_cards")} == {"ada", "bob"}


@pytest.mark.parametrize(
    "wrong",
    [
        "first_meeting_on = date '2026-06-30', last_meeting_on = date '2026-06-29'",
        "last_meeting_on = date '2026-07-01'",
        "next_meeting_on = date '2026-06-28'",
        "meetings_12m_count = meetings_count + 1",
        "meetings_this_quarter_count = meetings_count + 1",
        "meetings_count = 0, meetings_12m_count = 0, meetings_this_quarter_count = 0",
        "last_meeting_on = null",
        "review_status = 'none'",
        "review_due_on = null",
        "meeting_data_through_on = date '2026-07-01'",
        "no_show_12m_count = -1",
        "cancellation_12m_count = -1",
        "reschedule_12m_count = -1",
    ],
)
def test_impossible_numbers(tables: Tables, wrong: str) -> None:
    """Each kind of impossible card is found, and only that card."""
    good_firm(tables)
    tables.connection.execute(f"update metrics.contact_metrics set {wrong} where contact_id = 'ada'")
    assert tables.bad_rows("metrics", "numbers_are_possible") == [{"contact_id": "ada"}]
