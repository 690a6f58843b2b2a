"""Which events CleverTap should hold of a booking, under which key, and what they say."""

import pytest

from calendly_pipeline.destinations.clevertap.mapping import EVENT_PROPERTIES
from calendly_pipeline_tests.conftest import Tables, utc
from calendly_pipeline_tests.destinations.clevertap.given import (
    ADA,
    HOST,
    accepted,
    acts,
    booked,
    event_of,
    firm_of,
    planned,
    tapped,
)
from calendly_pipeline_tests.metrics.given import Firm

OVER, SOON = "2026-06-29T14:00", "2026-07-05T14:00"
PERSON = "9c3ff33f9c46beaea0ee6b8a42fd57de"
"""md5 of Ada's address."""


def key(act: str, meeting: str = "m", subject: str = "invitee") -> str:
    """The record key of one of Ada's events."""
    return f"event:{subject}:{act}:{PERSON}:{meeting}"


def test_a_booking_is_one_event(tables: Tables) -> None:
    """It goes to the invitee's profile under the name of the event type, at the time of the booking."""
    rows = planned(booked(firm_of(tables), "m", SOON, booked_at=utc("2026-06-30T11:00")))
    assert acts(rows) == ["invitee scheduled m"]
    fields = event_of(rows)
    assert (fields["identity"], fields["event_name"]) == (ADA, "Portfolio Review scheduled")
    assert fields["occurred_at"] == int(utc("2026-06-30T11:00").timestamp())
    assert rows[key("scheduled")]["contact_id"] == "ada"
    assert rows[key("scheduled")]["label"] == "Ada, Portfolio Review scheduled, 05 Jul 2026"


def test_what_an_event_says(tables: Tables) -> None:
    """Times in UTC, the day in the firm's zone, who meets whom; what is not known is left out."""
    firm = booked(firm_of(tables), "m", "2026-07-06T02:00", location="https://meet.example/x", event_type_slug="review")
    properties = event_of(planned(firm))["properties"]
    assert properties == {
        "record": key("scheduled"),
        "transition": "scheduled",
        "event_type": "Portfolio Review",
        "meeting_type": "portfolio_review",
        "starts_at": "2026-07-06T02:00:00Z",
        "ends_at": "2026-07-06T02:30:00Z",
        "starts_on": "2026-07-05",
        "duration_minutes": 30,
        "host_name": "Dana Host",
        "host_email": HOST,
        "invitee_name": "Ada",
        "invitee_email": ADA,
        "location": "https://meet.example/x",
        "meeting_url": "https://meet.example/x",
        "platform": "calendly",
        "is_backfill": True,
    }


def test_every_property_has_its_name(tables: Tables) -> None:
    """What the events of a rich booking say are exactly the properties that the mapping knows."""
    firm = booked(firm_of(tables), "old", "2026-06-01T14:00", "rescheduled")
    reached = {"location": "https://meet.example/x", "location_type": "zoom"}
    booked(firm, "new", SOON, "confirmed", rescheduled_from_id="old", reschedule_count=1, **reached)
    gone = {"cancelled_at": utc("2026-06-30T11:00"), "cancelled_by": "invitee", "cancellation_reason": "Ill"}
    booked(firm, "off", SOON, "cancelled", **gone)
    said = {name for row in planned(firm).values() for name in row["fields"].get("properties", {})}
    assert said == set(EVENT_PROPERTIES)


def test_what_becomes_of_a_booking(tables: Tables) -> None:
    """Each status is the events that led to it; what nobody accepted is none."""
    expected = {
        "confirmed": ["scheduled"],
        "completed": ["completed", "scheduled"],
        "no_show": ["no_show", "scheduled"],
        "cancelled": ["cancelled", "scheduled"],
        "rescheduled": ["scheduled"],
        "pending": [],
        "rejected": [],
    }
    firm = firm_of(tables)
    for status in expected:
        booked(firm, status, OVER if status in ("completed", "no_show") else SOON, status)
    found = acts(planned(firm))
    assert found == sorted(f"invitee {act} {status}" for status, events in expected.items() for act in events)


def moved(tables: Tables) -> Firm:
    """Ada moved her meeting once."""
    firm = booked(firm_of(tables), "old", "2026-06-30T16:00", "rescheduled")
    return booked(firm, "new", SOON, rescheduled_from_id="old", reschedule_count=1, booked_at=utc("2026-06-30T11:30"))


def test_a_moved_meeting(tables: Tables) -> None:
    """The new booking is a reschedule that tells the former start; the old one is no cancellation."""
    rows = planned(moved(tables))
    assert acts(rows) == ["invitee rescheduled new", "invitee scheduled old"]
    fields = event_of(rows, "rescheduled")
    assert fields["event_name"] == "Portfolio Review rescheduled"
    assert fields["properties"]["previous_starts_at"] == "2026-06-30T16:00:00Z"
    assert (fields["properties"]["reschedule_count"], fields["properties"]["is_backfill"]) == (1, False)


def test_a_cancellation_says_why(tables: Tables) -> None:
    """Who cancelled and why goes along, and only with the cancellation."""
    gone = {"cancelled_at": utc("2026-06-30T11:00"), "cancelled_by": "invitee", "cancellation_reason": "Ill"}
    rows = planned(booked(firm_of(tables), "m", SOON, "cancelled", **gone))
    properties = event_of(rows, "cancelled")["properties"]
    assert (properties["cancelled_by"], properties["cancellation_reason"]) == ("invitee", "Ill")
    assert properties["is_backfill"] is False
    assert "cancelled_by" not in event_of(rows, "scheduled")["properties"]


def test_what_is_a_backfill(tables: Tables) -> None:
    """What is older than CleverTap's two hours, of an unknown time, or no longer true says so."""
    firm = booked(firm_of(tables), "two hours ago", SOON, booked_at=utc("2026-06-30T10:00"))
    booked(firm, "older", SOON, booked_at=utc("2026-06-30T09:59"))
    booked(firm, "unknown when", SOON, booked_at=None)
    booked(firm, "cancelled since", SOON, booked_at=utc("2026-06-30T11:59"), status="cancelled")
    rows = planned(firm)
    flags = {meeting["meeting_id"]: None for meeting in firm.meetings}
    for meeting in flags:
        flags[meeting] = rows[key("scheduled", meeting)]["fields"]["properties"]["is_backfill"]
    assert flags == {"two hours ago": False, "older": True, "unknown when": True, "cancelled since": True}


def test_a_cancellation_of_an_unknown_time(tables: Tables) -> None:
    """An export does not say when: the event stands at the meeting's start, or at the run's clock before that."""
    firm = booked(firm_of(tables), "past", "2026-06-20T14:00", "cancelled", cancelled_at=None)
    booked(firm, "coming", SOON, "cancelled", cancelled_at=None)
    rows = planned(firm)
    moments = {name: rows[key("cancelled", name)]["fields"]["occurred_at"] for name in ("past", "coming")}
    assert moments == {
        "past": int(utc("2026-06-20T14:00").timestamp()),
        "coming": int(utc("2026-06-30T12:00").timestamp()),
    }


def test_for_the_host_for_the_invitee_or_for_both(tables: Tables) -> None:
    """The subject decides whose profile an event goes to; both is one event each."""
    firm = booked(firm_of(tables), "m", SOON)
    assert acts(planned(firm, chosen=tapped(subject="host"))) == ["host scheduled m"]
    rows = planned(firm, chosen=tapped(subject="both"))
    assert acts(rows) == ["host scheduled m", "invitee scheduled m"]
    assert rows[key("scheduled", subject="host")]["fields"]["identity"] == HOST


def test_only_the_transitions_asked_for(tables: Tables) -> None:
    """What is left out of the list is no event."""
    firm = booked(firm_of(tables), "m", OVER, "completed")
    assert acts(planned(firm, chosen=tapped(transitions=["completed"]))) == ["invitee completed m"]


def test_without_the_table_nothing_is_wanted(tables: Tables) -> None:
    """A firm that does not use CleverTap has no records for it."""
    chosen = tapped().model_copy(update={"destinations": type(tapped().destinations)()})
    assert planned(booked(firm_of(tables), "m", OVER, "completed"), chosen=chosen) == {}
    assert tables.rows("destinations.clevertap_bookings") == []


def test_whom_clevertap_never_hears_of(tables: Tables) -> None:
    """Staff, private meetings and those among staff, guests, and rows that count in the other tool are left out."""
    firm = booked(firm_of(tables), "staff", SOON, decision="internal")
    booked(firm, "team", SOON, kind="internal")
    booked(firm, "dentist", SOON, kind="personal")
    booked(firm, "guest", SOON, role="guest")
    booked(firm, "twin", SOON, duplicate_of="other/1")
    assert planned(firm) == {}


def test_somebody_unknown_is_an_invitee_all_the_same(tables: Tables) -> None:
    """An invitee without a contact has events and a profile, keyed by the address."""
    rows = planned(booked(firm_of(tables), "m", SOON, who=None, decision="unmatched"))
    assert acts(rows) == ["invitee scheduled m"]
    assert (event_of(rows)["identity"], rows["profile:eve@client.example"]["contact_id"]) == (
        "eve@client.example",
        None,
    )


def test_nobody_to_send_it_to(tables: Tables) -> None:
    """An event without an address is blocked, and says which is missing."""
    firm = booked(firm_of(tables), "m", SOON, address=None, host_email=None)
    rows = planned(firm, chosen=tapped(subject="both"))
    assert sorted(row["reason"] for row in rows.values()) == [
        "the booking holds no address",
        "the booking names no host",
    ]
    assert {row["operation"] for row in rows.values()} == {"blocked"}


def test_once_sent_never_again(tables: Tables) -> None:
    """What was accepted is not sent again, whatever changes in it; what was rejected is."""
    firm = booked(firm_of(tables), "m", OVER, "completed", event_type_name="Renamed Review")
    rows = planned(firm, accepted(1, key("scheduled")), accepted(2, key("completed"), outcome="rejected"))
    assert acts(rows) == ["invitee completed m"]
    assert rows[key("scheduled")]["reason"] == "sent before"


def test_what_may_have_arrived_waits(tables: Tables) -> None:
    """An attempt of unknown outcome is blocked, not repeated."""
    rows = planned(booked(firm_of(tables), "m", SOON), accepted(1, key("scheduled"), outcome="unknown"))
    assert acts(rows, "blocked") == ["invitee scheduled m"]
    assert "nobody knows whether" in rows[key("scheduled")]["reason"]


def test_touchable_keys_are_the_profiles(tables: Tables) -> None:
    """A list of profile keys that may be written keeps no event back."""
    rows = planned(booked(firm_of(tables), "m", SOON), chosen=tapped(touchable=["Name"]))
    assert set(rows[key("scheduled")]["payload"]) == {"identity", "event_name", "occurred_at", "properties"}
    assert rows[f"profile:{ADA}"]["payload"] == {"Name": "Ada"}


def test_a_no_show_set_taken_off_and_set_again(tables: Tables) -> None:
    """Each is one more event for either profile, and none is sent twice."""
    chosen, both = tapped(subject="both"), ("host", "invitee")
    done = ("scheduled", "completed")
    sent = [accepted(1, key(act, subject=subject)) for act in done for subject in both]
    for act in ("no_show", "no_show_removed", "no_show_2", "no_show_removed_2"):
        firm = booked(firm_of(tables), "m", OVER, "completed" if "removed" in act else "no_show")
        assert acts(planned(firm, *sent, chosen=chosen)) == [f"{subject} {act} m" for subject in both]
        sent += [accepted(1, key(act, subject=subject)) for subject in both]
        assert acts(planned(firm, *sent, chosen=chosen)) == []


def test_a_mark_that_nobody_can_know_any_more(tables: Tables) -> None:
    """A no-show that no route speaks of any longer is not taken off."""
    firm = booked(firm_of(tables), "m", OVER, "completed", is_no_show=None)
    assert (
        acts(planned(firm, *[accepted(n, key(a)) for n, a in enumerate(("scheduled", "completed", "no_show"))])) == []
    )


@pytest.mark.parametrize(
    ("start", "connected", "is_backfill"),
    [
        (OVER, "2026-06-29T09:00", False),
        (OVER, "2026-06-30T09:00", True),
        ("2026-06-20T14:00", "2026-06-01T09:00", True),
    ],
    ids=["since connected", "before it", "a week ago"],
)
def test_when_a_no_show_is_news(tables: Tables, start: str, connected: str, is_backfill: bool) -> None:
    """No tool says when a mark was set: it counts from when it is learnt, unless it belongs to the first load."""
    rows = planned(booked(firm_of(tables), "m", start, "no_show"), accepted(1, key("scheduled", "other"), connected))
    fields = event_of(rows, "no_show")
    assert fields["properties"]["is_backfill"] is is_backfill
    learnt = utc("2026-06-30T12:00") if not is_backfill else utc(start.replace(":00", ":30"))
    assert fields["occurred_at"] == int(learnt.timestamp())


def test_a_meeting_that_got_its_uuid(tables: Tables) -> None:
    """What was sent under the id of an export without UUIDs is the same event."""
    tables.given("meetings.meeting_aliases", {"alias_id": "calendly:derived", "meeting_id": "m"})
    rows = planned(booked(firm_of(tables), "m", SOON), accepted(1, key("scheduled", "calendly:derived")))
    assert (acts(rows), acts(rows, "skip")) == ([], ["invitee scheduled calendly:derived"])


def test_a_meeting_that_is_counted_in_the_other_tool_now(tables: Tables) -> None:
    """What was sent of a Calendly booking is not sent again of its twin in Cal.com."""
    firm = booked(firm_of(tables), "twin", SOON, duplicate_of="m/1", attendee_id="twin/0")
    booked(firm, "m", SOON, attendee_id="m/1", platform="calcom")
    pair = {"attendee_id": "twin/0", "counted_attendee_id": "m/1"}
    tables.given("meetings.duplicates", pair)
    rows = planned(firm, accepted(1, key("scheduled", "twin")))
    assert (acts(rows), acts(rows, "skip")) == ([], ["invitee scheduled twin"])


def test_two_bookings_of_one_address_in_one_meeting(tables: Tables) -> None:
    """Somebody who cancelled a seat and took it again has one event of each kind; the active booking speaks."""
    firm = booked(firm_of(tables), "m", SOON, booked_at=utc("2026-06-01T09:00"))
    firm.attendee("m", "ada", address=ADA, status="cancelled", booked_at=utc("2026-06-02T09:00"))
    rows = planned(firm)
    assert acts(rows) == ["invitee scheduled m"]
    assert event_of(rows)["occurred_at"] == int(utc("2026-06-01T09:00").timestamp())


def test_a_long_text_is_cut_at_a_whole_character(tables: Tables) -> None:
    """A value of over 512 bytes would be cut by CleverTap in silence: it is cut before, and the plan shows it."""
    gone = {"cancellation_reason": "é" * 400, "cancelled_at": utc("2026-06-30T11:00")}
    properties = event_of(planned(booked(firm_of(tables), "m", SOON, "cancelled", **gone)), "cancelled")["properties"]
    assert properties["cancellation_reason"] == "é" * 256


def test_answers_to_booking_questions(tables: Tables) -> None:
    """The answer to a mapped question is a property, whatever the case of the question; others stay here."""
    answers = {" What is your COMPANY? ": "Acme", "How old are you?": "40"}
    firm = booked(firm_of(tables), "m", SOON, answers=answers)
    properties = event_of(planned(firm, chosen=tapped(answers={"what is your company?": "company"})))["properties"]
    assert properties["company"] == "Acme"
    assert "40" not in properties.values()
    assert properties["record"] == key("scheduled")


def test_the_second_plan_is_the_first(tables: Tables) -> None:
    """The plan does not depend on how often it is made."""
    firm = moved(tables)
    assert planned(firm) == planned(firm)
