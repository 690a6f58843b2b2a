"""Moves that the vendor tells, and what they keep the exports' guesses from."""

from typing import Any

import pytest

from calendly_pipeline_tests.api_rows import (
    API,
    Row,
    booking,
    cancelled,
    event,
    event_body,
    invitee,
    invitee_body,
    live_meetings,
    posted,
    told,
)
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.rows import attendees_of, calendly, insights

OLD, NEW = "2026-02-27T15:00", "2026-03-05T15:00"
MOVED: dict[str, Any] = cancelled(at="2026-01-20T14:00")
BOOKED_NEW = {"created_at": "2026-01-20T14:00:00.600000Z"}


def uri(event_id: str, invitee_id: str) -> str:
    """An invitee's URI."""
    return f"{API}/scheduled_events/{event_id}/invitees/{invitee_id}"


def old_row(**fields: Any) -> list[Row]:
    """The booking that was moved away, by API."""
    moved = {"rescheduled": True, "new_invitee": uri("E2", "I2"), **fields}
    return [event("E1", OLD, **MOVED), invitee("I1", "E1", **{**MOVED, **moved})]


def new_row(email: str = "ada@example.com", **fields: Any) -> list[Row]:
    """The booking it was moved to, by API."""
    came = {"old_invitee": uri("E1", "I1"), **BOOKED_NEW, **fields}
    return [event("E2", NEW, **BOOKED_NEW), invitee("I2", "E2", email, **came)]


def test_a_told_move_needs_no_address(tables: Tables) -> None:
    """Old and new invitee name each other; the person may have changed the address, the type, the host."""
    found = live_meetings(tables, old_row(), new_row("ada@new.example"))
    assert (found["e1"]["status"], found["e1"]["rescheduled_to_id"]) == ("rescheduled", "calendly:e2")
    assert (found["e2"]["rescheduled_from_id"], found["e2"]["reschedule_evidence"]) == ("calendly:e1", "linked")
    assert (found["e2"]["chain_id"], found["e2"]["reschedule_count"]) == ("calendly:e1", 1)


@pytest.mark.parametrize(
    "rows",
    [
        [*old_row(new_invitee=None), *new_row()],
        [*old_row(), *new_row(old_invitee=None)],
        [event("E1", OLD), invitee("I1", "E1"), *new_row()],
        [
            told("invitee.created", invitee_body("I1", "E1"), event_body("E1", OLD), at="2026-01-02T14:00"),
            told("invitee.created", invitee_body("I2", "E2", old_invitee=uri("E1", "I1"), **BOOKED_NEW),
                 event_body("E2", NEW, **BOOKED_NEW), at="2026-01-20T14:00"),
        ],
    ],
    ids=["new tells", "old tells", "old not read again", "cancellation not delivered yet"],
)  # fmt: skip
def test_one_side_of_a_move_is_enough(tables: Tables, rows: list[Row]) -> None:
    """Whichever of the two was told first or names the other: the old one has moved and counts no more."""
    found = live_meetings(tables, rows)
    assert [found[name]["status"] for name in ("e1", "e2")] == ["rescheduled", "completed"]
    assert found["e2"]["chain_id"] == "calendly:e1"


def test_a_move_to_what_is_not_loaded_is_no_cancellation(tables: Tables) -> None:
    """Moved away to a month that no pull has read yet: rescheduled, and no move to the other tool."""
    found = live_meetings(tables, old_row(), insights("c", "2026-03-02T15:00", created_at="2026-01-20T14:05:00.000Z"))
    assert (found["e1"]["status"], found["e1"]["rescheduled_to_id"]) == ("rescheduled", None)
    assert found["c"]["rescheduled_from_id"] is None
    assert attendees_of(tables)["e1", "ada@example.com"]["status"] == "rescheduled"


def test_what_came_from_elsewhere_is_no_move_from_calendly(tables: Tables) -> None:
    """A Cal.com booking that was moved within Cal.com is not what a cancelled Calendly booking became."""
    gone = [event("E1", OLD, **MOVED), invitee("I1", "E1", **MOVED)]
    came = {"createdAt": "2026-01-20T14:05:00.000Z"}
    fresh = live_meetings(tables, gone, booking("c", "2026-03-02T15:00", **came))
    assert fresh["c"]["rescheduled_from_id"] == "calendly:e1"
    moved = live_meetings(tables, gone, booking("c", "2026-03-02T15:00", **came, rescheduledFromUid="other"))
    assert (moved["c"]["rescheduled_from_id"], moved["e1"]["status"]) == (None, "cancelled")


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        ("csv", "csv", True),
        ("api", "csv", False),
        ("csv", "api", False),
        ("api", "api", False),
    ],
)
def test_the_api_keeps_guesses_away(tables: Tables, old: str, new: str, moved: bool) -> None:
    """Cancelled for good, or booked afresh, says the API: the exports' likeness of the two rows proves nothing."""
    rows = {
        "old": {
            "csv": [calendly("2026-02-27 10:00", event_uuid="e1", invitee_uuid="i1", canceled="true")],
            "api": [event("E1", OLD, **MOVED), invitee("I1", "E1", **MOVED)],
        },
        "new": {
            "csv": [calendly("2026-03-05 10:00", event_uuid="e2", invitee_uuid="i2", line=3,
                             event_created_date_time="2026-01-20 09:00")],
            "api": [event("E2", NEW, **BOOKED_NEW), invitee("I2", "E2", **BOOKED_NEW)],
        },
    }  # fmt: skip
    found = live_meetings(tables, rows["old"][old], rows["new"][new])
    assert found["e1"]["status"] == ("rescheduled" if moved else "cancelled")


def test_a_link_settles_which_of_two_it_was(tables: Tables) -> None:
    """Where an export leaves two candidates, the vendor's link decides, and the other one is a booking of its own."""
    rows = [
        calendly("2026-02-27 10:00", event_uuid="e1", invitee_uuid="i1", canceled="true", line=2),
        calendly(
            "2026-03-05 10:00", event_uuid="e2", invitee_uuid="i2", line=3, event_created_date_time="2026-01-20 09:00"
        ),
        calendly(
            "2026-03-06 10:00", event_uuid="e3", invitee_uuid="i3", line=4, event_created_date_time="2026-01-21 09:00"
        ),
    ]
    assert live_meetings(tables, rows)["e1"]["status"] == "cancelled"
    assert live_meetings(tables, rows, new_row())["e1"]["rescheduled_to_id"] == "calendly:e2"


def test_a_link_to_what_only_an_export_knows(tables: Tables) -> None:
    """The API names the ids of both sides, so a side known from an export alone is found; one with other ids is not."""
    target = calendly(
        "2026-03-05 10:00", event_uuid="e2", invitee_uuid="i2", event_created_date_time="2026-01-20 09:00"
    )
    assert live_meetings(tables, old_row(), target)["e2"]["reschedule_evidence"] == "linked"
    other = {**target, "event_uuid": "e9", "invitee_uuid": "i9"}
    assert live_meetings(tables, old_row(), other)["e9"]["rescheduled_from_id"] is None
    nameless = {**target, "event_uuid": None, "invitee_uuid": None}
    found = live_meetings(tables, old_row(), nameless)
    assert found["e1"]["reschedule_evidence"] == "inferred"


def test_a_link_from_what_is_not_loaded(tables: Tables) -> None:
    """A booking that came from another one than the likely row of an export is not that row's successor."""
    gone = calendly("2026-02-27 10:00", event_uuid="e1", invitee_uuid="i1", canceled="true")
    came = new_row(old_invitee=uri("E9", "I9"))
    assert live_meetings(tables, gone, came)["e1"]["status"] == "cancelled"
    nameless = {**gone, "event_uuid": None, "invitee_uuid": None}
    assert live_meetings(tables, nameless, came)["e2"]["reschedule_evidence"] == "inferred"


def test_one_of_a_group_moves(tables: Tables) -> None:
    """A person who moves out of a group leaves the event standing."""
    moved = {**MOVED, "rescheduled": True, "new_invitee": uri("E2", "I2")}
    group = [event("E1", OLD), invitee("I1", "E1", **moved), invitee("I3", "E1", "bo@example.com")]
    found = live_meetings(tables, group, new_row())
    assert (found["e1"]["status"], found["e1"]["is_rescheduled"]) == ("completed", False)
    assert found["e1"]["cancelled_at"] is None
    assert attendees_of(tables)["e1", "ada@example.com"]["rescheduled_to_id"] == "calendly:e2"


def test_links_in_a_circle_are_no_chain(tables: Tables) -> None:
    """Bodies that name each other in a circle lose their links and nothing else."""
    same = {"created_at": "2026-01-02T14:00:00.000000Z", "rescheduled": True}
    names = ("E1", "E2", "E3")
    rows = [
        row
        for n, name in enumerate(names)
        for row in (
            event(name, OLD, **MOVED),
            invitee(f"I{name}", name, **{**MOVED, **same}, new_invitee=uri(names[n - 1], f"I{names[n - 1]}")),
        )
    ]
    found = live_meetings(tables, rows, event("E4", OLD), invitee("I4", "E4", old_invitee=uri("E4", "I4")))
    assert {row["status"] for row in found.values()} == {"rescheduled", "completed"}
    assert len(tables.rows("meetings.attendees")) == 4
    assert tables.rows("meetings.moves") == []
    assert tables.bad_rows("meetings", "moves_go_forward") == []


def test_two_claim_to_come_from_one(tables: Tables) -> None:
    """One booking moves once: of two that claim it the first booked is believed."""
    third = {"old_invitee": uri("E1", "I1"), "created_at": "2026-01-21T14:00:00.000000Z"}
    rows = [*old_row(new_invitee=None), *new_row(), event("E3", NEW), invitee("I3", "E3", **third)]
    found = live_meetings(tables, rows)
    assert (found["e2"]["rescheduled_from_id"], found["e3"]["rescheduled_from_id"]) == ("calendly:e1", None)


@pytest.mark.parametrize(
    "rows",
    [
        [*booking("U1", OLD, status="cancelled", rescheduledToUid="U2"), *booking("U2", NEW)],
        [*booking("U1", OLD, status="cancelled"), *booking("U2", NEW, rescheduledFromUid="U1")],
        [*booking("U1", OLD), posted("BOOKING_RESCHEDULED", "U2", NEW, at="2026-03-01T10:00", rescheduleUid="U1")],
    ],
    ids=["old tells", "new tells", "webhook"],
)
def test_moves_within_cal_com(tables: Tables, rows: list[Row]) -> None:
    """Cal.com's uids link the rows of each person, whichever side or route names them."""
    found = live_meetings(tables, rows)
    assert [found[uid]["status"] for uid in ("U1", "U2")] == ["rescheduled", "completed"]
    assert (found["U2"]["rescheduled_from_id"], found["U2"]["reschedule_evidence"]) == ("calcom:U1", "linked")


def test_a_moved_cal_com_booking_whose_person_changed_the_address(tables: Tables) -> None:
    """No person links the two rows, and the old one has moved all the same."""
    new = booking("U2", NEW, [{"name": "Ada", "email": "ada@new.example"}], rescheduledFromUid="U1")
    found = live_meetings(tables, booking("U1", OLD, status="cancelled"), new)
    assert (found["U1"]["status"], found["U2"]["rescheduled_from_id"]) == ("rescheduled", None)
