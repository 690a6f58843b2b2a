"""What a contact of Brevo should say: whose booking speaks, which status, which day, and for whom there is a record."""

from typing import Any

from calendly_pipeline_tests.conftest import Tables, utc
from calendly_pipeline_tests.destinations.brevo.given import ADA, ATTRIBUTES, Bookings, chosen
from calendly_pipeline_tests.metrics.given import settings

BOB = "bob@mail.example"
EVERY = {
    "first_name": "FIRSTNAME",
    "last_name": "LASTNAME",
    "phone": "SMS",
    "company": "COMPANY",
    "event_type": "CALENDLY_EVENT_TYPE",
    "meetings_count": "MEETINGS",
    "is_reschedule_escalation": "ESCALATED",
    "last_meeting_on": "LAST_MEETING",
}


def test_the_day_is_the_meetings(tables: Tables) -> None:
    """MEETING_DATE is the day the meeting begins in the firm's zone, not the day it was booked."""
    firm = Bookings(tables).booked("m", "2026-07-02T02:30", "confirmed", booked_at="2026-06-28T10:00")
    assert firm.fields() == {"MEETING_DATE": "2026-07-01", "BOOKING_STATUS": "booked"}


CASES: list[tuple[str, str, dict[str, Any], str]] = [
    ("2026-07-02T14:00", "confirmed", {}, "booked"),
    ("2026-07-02T14:00", "confirmed", {"rescheduled_from_id": "before"}, "rescheduled"),
    ("2026-07-02T14:00", "cancelled", {"cancelled_at": "2026-06-29T10:00"}, "cancelled"),
    ("2026-06-20T14:00", "completed", {}, "completed"),
    ("2026-06-20T14:00", "no_show", {}, "no_show"),
    ("2026-06-20T14:00", "no_show", {"is_no_show": False, "is_host_absent": True}, "cancelled"),
]


def test_every_status(tables: Tables) -> None:
    """Each fate of a booking has its word; a host who did not come is no no-show of the invitee's."""
    firm = Bookings(tables)
    for number, (start, status, more, _) in enumerate(CASES):
        firm.booked(f"m{number}", start, status, f"p{number}@mail.example", who=None, **more)
    planned = firm.planned()
    said = [planned[f"p{number}@mail.example"]["fields"]["BOOKING_STATUS"] for number in range(len(CASES))]
    assert said == [case[-1] for case in CASES]


def test_which_booking_speaks(tables: Tables) -> None:
    """The next one to come; without one, what happened last, be it a cancellation of something later."""
    firm = Bookings(tables).booked("old", "2026-05-01T14:00")
    firm.booked("gone", "2026-07-20T14:00", "cancelled", cancelled_at="2026-06-25T10:00")
    assert firm.fields() == {"MEETING_DATE": "2026-07-20", "BOOKING_STATUS": "cancelled"}
    firm.booked("later", "2026-07-10T14:00", "confirmed").booked("next", "2026-07-05T14:00", "confirmed")
    assert firm.fields() == {"MEETING_DATE": "2026-07-05", "BOOKING_STATUS": "booked"}


def test_a_move(tables: Tables) -> None:
    """The row moved away is silent; the new one says rescheduled and its own day."""
    firm = Bookings(tables).booked("a", "2026-07-02T14:00", "rescheduled", rescheduled_to_id="b")
    firm.booked("b", "2026-07-09T14:00", "confirmed", rescheduled_from_id="a")
    assert firm.fields() == {"MEETING_DATE": "2026-07-09", "BOOKING_STATUS": "rescheduled"}


def test_a_move_to_another_address(tables: Tables) -> None:
    """Both addresses say rescheduled and the day it is now on."""
    firm = Bookings(tables).booked("a", "2026-07-02T14:00", "rescheduled", rescheduled_to_id="b")
    firm.booked("b", "2026-07-09T14:00", "confirmed", address=BOB, rescheduled_from_id="a")
    same = {"MEETING_DATE": "2026-07-09", "BOOKING_STATUS": "rescheduled"}
    assert {key: row["fields"] for key, row in firm.planned().items()} == {ADA: same, BOB: same}


NOT_SENT: list[dict[str, Any]] = [
    {"decision": "internal"},
    {"role": "guest"},
    {"role": "co_host"},
    {"duplicate_of": "other"},
    {"status": "rejected"},
    {"status": "pending"},
    {"address": "no address"},
]


def test_who_is_not_sent(tables: Tables) -> None:
    """Staff, guests, hosts, duplicates, requests that nobody confirmed and what is no address have no record."""
    firm = Bookings(tables).booked("m", "2026-07-02T14:00", "confirmed")
    for number, more in enumerate(NOT_SENT):
        named = {"status": "confirmed", "address": f"p{number}@mail.example", **more}
        firm.booked(f"m{number}", "2026-07-02T14:00", **named)
    assert set(firm.planned()) == {ADA}


def test_somebody_who_never_booked(tables: Tables) -> None:
    """A contact of the CRM without a booking is not sent; somebody on no card who booked is."""
    firm = Bookings(tables, "ada", "ben").booked("m", "2026-07-02T14:00", "confirmed", address=BOB, who=None)
    assert set(firm.planned()) == {BOB}


def test_not_configured(tables: Tables) -> None:
    """Without [destinations.brevo] there is nothing, whatever was sent before."""
    firm = Bookings(tables).booked("m", "2026-07-02T14:00", "confirmed")
    firm.told("x@y.example:again:m", kind="reengagement", payload={"list": "Book again"})
    assert firm.planned(settings()) == {}


def test_every_kind_of_value(tables: Tables) -> None:
    """Names, phone in E.164, company, numbers, yes or no and days come as JSON of the attribute's type."""
    firm = Bookings(tables).booked("m", "2026-06-20T14:00", phone="(212) 555-0100")
    firm.phones = [{"said": "(212) 555-0100", "e164": "+12125550100"}]
    firm.details[0]["company"], firm.has_metrics = "Alder LLC", True
    assert firm.fields(rules=chosen(attributes=EVERY)) == {
        "FIRSTNAME": "Ada",
        "LASTNAME": "Alder",
        "SMS": "+12125550100",
        "COMPANY": "Alder LLC",
        "CALENDLY_EVENT_TYPE": "Check-in",
        "MEETINGS": 1,
        "ESCALATED": False,
        "LAST_MEETING": "2026-06-20",
    }


def test_one_phone_one_contact(tables: Tables) -> None:
    """A phone that two addresses gave goes to the one that booked first; the other goes without."""
    rules = chosen(attributes={"phone": "SMS"})
    firm = Bookings(tables).booked("b", "2026-06-22T14:00", phone="1", address=BOB, booked_at="2026-02-01T09:00")
    firm.booked("a", "2026-06-20T14:00", phone="1", booked_at="2026-01-01T09:00")
    firm.phones = [{"said": "1", "e164": "+12125550100"}]
    wanted = {key: row["fields"]["SMS"] for key, row in firm.planned(rules).items()}
    assert wanted == {ADA: "+12125550100", BOB: None}


def test_answers_to_questions(tables: Tables) -> None:
    """The newest answer to the first question that fits goes into its attribute; no answer is blank."""
    rules = chosen(questions={"role|title": "JOB_TITLE", "hear about us": "SOURCE", "plans": "PLANS"})
    firm = Bookings(tables)
    firm.booked("a", "2026-05-01T14:00", booked_at="2026-04-01T09:00", answers={"Your role?": "Clerk"})
    told = {"Your Job Title": "Owner", "How did you hear about us": "A friend", "Plans": " "}
    firm.booked("b", "2026-05-02T14:00", booked_at="2026-04-02T09:00", answers=told)
    wanted = firm.fields(rules=rules)
    assert {key: wanted[key] for key in ("JOB_TITLE", "SOURCE", "PLANS")} == {
        "JOB_TITLE": "Owner",
        "SOURCE": "A friend",
        "PLANS": None,
    }


def test_only_what_changed_is_due(tables: Tables) -> None:
    """What was accepted is not sent again; a changed day alone is; a blank only over what we wrote."""
    firm = Bookings(tables).booked("m", "2026-07-02T14:00", "confirmed")
    firm.told(ADA, kind="contact", payload={"MEETING_DATE": "2026-07-02", "BOOKING_STATUS": "booked"})
    assert firm.due() == {}
    firm.told(ADA, kind="contact", payload={"MEETING_DATE": "2026-07-01"})
    assert firm.due() == {ADA: {"MEETING_DATE": "2026-07-02"}}


def test_a_contact_merged(tables: Tables) -> None:
    """When two cards become one, both addresses stay records of their own and tell the one card's figures."""
    rules = chosen(attributes={**ATTRIBUTES, "meetings_count": "MEETINGS"})
    firm = Bookings(tables).booked("a", "2026-05-01T14:00").booked("b", "2026-05-02T14:00", address=BOB)
    firm.has_metrics = True
    planned = firm.planned(rules)
    assert {key: row["fields"]["MEETINGS"] for key, row in planned.items()} == {ADA: 2, BOB: 2}
    assert {row["contact_id"] for row in planned.values()} == {"ada"}


def test_retention(tables: Tables) -> None:
    """Whoever's last meeting lies before the time that is sent is skipped, with the reason; others are not."""
    firm = Bookings(tables).booked("a", "2026-01-05T14:00").booked("b", "2026-06-20T14:00", address=BOB)
    planned = firm.planned(chosen(retention_days=90))
    assert (planned[ADA]["operation"], planned[BOB]["operation"]) == ("skip", "create")
    assert "retention" in planned[ADA]["reason"]


def test_the_same_input_gives_the_same_plan(tables: Tables) -> None:
    """Two runs over the same rows differ in nothing."""
    firm = Bookings(tables).booked("a", "2026-05-01T14:00").booked("b", "2026-07-02T14:00", "confirmed", address=BOB)
    firm.attendees[0]["booked_at"] = utc("2026-04-01T09:00")
    assert firm.planned() == firm.planned()
