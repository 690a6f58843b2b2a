"""What Ortto should be told of people and their bookings."""

import hashlib
import json
from datetime import timedelta
from typing import Any

from calendly_pipeline.settings_ortto import METRICS, NOT_OF_PEOPLE
from calendly_pipeline_tests.conftest import AS_OF, Tables, utc
from calendly_pipeline_tests.destinations.ortto.given import ADA, Booked, accepted, chosen, happenings, ledger
from calendly_pipeline_tests.metrics.given import settings


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


PERSON = _md5(ADA)


def key(meeting: str, transition: str, turn: int = 1) -> str:
    """The key of an activity of Ada's."""
    return f"activity|{meeting}|{PERSON}|{transition}|{turn}"


def test_nothing_while_ortto_is_absent(tables: Tables) -> None:
    """Without its table nothing is planned for it."""
    assert Booked(tables).booking("m").wanted(settings()) == {}


def test_a_booking_is_a_person_and_an_activity(tables: Tables) -> None:
    """The person has what the newest booking and the contact's metrics say; the activity has the booking's details."""
    rows = Booked(tables).booking("m", answers={"Topic": "Pension"}, phone="x").wanted()
    person, booked = rows[f"person|{ADA}"], rows[key("m", "created")]
    assert person["fields"] == {
        "str::first": "Ada",
        "str::last": "Alder",
        "Booking status": "completed",
        "Meeting event type": "check_in",
        "Meeting time": "2026-06-10T14:00:00Z",
        "Last meeting": "2026-06-10",
        "Meetings in 12 months": 1,
        "Review status": "none",
    }
    assert booked["fields"] == {
        "transition": "created",
        "address": ADA,
        "created": "2026-06-01T09:00:00Z",
        "Event type": "check_in",
        "Invitee name": "Ada Alder",
        "Host": "Dana Host",
        "Start time": "2026-06-10T14:00:00Z",
        "End time": "2026-06-10T14:30:00Z",
        "Duration in minutes": 30,
        "Created at": "2026-06-01T09:00:00Z",
        "Answers": "Topic: Pension",
        "Booking tool": "Calendly",
    }
    assert (person["contact_id"], booked["contact_id"], booked["is_once"], booked["is_repeatable"]) == (
        "ada",
        "ada",
        True,
        True,
    )


def test_every_field_of_a_record_is_known(tables: Tables) -> None:
    """Settings, SQL and adapter name the same metrics and attributes."""
    firm = Booked(tables).booking("old", status="rescheduled", rescheduled_to_id="m")
    firm.booking("m", status="cancelled", rescheduled_from_id="old", cancelled_at=utc("2026-06-05T09:00"))
    using = chosen(fields={metric: metric for metric in METRICS}, consent_question="May we write?")
    rows = firm.told(using)
    acts = {name for row in rows if row["kind"] == "activity" for name in _names(row)}
    (person,) = [row for row in rows if row["kind"] == "person"]
    assert set(_names(person)) == {*METRICS, "form_consent"}
    assert acts | {"form_consent"} == set(NOT_OF_PEOPLE)


BOOKED_AT, START, END = "2026-06-01T09:00:00Z", "2026-06-10T14:00:00Z", "2026-06-10T14:30:00Z"
CANCELLED: dict[str, Any] = {"cancelled_at": utc("2026-06-05T09:00")}
STATES: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "booked": ("confirmed", {}, {"created": BOOKED_AT}),
    "pending": ("pending", {}, {}),
    "turned-down": ("rejected", {}, {}),
    "cancelled": ("cancelled", CANCELLED, {"created": BOOKED_AT, "cancelled": "2026-06-05T09:00:00Z"}),
    "known-by-export": ("cancelled", {}, {"created": BOOKED_AT, "cancelled": START}),
    "no-show": ("no_show", {}, {"created": BOOKED_AT, "no_show": END}),
    "moved-away": ("rescheduled", {}, {"created": BOOKED_AT}),
    "moved-here": ("completed", {"rescheduled_from_id": "x"}, {"rescheduled": BOOKED_AT}),
    "duplicate": ("completed", {"duplicate_of": "x"}, {}),
    "guest": ("completed", {"role": "guest"}, {}),
}


def test_what_happened(tables: Tables) -> None:
    """Each state of a booking has its activities, each at its own moment."""
    firm = Booked(tables)
    for name, (status, named, _) in STATES.items():
        firm.booking(name, status=status, address=f"{name}@x.example", **named)
    rows = firm.wanted()
    of_each = {name: {k: row for k, row in rows.items() if k.startswith(f"activity|{name}|")} for name in STATES}
    assert {name: happenings(found) for name, found in of_each.items()} == {
        name: happened for name, (_, _, happened) in STATES.items()
    }
    people = {name.removeprefix("person|").removesuffix("@x.example") for name in rows if name.startswith("person")}
    assert people == {name for name, (_, _, happened) in STATES.items() if happened}


def test_a_move_is_one_activity_on_the_new_booking(tables: Tables) -> None:
    """The old booking keeps its own; the new one says where it came from; no cancellation is told."""
    firm = Booked(tables).booking("old", status="rescheduled", rescheduled_to_id="new")
    firm.booking("new", "2026-06-12T14:00", rescheduled_from_id="old", booked_at=utc("2026-06-04T08:00"))
    rows = firm.wanted()
    assert {row for row in rows if row.startswith("activity")} == {key("old", "created"), key("new", "rescheduled")}
    moved = rows[key("new", "rescheduled")]["fields"]
    assert (moved["created"], moved["Previous start time"]) == ("2026-06-04T08:00:00Z", "2026-06-10T14:00:00Z")
    assert rows[f"person|{ADA}"]["fields"]["Meeting time"] == "2026-06-12T14:00:00Z"


def test_who_cancelled(tables: Tables) -> None:
    """Name and role of who cancelled, and why, as far as they are known."""
    firm = Booked(tables)
    for by in ("host", "invitee", "unknown"):
        firm.booking(by, status="cancelled", cancelled_by=by, cancellation_reason="Ill", **CANCELLED)
    rows = firm.wanted()
    said = [rows[key(by, "cancelled")]["fields"] for by in ("host", "invitee", "unknown")]
    assert [fields["Cancel reason"] for fields in said] == ["Ill"] * 3
    assert [(fields.get("Cancelled by"), fields.get("Canceller type")) for fields in said] == [
        ("Dana Host", "host"),
        ("Ada Alder", "invitee"),
        (None, None),
    ]


def test_a_cancellation_of_unknown_time_waits_for_the_start(tables: Tables) -> None:
    """An export does not say when: nothing is told of the future, and the reason says what it waits for."""
    firm = Booked(tables).booking("m", "2026-07-10T14:00", status="cancelled")
    assert "start has passed" in firm.wanted()[key("m", "cancelled")]["blocked_reason"]
    later = AS_OF + timedelta(days=11)
    assert firm.wanted(as_of=later)[key("m", "cancelled")]["blocked_reason"] is None


def test_a_no_show_mark_set_and_unset_and_set_again(tables: Tables) -> None:
    """Each change of the mark that Ortto was told of is one more activity, a second later each time."""
    ledger(tables)
    marked: dict[str, Any] = {"is_no_show": True, "is_held": False}
    unmarked: dict[str, Any] = {"is_no_show": False, "is_held": True}
    told: list[dict[str, Any]] = []
    seen: list[list[tuple[str, str]]] = []
    for turn, mark in enumerate([unmarked, marked, unmarked, unmarked, marked, unmarked]):
        rows = Booked(tables).booking("m", **mark).wanted()
        acts = {name: row for name, row in rows.items() if "no_show" in name}
        seen.append([(name.split("|", 3)[3], row["fields"]["created"][-9:]) for name, row in acts.items()])
        known = {row["record_key"] for row in told}
        told += [accepted(turn + 1, name, "activity") for name in acts if name not in known]
        ledger(tables, *told)
    assert seen == [
        [],
        [("no_show|1", "14:30:00Z")],
        [("no_show_removed|1", "14:30:01Z")],
        [],
        [("no_show|2", "14:30:02Z")],
        [("no_show_removed|2", "14:30:03Z")],
    ]


def test_a_mark_nobody_told_ortto_of_is_not_taken_back(tables: Tables) -> None:
    """Nor is one whose state is unknown."""
    ledger(tables, accepted(1, key("m", "no_show"), "activity"))
    assert "no_show_removed" not in happenings(Booked(tables).booking("m", is_no_show=None).wanted())
    ledger(tables)
    assert "no_show_removed" not in happenings(Booked(tables).booking("m", is_no_show=False).wanted())


def test_a_booking_keeps_the_key_it_was_sent_under(tables: Tables) -> None:
    """A row of an export that later gets the tool's own id is not told twice, also when the answer was lost."""
    tables.given("meetings.meeting_aliases", {"meeting_id": "m", "alias_id": "hash"})
    firm = Booked(tables).booking("m")
    for outcome in ("accepted", "unknown"):
        ledger(tables, {**accepted(1, key("hash", "created"), "activity"), "outcome": outcome})
        assert [name for name in firm.wanted() if name.startswith("activity")] == [key("hash", "created")]


def test_only_chosen_activities(tables: Tables) -> None:
    """A transition that is switched off is not told."""
    firm = Booked(tables).booking("m", status="no_show")
    assert set(happenings(firm.wanted(chosen(activities=["no_show"])))) == {"no_show"}
    assert happenings(firm.wanted(chosen(activities=[]))) == {}


def test_staff_are_no_people(tables: Tables) -> None:
    """Whoever is internal is left out; whoever is matched to nobody is told, without metrics."""
    firm = Booked(tables).booking("m", who=None, decision="internal")
    firm.booking("n", who=None, address="eve@x.example", name="Eve", decision="unmatched")
    rows = firm.wanted()
    assert [name for name in rows if name.startswith("person")] == ["person|eve@x.example"]
    assert set(rows["person|eve@x.example"]["fields"]) == {
        "str::first",
        "Booking status",
        "Meeting event type",
        "Meeting time",
    }


def test_an_address_of_two_contacts_has_no_metrics(tables: Tables) -> None:
    """A shared address is one person of Ortto; whose numbers it should hold nobody can say."""
    firm = Booked(tables, "ada", "ben").booking("m", also=("ben",))
    fields = firm.wanted()[f"person|{ADA}"]["fields"]
    assert ("Last meeting" in fields, fields["Booking status"]) == (False, "completed")


def test_consent_of_the_form(tables: Tables) -> None:
    """Only the question that the firm names, answered as it says, carries consent; without the setting none does."""
    said = [("May we write?", "Yes"), ("may we write? ", " yes "), ("May we write?", "No"), ("Something else", "Yes")]
    firm = Booked(tables)
    for number, (question, answer) in enumerate(said):
        firm.booking(f"m{number}", address=f"{number}@x.example", answers={question: answer})

    def given(**named: Any) -> list[bool]:
        rows = firm.wanted(chosen(**named))
        return ["form_consent" in rows[f"person|{number}@x.example"]["fields"] for number in range(len(said))]

    assert given(consent_question="May we write?") == [True, True, False, False]
    assert given() == [False] * 4


def test_retention_is_about_what_happened(tables: Tables) -> None:
    """Ninety days unless said otherwise; a window replaces them; a coming meeting keeps its person within."""
    old = utc("2026-02-01T09:00")
    firm = Booked(tables).booking("m", "2026-02-10T14:00", booked_at=old)
    firm.booking("n", "2026-07-10T14:00", "confirmed", address="eve@x.example", booked_at=old)
    by_key = {name: row["operation"] for name, row in firm.plan().items()}
    assert by_key == {
        f"person|{ADA}": "skip",
        key("m", "created"): "skip",
        "person|eve@x.example": "create",
        key("n", "created").replace(PERSON, _md5("eve@x.example")): "skip",
    }
    window = firm.plan(chosen(retention_from="2026-02-01", retention_until="2026-02-28"))
    assert window[key("m", "created")]["operation"] == "create"
    assert {row["operation"] for row in firm.plan(chosen(retention_days=400)).values()} == {"create"}


def test_touchable_is_about_people(tables: Tables) -> None:
    """Fields that may not be touched are left out of people and not out of activities."""
    plan = Booked(tables).booking("m").plan(chosen(touchable=["Last meeting"]))
    assert set(plan[f"person|{ADA}"]["payload"]) == {"Last meeting"}
    assert plan[key("m", "created")]["payload"]["Event type"] == "check_in"


def _names(row: dict[str, Any]) -> list[str]:
    return list(json.loads(row["fields"]))
