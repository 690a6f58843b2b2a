"""What is done once: joining a list, events, asking somebody to book again and ceasing to."""

from typing import Any

from calendly_pipeline.settings import Settings
from calendly_pipeline_tests.conftest import Tables, utc
from calendly_pipeline_tests.destinations.brevo.given import ADA, TYPE, Bookings, chosen

BOB = "bob@mail.example"
LISTS = [
    {"list": "Reviews", "name_pattern": "portfolio"},
    {"list": 7, "event_type": "intro-call"},
    {"list": "By id", "event_type": "AAAA-1"},
]
AGAIN = f"{ADA}:again:gone"
LINK = f"{ADA}:link:gone"
CANCELLED: dict[str, Any] = {"status": "cancelled", "cancelled_at": "2026-06-25T10:00"}


def asking(**named: Any) -> Settings:
    """Settings with re-engagement and without events."""
    return chosen(events={"enabled": False}, reengagement={"list": "Book again", **named})


def listing(**named: Any) -> Settings:
    """Settings with lists and without events."""
    return chosen(events={"enabled": False}, lists=LISTS, **named)


def acts(firm: Bookings, rules: Settings, *, as_of: str = "2026-06-30T12:00") -> dict[str, dict[str, Any]]:
    """What would be sent, contacts left out."""
    return {key: payload for key, payload in firm.due(rules, utc(as_of)).items() if ":" in key}


def gone(tables: Tables, **more: Any) -> Bookings:
    """Ada cancelled a meeting of July on 25 June."""
    return Bookings(tables).booked("gone", "2026-07-20T14:00", **{**CANCELLED, **more})


def test_event_types_lead_to_lists(tables: Tables) -> None:
    """By name, slug or id, the first rule that fits; the rest goes to the default list, or to none."""
    firm = Bookings(tables).booked("a", "2026-06-01T14:00", event_type_name="Portfolio Review")
    firm.booked("b", "2026-06-02T14:00", address=BOB, event_type_slug="intro-call")
    firm.booked("c", "2026-06-03T14:00", address=BOB, event_type_id="aaaa-1")
    firm.booked("d", "2026-06-04T14:00", address=BOB)
    some = {f"{ADA}:list:Reviews", f"{BOB}:list:7", f"{BOB}:list:By id"}
    assert set(acts(firm, listing())) == some
    assert set(acts(firm, listing(default_list="Rest"))) == {*some, f"{BOB}:list:Rest"}


def test_event_types_without_a_list_are_found(tables: Tables) -> None:
    """The check names booked event types that no rule fits, once there are rules and no default."""
    firm = Bookings(tables).booked("a", "2026-06-01T14:00", event_type_name="Portfolio Review")
    firm.booked("b", "2026-06-02T14:00")
    for rules, found in ((listing(), ["Check-in"]), (listing(default_list="Rest"), []), (chosen(), [])):
        firm.planned(rules)
        rows = tables.bad_rows("destinations", "brevo_types_have_a_list", settings=rules)
        assert [row["event_type"] for row in rows] == found


def test_what_did_not_come_about_joins_no_list(tables: Tables) -> None:
    """A cancelled booking and one moved away put nobody on a list; a no-show does."""
    firm = gone(tables).booked("a", "2026-06-01T14:00", "rescheduled", address=BOB)
    assert acts(firm, listing(default_list="Rest")) == {}
    firm.booked("c", "2026-06-03T14:00", "no_show", address=BOB)
    assert acts(firm, listing(default_list="Rest")) == {f"{BOB}:list:Rest": {"address": BOB, "list": "Rest"}}


def test_old_bookings_lead_to_no_list(tables: Tables) -> None:
    """What lies outside the retention puts nobody on a list, though the person is sent; a wider one does."""
    firm = Bookings(tables).booked("a", "2025-06-01T14:00", event_type_name="Portfolio Review")
    firm.booked("b", "2026-06-02T14:00", event_type_slug="intro-call")
    for rule, lists in (
        ({"retention_days": 90}, {"7"}),
        ({"retention_from": "2026-01-01"}, {"7"}),
        ({"retention_until": "2026-06-01"}, set()),
        ({}, {"7", "Reviews"}),
    ):
        assert {payload["list"] for payload in acts(firm, listing(**rule)).values()} == lists


def test_a_list_is_joined_once(tables: Tables) -> None:
    """Whoever was put on a list is not put there again, under any strategy: they may have left."""
    firm = Bookings(tables).booked("a", "2026-06-01T14:00").told(f"{ADA}:list:Rest", kind="membership")
    for strategy in ("overwrite", "append_only", "ignore_existing"):
        assert acts(firm, listing(default_list="Rest", merge_strategy=strategy)) == {}


def test_touchable_attributes_do_not_keep_acts_back(tables: Tables) -> None:
    """`touchable` names attributes; lists and events are sent all the same."""
    firm = Bookings(tables).booked("a", "2026-06-01T14:00")
    due = firm.due(listing(default_list="Rest", touchable=["MEETING_DATE"]))
    assert (set(due[ADA]), f"{ADA}:list:Rest" in due) == ({"MEETING_DATE"}, True)


def test_who_is_asked_again(tables: Tables) -> None:
    """After a cancellation they are put on the list, with a link that is made first when one is wanted."""
    firm = gone(tables)
    assert acts(firm, asking()) == {AGAIN: {"address": ADA, "list": "Book again"}}
    assert acts(firm, asking(link_attribute="BOOK_LINK")) == {
        LINK: {"address": ADA, "event_type": TYPE, "list": "Book again"},
        AGAIN: {"address": ADA, "list": "Book again", "attribute": "BOOK_LINK"},
    }


def test_who_is_not_asked(tables: Tables) -> None:
    """Nobody out of the window, of a fate that does not count, or who booked or came since, under any address."""
    assert acts(gone(tables), asking(), as_of="2026-07-10T12:00") == {}
    assert acts(gone(tables), asking(after=["no_show"])) == {}
    assert acts(gone(tables).booked("new", "2026-07-09T14:00", "confirmed"), asking()) == {}
    assert acts(gone(tables).booked("new", "2026-07-09T14:00", "confirmed", address=BOB), asking()) == {}
    assert acts(gone(tables).booked("held", "2026-06-29T14:00", booked_at="2026-06-26T09:00"), asking()) == {}
    assert acts(gone(tables).booked("met", "2026-06-27T14:00", booked_at="2026-05-01T09:00"), asking()) == {}
    assert set(acts(gone(tables).booked("old", "2026-06-01T14:00"), asking())) == {AGAIN}


def test_a_no_show_set_and_unset(tables: Tables) -> None:
    """A no-show is asked again; when the mark is taken away they leave the list, and are not put there twice."""
    missed = {"start": "2026-06-26T14:00", "name": "gone"}
    firm = Bookings(tables).booked(**missed, status="no_show")
    assert set(acts(firm, asking())) == {AGAIN}
    firm.told(AGAIN, kind="reengagement", payload={"address": ADA, "list": "Book again"})
    assert acts(firm, asking()) == {}
    held = Bookings(tables).booked(**missed)
    held.ledger = firm.ledger
    assert acts(held, asking()) == {f"{ADA}:out:gone": {"address": ADA, "list": "Book again"}}
    held.told(f"{ADA}:out:gone", kind="leaving")
    assert acts(held, asking()) == {}
    again = Bookings(tables).booked(**missed, status="no_show")
    again.ledger = held.ledger
    assert acts(again, asking()) == {}


def test_leaving_after_a_new_booking(tables: Tables) -> None:
    """Who booked again, or whose window is over, leaves the list, and the link that was written goes along."""
    held = {"address": ADA, "list": "Book again", "attribute": "BOOK_LINK", "link": "https://calendly.example/d/1"}
    firm = gone(tables).told(AGAIN, kind="reengagement", payload=held)
    assert acts(firm, asking()) == {}
    assert acts(firm, asking(), as_of="2026-07-10T12:00") == {f"{ADA}:out:gone": held}
    firm.booked("new", "2026-07-09T14:00", "confirmed")
    assert acts(firm, asking()) == {f"{ADA}:out:gone": held}


def test_the_cap(tables: Tables) -> None:
    """Who was asked as often as a year allows is not asked for another meeting; the present one goes on."""
    firm = gone(tables).told(f"{ADA}:again:m1", kind="reengagement", at="2026-02-01T09:00")
    firm.told(f"{ADA}:out:m1", kind="leaving")
    assert set(acts(firm, asking(most_per_year=2))) == {AGAIN}
    assert acts(firm, asking(most_per_year=1)) == {}
    firm.told(AGAIN, kind="reengagement")
    assert acts(firm, asking(most_per_year=2)) == {}
    old = gone(tables).told(f"{ADA}:again:m1", kind="reengagement", at="2025-02-01T09:00")
    old.told(f"{ADA}:out:m1", kind="leaving", at="2025-03-01T09:00")
    assert set(acts(old, asking(most_per_year=1))) == {AGAIN}


def test_a_link_is_made_once(tables: Tables) -> None:
    """A link that was made is used and not made again; one of which nobody knows whether it was made waits."""
    rules = asking(link_attribute="BOOK_LINK")
    firm = gone(tables).told(LINK, kind="link", remote_id="https://calendly.example/d/1")
    assert acts(firm, rules)[AGAIN]["link"] == "https://calendly.example/d/1"
    assert LINK not in acts(firm, rules)
    unknown = gone(tables).told(LINK, "unknown", kind="link").planned(rules)
    assert (unknown[LINK]["operation"], "settle" in unknown[LINK]["reason"]) == ("blocked", True)


def test_nothing_to_book_again(tables: Tables) -> None:
    """A meeting of Cal.com has no event type at Calendly: it is blocked, and helped by the setting that is named."""
    firm = gone(tables, platform="calcom")
    planned = firm.planned(asking(link_attribute="BOOK_LINK"))
    assert {planned[key]["operation"] for key in (LINK, AGAIN)} == {"blocked"}
    assert "destinations.brevo.reengagement.event_type" in planned[LINK]["reason"]
    named = asking(link_attribute="BOOK_LINK", event_type="intro-call")
    assert acts(firm, named)[LINK]["event_type"] == "intro-call"


def test_events_of_a_booking(tables: Tables) -> None:
    """Booked, moved, cancelled, missed and held are each an event, with a token; what is long ago is none."""
    firm = Bookings(tables).booked("new", "2026-07-20T14:00", "confirmed", booked_at="2026-06-29T10:00")
    firm.booked("moved", "2026-07-21T14:00", "confirmed", rescheduled_from_id="x", booked_at="2026-06-29T11:00")
    firm.booked("gone", "2026-07-22T14:00", "cancelled", cancelled_at="2026-06-30T09:00", cancelled_by="invitee")
    firm.booked("missed", "2026-06-30T08:00", "no_show").booked("held", "2026-06-29T14:00")
    firm.booked("old", "2026-05-01T14:00")
    due = acts(firm, chosen())
    names = {key.split(":")[2]: payload["name"] for key, payload in due.items()}
    assert names == {
        "new": "meeting_booked",
        "moved": "meeting_rescheduled",
        "gone": "meeting_cancelled",
        "missed": "meeting_no_show",
        "held": "meeting_completed",
    }
    event = due[f"{ADA}:cancelled:gone"]
    assert event["properties"]["token"] == f"{ADA}:cancelled:gone"
    assert (event["properties"]["cancelled_by"], event["happened_at"]) == ("invitee", "2026-06-30T09:00:00+00:00")


def test_an_event_is_sent_once(tables: Tables) -> None:
    """Accepted events are not due, unknown ones wait for a look; names and the switch are the firm's."""
    key = f"{ADA}:completed:held"
    firm = Bookings(tables).booked("held", "2026-06-29T14:00")
    assert acts(firm, chosen(events={"names": {"completed": "came"}}))[key]["name"] == "came"
    assert acts(firm, chosen(events={"enabled": False})) == {}
    assert firm.told(key, "unknown", kind="event").planned()[key]["operation"] == "blocked"
    assert acts(firm.told(key, kind="event"), chosen()) == {}


def test_a_no_show_taken_back_is_an_event(tables: Tables) -> None:
    """Only where the no-show itself was told."""
    firm = Bookings(tables).booked("m", "2026-06-29T14:00")
    assert set(acts(firm, chosen())) == {f"{ADA}:completed:m"}
    firm.told(f"{ADA}:no_show:m", kind="event")
    assert set(acts(firm, chosen())) == {f"{ADA}:completed:m", f"{ADA}:no_show_removed:m"}
