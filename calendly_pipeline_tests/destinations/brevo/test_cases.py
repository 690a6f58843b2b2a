"""The table of cases in the destinations README: what a change of a booking does to a contact of Brevo."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline_tests.conftest import Tables, utc
from calendly_pipeline_tests.destinations.brevo.given import ADA, ATTRIBUTES, Bookings, chosen
from calendly_pipeline_tests.destinations.brevo.sending import Sending, sending

HALF = "ada@work.example"
RULES = {
    "attributes": {**ATTRIBUTES, "meetings_count": "MEETINGS"},
    "default_list": "Everybody else",
    "reengagement": {"list": "Book again"},
    "events": {"max_age_days": 30},
}
NOTHING: dict[str, Any] = {}
Change = Callable[[Bookings], Any]


@pytest.fixture
def desk(tables: Tables, tmp_path: Path) -> Iterator[Sending]:
    """An account with a number for meetings."""
    with sending(tables, tmp_path, chosen(**RULES)) as desk:
        desk.given.world.add_attribute("MEETINGS", "float")
        yield desk


def booked(firm: Bookings) -> None:
    """A meeting on 10 July."""
    firm.booked("a", "2026-07-10T14:00", "confirmed", booked_at="2026-06-20T10:00")


def came(firm: Bookings) -> None:
    """A meeting of 26 June that was held."""
    firm.booked("a", "2026-06-26T14:00", booked_at="2026-06-20T10:00")


def changed(**cells: Any) -> Change:
    """The same booking with other words of its state."""

    def change(firm: Bookings) -> None:
        firm.meetings[0] |= {key: cells[key] for key in ("status",) if key in cells}
        firm.attendees[0] |= {key: value for key, value in cells.items() if key != "status"}
        if cells.get("status") in ("cancelled", "rescheduled"):
            firm.attendees[0]["status"] = cells["status"]

    return change


def moved(firm: Bookings) -> None:
    """The booking is moved to 17 July."""
    changed(status="rescheduled", rescheduled_to_id="b")(firm)
    firm.booked("b", "2026-07-17T14:00", "confirmed", rescheduled_from_id="a", booked_at="2026-06-28T10:00")


CANCELLED = changed(status="cancelled", cancelled_at=utc("2026-06-28T10:00"), cancelled_by="invitee")
MISSED = changed(status="no_show", is_no_show=True, is_held=False)
HELD = changed(status="completed", is_no_show=False, is_held=True)


def rebooked(firm: Bookings) -> None:
    """Another booking after the cancellation."""
    firm.booked("c", "2026-07-24T14:00", "confirmed", booked_at="2026-06-29T10:00")


CASES: dict[str, tuple[list[Change], dict[str, Any], dict[str, str], list[str]]] = {
    "moved": (
        [booked, moved],
        {"MEETING_DATE": "2026-07-17", "BOOKING_STATUS": "rescheduled"},
        NOTHING,
        ["meeting_rescheduled"],
    ),
    "cancelled": (
        [booked, CANCELLED],
        {"BOOKING_STATUS": "cancelled"},
        {"Book again": "joined"},
        ["meeting_cancelled"],
    ),
    "booked again": (
        [booked, CANCELLED, rebooked],
        {"MEETING_DATE": "2026-07-24", "BOOKING_STATUS": "booked"},
        {"Book again": "left"},
        ["meeting_booked"],
    ),
    "no-show set": (
        [came, MISSED],
        {"BOOKING_STATUS": "no_show", "MEETINGS": 0.0},
        {"Book again": "joined"},
        ["meeting_no_show"],
    ),
    "no-show unset": (
        [came, MISSED, HELD],
        {"BOOKING_STATUS": "completed", "MEETINGS": 1.0},
        {"Book again": "left"},
        ["meeting_no_show_removed"],
    ),
}


def shown(desk: Sending) -> tuple[dict[str, Any], set[str], list[str]]:
    """Ada's attributes, her lists and the names of her events."""
    contact = desk.given.world.of(ADA)
    names = {desk.given.world.lists[number][0] for number in contact.list_ids}
    return dict(contact.attributes), names, [event.name for event in desk.given.world.events]


@pytest.mark.parametrize("case", CASES)
def test_a_change_of_a_booking(desk: Sending, tables: Tables, case: str) -> None:
    """Exactly the attributes, lists and events of the table change, and the next send changes nothing."""
    steps, attributes, lists, events = CASES[case]
    firm = Bookings(tables)
    firm.has_metrics = True
    for step in steps[:-1]:
        step(firm)
        desk.send(firm)
    before = shown(desk)
    steps[-1](firm)
    counts = desk.send(firm)
    after = shown(desk)
    assert {name: value for name, value in after[0].items() if before[0].get(name) != value} == attributes
    joined = dict.fromkeys(after[1] - before[1], "joined") | dict.fromkeys(before[1] - after[1], "left")
    assert joined == lists
    assert after[2][len(before[2]) :] == events
    assert (counts.rejected, counts.unknown, desk.send(firm).planned, desk.given.world.granted) == (0, 0, 0, [])


def test_a_contact_merged(desk: Sending, tables: Tables) -> None:
    """Two cards become one in the CRM: nobody is made, merged or deleted here; the one card's figures go to both."""
    firm = Bookings(tables, "ada", "two")
    firm.has_metrics = True
    firm.booked("a", "2026-06-26T14:00").booked("b", "2026-06-27T14:00", address=HALF, who="two")
    desk.send(firm)
    assert [desk.attributes(address)["MEETINGS"] for address in (ADA, HALF)] == [1.0, 1.0]
    ids = set(desk.given.world.contacts)
    firm.contacts = firm.contacts[:1]
    firm.matches[1]["contact_id"] = "ada"
    wrote = desk.writes()
    desk.send(firm)
    assert [desk.attributes(address)["MEETINGS"] for address in (ADA, HALF)] == [2.0, 2.0]
    assert (set(desk.given.world.contacts), desk.writes() - wrote) == (ids, 1)
    assert desk.send(firm).planned == 0
