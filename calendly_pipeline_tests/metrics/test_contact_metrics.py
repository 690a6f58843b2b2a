"""What a card says about its person's meetings."""

from datetime import date, timedelta

import pytest

from calendly_pipeline_tests.conftest import Tables, day, utc
from calendly_pipeline_tests.metrics.given import Firm, settings

TODAY = date(2026, 6, 30)


def test_dates_are_days_of_the_firm(tables: Tables) -> None:
    """A meeting late in the evening UTC lies on the firm's day before."""
    firm = Firm(tables).meeting("first", "2026-03-02T01:00").meeting("last", "2026-05-02T02:30")
    card = firm.meeting("next", "2026-07-11T01:00", "confirmed").card()
    assert (card["first_meeting_on"], card["last_meeting_on"]) == (day("2026-03-01"), day("2026-05-01"))
    assert card["next_meeting_on"] == day("2026-07-10")
    assert card["meetings_count"] == 2


def test_only_held_meetings_are_the_last_and_only_booked_ones_the_next(tables: Tables) -> None:
    """Cancelled, missed, pending and rejected bookings are neither the last nor the next meeting."""
    firm = Firm(tables).meeting("held", "2026-05-01T14:00").meeting("next", "2026-07-20T14:00", "confirmed")
    firm.meeting("missed", "2026-06-01T14:00", "no_show").meeting("off", "2026-06-02T14:00", "cancelled")
    firm.meeting("later_off", "2026-07-01T14:00", "cancelled").meeting("moved", "2026-07-02T14:00", "rescheduled")
    firm.meeting("asked", "2026-07-03T14:00", "pending").meeting("refused", "2026-07-04T14:00", "rejected")
    card = firm.card()
    assert (card["last_meeting_on"], card["next_meeting_on"]) == (day("2026-05-01"), day("2026-07-20"))
    assert card["meetings_count"] == 1


def test_earliest_and_latest_of_several(tables: Tables) -> None:
    """First is the earliest held, last the latest held, next the earliest booked; type and host are the last one's."""
    firm = Firm(tables).meeting("b", "2026-02-01T14:00", kind="planning").meeting("a", "2026-01-05T14:00")
    firm.meeting("c", "2026-06-01T14:00", kind="service", host_name="Max Host")
    firm.meeting("z", "2026-09-01T14:00", "confirmed", kind="other").meeting("y", "2026-08-01T14:00", "confirmed")
    card = firm.card()
    assert [card[f"{which}_meeting_on"].isoformat() for which in ("first", "last", "next")] == [
        "2026-01-05",
        "2026-06-01",
        "2026-08-01",
    ]
    assert (card["last_meeting_type"], card["last_host_name"]) == ("service", "Max Host")


def test_unknown_host_of_the_last_meeting_is_blank(tables: Tables) -> None:
    """Where the last meeting's host is unknown the card names nobody rather than an earlier host."""
    card = Firm(tables).meeting("a", "2026-01-05T14:00").meeting("b", "2026-02-05T14:00", host_name=None).card()
    assert card["last_host_name"] is None


@pytest.mark.parametrize(
    ("start", "count"),
    [
        ("2025-06-30T12:00", 0),
        ("2025-06-30T12:01", 1),
        ("2026-06-30T11:00", 1),
        ("2025-06-30T11:59", 0),
    ],
)
def test_window_of_twelve_months(tables: Tables, start: str, count: int) -> None:
    """The window holds what starts within 365 days up to the clock: its first instant is outside, its last inside."""
    assert Firm(tables).meeting("m", start).card()["meetings_12m_count"] == count


def test_window_is_measured_on_the_firms_clock(tables: Tables) -> None:
    """A clock change between start and now does not move the window's edge."""
    winter = utc("2026-01-15T17:00")  # noon in New York
    assert Firm(tables).meeting("m", "2025-01-15T17:00").card(as_of=winter)["meetings_12m_count"] == 0
    summer = utc("2026-03-08T16:00")  # noon in New York on the day clocks change; a year before they changed on the 9th
    assert Firm(tables).meeting("m", "2025-03-08T17:01").card(as_of=summer)["meetings_12m_count"] == 1
    assert Firm(tables).meeting("m", "2025-03-08T17:00").card(as_of=summer)["meetings_12m_count"] == 0


def test_cancellations_to_come_do_not_count_yet(tables: Tables) -> None:
    """A booking cancelled for next week is no cancellation of the last twelve months."""
    assert Firm(tables).meeting("m", "2026-07-07T14:00", "cancelled").card()["cancellation_12m_count"] == 0


@pytest.mark.parametrize(
    ("start", "count"), [("2026-04-01T03:59", 0), ("2026-04-01T04:00", 1), ("2026-06-30T11:00", 1)]
)
def test_calendar_quarter(tables: Tables, start: str, count: int) -> None:
    """This quarter begins at midnight of its first day in the firm's zone."""
    assert Firm(tables).meeting("m", start).card()["meetings_this_quarter_count"] == count


def test_duplicates_of_the_other_tool_never_count(tables: Tables) -> None:
    """A booking that stands in both tools counts once, whichever of its rows are marked."""
    firm = Firm(tables).meeting("kept", "2026-05-01T14:00")
    firm.meeting("twin", "2026-05-01T14:00", duplicate_of="kept")
    firm.meeting("group", "2026-05-02T14:00", who=None).attendee("group", "ada", duplicate_of="kept/0")
    firm.meeting("off", "2026-05-03T14:00", "cancelled", duplicate_of="kept")
    card = firm.card()
    assert (card["meetings_count"], card["cancellation_12m_count"]) == (1, 0)


def test_two_rows_of_one_person_are_one_meeting(tables: Tables) -> None:
    """Two attendee rows of one contact in one meeting count once, and a person who came did not miss it."""
    firm = Firm(tables).meeting("m", "2026-05-01T14:00").attendee("m", "ada", is_held=False, is_no_show=True)
    card = firm.card()
    assert (card["meetings_count"], card["no_show_12m_count"]) == (1, 0)


def test_a_person_with_one_row_left_has_not_cancelled(tables: Tables) -> None:
    """Of two rows of one contact a cancelled one does not make a cancellation."""
    card = Firm(tables).meeting("m", "2026-05-01T14:00").attendee("m", "ada", status="cancelled", is_held=False).card()
    assert (card["meetings_count"], card["cancellation_12m_count"]) == (1, 0)


def test_a_couple_behind_one_address_both_count(tables: Tables) -> None:
    """An attendee row matched to two contacts counts for both."""
    firm = Firm(tables, "ada", "bob").meeting("m", "2026-05-01T14:00", who=None)
    cards = firm.attendee("m", "ada", "confirmed", also=("bob",)).run()
    assert {name: card["meetings_count"] for name, card in cards.items()} == {"ada": 1, "bob": 1}


@pytest.mark.parametrize(("count_guests", "count"), [(False, 0), (True, 1)])
def test_guests_count_when_the_firm_says_so(tables: Tables, count_guests: bool, count: int) -> None:
    """Guests count only with metrics.count_guests; co-hosts never do."""
    firm = Firm(tables, "ada", "bob").meeting("m", "2026-05-01T14:00", who="bob")
    firm.attendee("m", "ada", role="guest").meeting("n", "2026-05-02T14:00", who="bob").attendee(
        "n", "ada", role="co_host"
    )
    assert firm.card(settings(metrics={"count_guests": count_guests}))["meetings_count"] == count


@pytest.mark.parametrize("decision", ["unmatched", "review", "rejected", "internal"])
def test_people_without_a_settled_match_count_for_nobody(tables: Tables, decision: str) -> None:
    """Unmatched, undecided, rejected and internal attendees appear on no card, whatever contact the row names."""
    firm = Firm(tables).meeting("m", "2026-05-01T14:00", who=None).attendee("m", None, decision)
    assert firm.attendee("m", "ada", decision).card()["meetings_count"] == 0
    assert tables.rows("metrics.contact_meetings") == []


def test_companies_and_strangers_to_the_tools_have_zeros(tables: Tables) -> None:
    """Every contact has a row; one without a meeting has zeros and blanks, never a missing count."""
    firm = Firm(tables, "ada", "bob")
    firm.contacts.append(Firm.person("acme", is_company=True))
    cards = firm.meeting("m", "2026-05-01T14:00").run()
    assert set(cards) == {"ada", "bob", "acme"}
    for name in ("bob", "acme"):
        counts = {value for column, value in cards[name].items() if column.endswith("_count")}
        assert (counts, cards[name]["review_status"], cards[name]["last_meeting_on"]) == ({0}, "none", None)
        assert cards[name]["is_reschedule_escalation"] is False


def test_no_shows_are_personal(tables: Tables) -> None:
    """Whoever was absent has a no-show, the one who came has a meeting; an absent host is nobody's no-show."""
    firm = Firm(tables, "ada", "bob").meeting("m", "2026-05-01T14:00", who="bob")
    firm.attendee("m", "ada", is_held=False, is_no_show=True)
    firm.meeting("host", "2026-05-02T14:00", "no_show", who=None).attendee("host", "ada", is_no_show=None)
    cards = firm.run()
    assert (cards["ada"]["no_show_12m_count"], cards["ada"]["meetings_count"]) == (1, 0)
    assert (cards["bob"]["no_show_12m_count"], cards["bob"]["meetings_count"]) == (0, 1)


@pytest.mark.parametrize(("cancelled_by", "count"), [("host", 0), ("invitee", 1), ("unknown", 1), (None, 1)])
def test_cancellations_by_the_host_are_not_the_clients(tables: Tables, cancelled_by: str | None, count: int) -> None:
    """A cancellation counts unless the host made it; one of unknown origin counts."""
    firm = Firm(tables).meeting("m", "2026-05-01T14:00", "cancelled", who=None)
    assert firm.attendee("m", "ada", cancelled_by=cancelled_by).card()["cancellation_12m_count"] == count


def test_a_cancellation_partly_by_the_host_is_the_clients(tables: Tables) -> None:
    """Of two rows of one person the host cancelled one and nobody knows who the other: it is not the host's alone."""
    firm = (
        Firm(tables).meeting("m", "2026-05-01T14:00", "cancelled", who=None).attendee("m", "ada", cancelled_by="host")
    )
    assert firm.attendee("m", "ada", cancelled_by=None).card()["cancellation_12m_count"] == 1


def test_one_invitee_of_a_group_cancels(tables: Tables) -> None:
    """Who cancels out of a group meeting has a cancellation though the meeting was held."""
    firm = Firm(tables, "ada", "bob").meeting("m", "2026-05-01T14:00", who="bob")
    cards = firm.attendee("m", "ada", status="cancelled", is_held=False).run()
    assert (cards["ada"]["cancellation_12m_count"], cards["ada"]["meetings_count"]) == (1, 0)


def test_a_rejected_request_is_no_cancellation(tables: Tables) -> None:
    """A request the host refused is neither held nor cancelled."""
    firm = Firm(tables).meeting("m", "2026-05-01T14:00", "rejected", who=None).attendee("m", "ada", status="cancelled")
    assert firm.card()["cancellation_12m_count"] == 0


def moved_twice(tables: Tables, first: str, second: str, chain: str = "one") -> Firm:
    """A chain: moved, moved again, held."""
    firm = Firm(tables)
    for name, start, evidence, chain_id in (
        ("one", "2026-05-01T14:00", first, "one"),
        ("two", "2026-05-08T14:00", second, chain),
    ):
        firm.meeting(name, start, "rescheduled", who=None)
        firm.attendee(name, "ada", chain_id=chain_id, reschedule_evidence=evidence)
    return firm.meeting("three", "2026-05-15T14:00", who=None).attendee(
        "three", "ada", chain_id=chain, reschedule_evidence=second
    )


def test_moves_are_counted_and_are_no_cancellations(tables: Tables) -> None:
    """Each row moved away is one reschedule; where it went to is the meeting that was held."""
    card = moved_twice(tables, "linked", "linked").card()
    assert (card["reschedule_12m_count"], card["cancellation_12m_count"], card["meetings_count"]) == (2, 0, 1)


@pytest.mark.parametrize(
    ("first", "second", "chain", "trust", "escalates"),
    [
        ("linked", "linked", "one", False, True),
        ("linked", "inferred", "one", False, False),
        ("inferred", "inferred", "one", False, False),
        ("inferred", "inferred", "one", True, True),
        ("linked", "inferred", "one", True, True),
        ("linked", "linked", "two", True, False),
    ],
)
def test_escalation(tables: Tables, first: str, second: str, chain: str, trust: bool, escalates: bool) -> None:
    """Two linked moves in one chain escalate; inferred ones only when the firm trusts them; two chains never."""
    card = moved_twice(tables, first, second, chain).card(settings(metrics={"trust_inferred_moves": trust}))
    assert card["is_reschedule_escalation"] is escalates


def test_reviews_are_the_households(tables: Tables) -> None:
    """A review one of the couple attends stands on both cards; other meetings and counts stay with who came."""
    firm = Firm(tables, "ada", "bob", "eve").household("ada", "bob")
    firm.meeting("held", "2026-05-01T14:00", kind="portfolio_review").meeting("chat", "2026-06-01T14:00")
    cards = firm.meeting("next", "2026-08-01T14:00", "confirmed", kind="portfolio_review").run()
    bob = cards["bob"]
    assert (bob["last_portfolio_review_on"], bob["next_portfolio_review_on"]) == (day("2026-05-01"), day("2026-08-01"))
    assert (bob["meetings_count"], bob["last_meeting_on"], bob["next_meeting_on"], bob["review_status"]) == (
        0,
        None,
        None,
        "current",
    )
    assert cards["eve"]["review_status"] == "none"


def test_credit_can_be_changed(tables: Tables) -> None:
    """Credit to the attendee leaves reviews with who came; counts to the household count a couple's meeting once."""
    firm = (
        Firm(tables, "ada", "bob").household("ada", "bob").meeting("both", "2026-05-01T14:00", kind="portfolio_review")
    )
    firm.attendee("both", "bob").meeting("one", "2026-06-01T14:00", kind="portfolio_review")
    own = firm.run(settings(metrics={"credit": {"portfolio_review": "attendee"}}))
    assert [own[name]["last_portfolio_review_on"].isoformat() for name in ("ada", "bob")] == [
        "2026-06-01",
        "2026-05-01",
    ]
    shared = firm.run(settings(metrics={"credit": {"counts": "household"}}))
    assert [shared[name]["meetings_count"] for name in ("ada", "bob")] == [2, 2]
    assert shared["bob"]["last_meeting_on"] == day("2026-06-01")


def test_reviews_missed_or_cancelled_are_none(tables: Tables) -> None:
    """Only a held review counts as one, and only a booked one is the next."""
    firm = Firm(tables).meeting("a", "2026-05-01T14:00", "no_show", kind="portfolio_review")
    card = firm.meeting("b", "2026-08-01T14:00", "cancelled", kind="portfolio_review").card()
    assert (card["last_portfolio_review_on"], card["next_portfolio_review_on"], card["review_due_on"]) == (
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("days_ago", "status"),
    [(0, "current"), (334, "current"), (335, "due"), (365, "due"), (366, "overdue"), (800, "overdue")],
)
def test_review_status(tables: Tables, days_ago: int, status: str) -> None:
    """A review is due from 30 days before its day to the day itself, and overdue from the day after."""
    held = TODAY - timedelta(days=days_ago)
    card = Firm(tables).meeting("m", f"{held}T11:00", kind="portfolio_review").card()
    assert (card["review_status"], card["review_due_on"]) == (status, held + timedelta(days=365))


@pytest.mark.parametrize(("days_ago", "status"), [(84, "current"), (85, "due"), (90, "due"), (91, "overdue")])
def test_review_interval_is_the_firms(tables: Tables, days_ago: int, status: str) -> None:
    """Interval and warning come from pipeline.toml."""
    chosen = settings(metrics={"review_interval_days": 90, "review_due_soon_days": 5})
    firm = Firm(tables).meeting("m", f"{TODAY - timedelta(days=days_ago)}T11:00", kind="portfolio_review")
    assert firm.card(chosen)["review_status"] == status


def test_the_firms_day_decides_on_the_status(tables: Tables) -> None:
    """Late in the evening UTC the firm's today is still the day before."""
    firm = Firm(tables).meeting("m", "2025-06-29T16:00", kind="portfolio_review")
    assert firm.card(as_of=utc("2026-06-30T03:00"))["review_status"] == "due"
    assert firm.card(as_of=utc("2026-06-30T05:00"))["review_status"] == "overdue"
