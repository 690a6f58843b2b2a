"""The fake Cal.com's state changes as the vendor's code changes rows."""

from datetime import timedelta

import pytest

from calendly_pipeline_tests.fakes.calcom.given import ADA, MONDAY, NOW, Firm, after
from calendly_pipeline_tests.fakes.calcom.shapes import booking_shape

LATER = after(hours=3)
AFTERWARDS = MONDAY + timedelta(hours=2)


@pytest.fixture
def firm() -> Firm:
    """A firm without bookings."""
    return Firm()


def booked(firm: Firm) -> str:
    """Ada books a review with Hanna."""
    return firm.world.book(NOW, firm.review, MONDAY, "Ada Example", ADA).uid


@pytest.mark.parametrize("verb", ["cancel", "mark_host_absent", "ask_to_move", "move"])
def test_changes_of_the_booking_row_move_updated_at(firm: Firm, verb: str) -> None:
    """A cancellation, an absent host and a move are seen by updatedAt."""
    uid, world = booked(firm), firm.world
    now = AFTERWARDS if verb == "mark_host_absent" else LATER
    arguments = {"cancel": (ADA,), "move": (MONDAY + timedelta(days=1), ADA)}.get(verb, ())
    getattr(world, verb)(now, uid, *arguments)
    assert booking_shape(world, world.bookings[uid])["updatedAt"] == f"{now:%Y-%m-%dT%H:%M:%S.000Z}"


@pytest.mark.parametrize("verb", ["confirm", "reject"])
def test_an_answer_to_a_request_moves_updated_at(firm: Firm, verb: str) -> None:
    """A pending booking that is accepted or refused is seen by updatedAt."""
    booking = firm.world.book(NOW, firm.planning, MONDAY, "Ada Example", ADA)
    assert booking.status == "PENDING"
    getattr(firm.world, verb)(LATER, booking.uid)
    assert (booking.status, booking.updated_at) == ({"confirm": "ACCEPTED", "reject": "REJECTED"}[verb], LATER)


def test_an_absent_attendee_leaves_updated_at_alone(firm: Firm) -> None:
    """Marking an attendee absent, and taking it back, is not seen by updatedAt."""
    uid = booked(firm)
    firm.world.mark_absent(AFTERWARDS, uid, ADA)
    absent = booking_shape(firm.world, firm.world.bookings[uid])
    assert (absent["attendees"][0]["absent"], absent["updatedAt"]) == (True, "2026-03-01T09:00:00.000Z")
    firm.world.unmark_absent(AFTERWARDS, uid, ADA)
    assert booking_shape(firm.world, firm.world.bookings[uid])["attendees"][0]["absent"] is False


def test_nobody_is_absent_before_the_start(firm: Firm) -> None:
    """A no-show can be set only once the meeting has begun."""
    uid = booked(firm)
    with pytest.raises(ValueError, match="before the start"):
        firm.world.mark_absent(LATER, uid, ADA)


def test_a_move_is_a_new_row_that_holds_the_reason(firm: Firm) -> None:
    """The old row is cancelled and linked both ways; the reason and the calendar id are on the new one."""
    uid, world = booked(firm), firm.world
    new = world.move(LATER, uid, MONDAY + timedelta(days=1), ADA, "Dentist")
    old_shape, new_shape = booking_shape(world, world.bookings[uid]), booking_shape(world, new)
    assert (old_shape["status"], old_shape["rescheduledToUid"], old_shape["cancellationReason"]) == (
        "cancelled", new.uid, "",
    )  # fmt: skip
    assert (new_shape["status"], new_shape["rescheduledFromUid"], new_shape["cancellationReason"]) == (
        "accepted", uid, "Dentist",
    )  # fmt: skip
    assert old_shape["rescheduledByEmail"] == new_shape["rescheduledByEmail"] == ADA
    assert new_shape["icsUid"] == f"{uid}@Cal.com"
    assert "reschedulingReason" not in new_shape
    assert new_shape["bookingFieldsResponses"]["rescheduleReason"] == "Dentist"


def test_a_request_to_move_has_no_successor_until_somebody_books(firm: Firm) -> None:
    """The host asks for another time: cancelled and rescheduled, and the link appears with the new booking."""
    uid, world = booked(firm), firm.world
    world.ask_to_move(LATER, uid, "Ill")
    assert "rescheduledToUid" not in booking_shape(world, world.bookings[uid])
    new = world.move(after(days=1), uid, MONDAY + timedelta(days=2), ADA)
    assert booking_shape(world, world.bookings[uid])["rescheduledToUid"] == new.uid


def test_an_occurrence_does_not_say_where_it_went(firm: Firm) -> None:
    """Occurrences are rows of their own; a moved one names only where it came from, and attendees have no phone."""
    world = firm.world
    first, second, _ = world.book_series(NOW, firm.review, MONDAY, "Ada Example", ADA, phone="+15550100")
    new = world.move(LATER, second.uid, MONDAY + timedelta(days=8), ADA)
    old_shape, new_shape = booking_shape(world, second), booking_shape(world, new)
    assert {"rescheduledToUid", "rescheduledByEmail"}.isdisjoint(old_shape)
    assert (new_shape["rescheduledFromUid"], new_shape["recurringBookingUid"]) == (second.uid, first.recurring_uid)
    assert "phoneNumber" not in new_shape["attendees"][0]


def test_the_rest_of_a_series_is_cancelled_row_by_row(firm: Firm) -> None:
    """Only occurrences to come are cancelled, each with its own updatedAt."""
    bookings = firm.world.book_series(NOW, firm.review, MONDAY, "Ada Example", ADA)
    assert bookings[0].recurring_uid
    firm.world.cancel_rest(AFTERWARDS, bookings[0].recurring_uid, ADA)
    assert [booking.status for booking in bookings] == ["ACCEPTED", "CANCELLED", "CANCELLED"]
    assert [booking.updated_at for booking in bookings] == [NOW, AFTERWARDS, AFTERWARDS]


def test_a_cancelled_seat_vanishes_without_a_trace(firm: Firm) -> None:
    """One seat cancelled deletes the attendee and leaves the booking as it was."""
    world = firm.world
    uid = world.book(NOW, firm.workshop, MONDAY, "Ada Example", ADA).uid
    world.take_seat(LATER, uid, "Bob", "bob@clients.example")
    world.cancel_seat(after(days=1), uid, ADA)
    shape = booking_shape(world, world.bookings[uid])
    assert [(a["email"], a["bookingFieldsResponses"]) for a in shape["attendees"]] == [
        ("bob@clients.example", {"name": "Bob"})
    ]
    assert (shape["status"], shape["updatedAt"]) == ("accepted", "2026-03-01T09:00:00.000Z")
    with pytest.raises(ValueError, match="last seat"):
        world.cancel_seat(after(days=1), uid, "bob@clients.example")


def test_a_cancelled_seated_booking_loses_its_attendees(firm: Firm) -> None:
    """In 2024-08-13 nobody is left on it; 2026-02-25 still names them; who cancelled is never said."""
    world = firm.world
    booking = world.book(NOW, firm.workshop, MONDAY, "Ada Example", ADA)
    world.cancel(LATER, booking.uid, "hanna@firm.example", "Too few")
    shape = booking_shape(world, booking)
    assert (shape["attendees"], shape["cancellationReason"]) == ([], "Too few")
    assert "cancelledByEmail" not in shape
    assert [a["email"] for a in booking_shape(world, booking, "2026-02-25")["attendees"]] == [ADA]


def test_co_hosts_and_guests_are_attendees(firm: Firm) -> None:
    """Hosts hold the organizer alone; guests stand among the attendees and in guests."""
    booking = firm.world.book(
        NOW, firm.review, MONDAY, "Ada Example", ADA, guests=["bob@clients.example"], co_hosts=[firm.admin]
    )
    shape = booking_shape(firm.world, booking)
    assert [host["email"] for host in shape["hosts"]] == ["hanna@firm.example"]
    assert {a["email"] for a in shape["attendees"]} == {ADA, "bob@clients.example", "olive@firm.example"}
    assert shape["guests"] == shape["bookingFieldsResponses"]["displayGuests"] == ["bob@clients.example"]


def test_what_is_deleted_leaves_its_bookings(firm: Firm) -> None:
    """A deleted event type is null, a deleted host the text `unknown`."""
    uid, world = booked(firm), firm.world
    world.delete_event_type(firm.review.id)
    world.delete_user(firm.hanna.id)
    shape = booking_shape(world, world.bookings[uid])
    assert (shape["eventType"], shape["eventTypeId"]) == (None, None)
    assert shape["hosts"] == [dict.fromkeys(("id", "name", "email", "displayEmail", "username"), "unknown")]


def test_managed_users_have_an_address_for_display(firm: Firm) -> None:
    """The client id inside a managed user's address is left out of displayEmail."""
    email = "ada+clx0123456789abcdefghijkl@clients.example"
    booking = firm.world.book(NOW, firm.review, MONDAY, "Ada Example", email)
    shape = booking_shape(firm.world, booking)
    assert (shape["attendees"][0]["email"], shape["attendees"][0]["displayEmail"]) == (email, ADA)
    assert shape["bookingFieldsResponses"]["displayEmail"] == ADA
