"""The fake Cal.com posts what the vendor posts, in order, with its signature."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from calendly_pipeline_tests.fakes.calcom import webhooks
from calendly_pipeline_tests.fakes.calcom.given import ADA, MONDAY, NOW, Firm, after

AFTERWARDS = MONDAY + timedelta(hours=2)


@pytest.fixture
def firm() -> Firm:
    """A firm without bookings."""
    return Firm()


def triggers(firm: Firm) -> list[str]:
    """What was posted, in order."""
    return [body["triggerEvent"] for body in firm.world.deliveries()]


def last(firm: Firm) -> dict[str, Any]:
    """The newest body."""
    return firm.world.deliveries()[-1]


def test_every_trigger_in_the_order_of_events(firm: Firm) -> None:
    """Requests, answers, moves, cancellations, no-shows and ends are posted as they happen."""
    world = firm.world
    asked = world.book(NOW, firm.planning, MONDAY, "Ada Example", ADA)
    world.confirm(after(hours=1), asked.uid)
    refused = world.book(after(hours=2), firm.planning, MONDAY, "Bob", "bob@clients.example")
    world.reject(after(hours=3), refused.uid, "Full")
    moved = world.move(after(hours=4), asked.uid, MONDAY + timedelta(hours=1), "hanna@firm.example")
    world.mark_absent(AFTERWARDS, moved.uid, ADA)
    world.mark_host_absent(AFTERWARDS, moved.uid)
    world.end(moved.uid)
    world.post_unknown(AFTERWARDS)
    assert triggers(firm) == [
        "BOOKING_REQUESTED", "BOOKING_CREATED", "BOOKING_REQUESTED", "BOOKING_REJECTED", "BOOKING_RESCHEDULED",
        "BOOKING_NO_SHOW_UPDATED", "MEETING_ENDED", "BOOKING_DAYDREAMED",
    ]  # fmt: skip


def test_a_booking_says_who_and_what(firm: Firm) -> None:
    """Statuses are upper case, answers come with their labels, co-hosts are the team and no attendees."""
    firm.world.book(
        NOW, firm.review, MONDAY, "Ada Example", ADA,
        guests=["bob@clients.example"], co_hosts=[firm.admin], answers={"goal": "Sleep"},
    )  # fmt: skip
    body = last(firm)
    payload = body["payload"]
    assert body["createdAt"] == "2026-03-01T09:00:00.000Z"
    assert (payload["status"], payload["startTime"], payload["length"]) == ("ACCEPTED", "2026-03-09T15:00:00Z", 60)
    assert payload["responses"]["goal"]["label"] == "Your goal?"
    assert [a["email"] for a in payload["attendees"]] == [ADA, "bob@clients.example"]
    assert (payload["attendees"][0]["firstName"], payload["attendees"][0]["utcOffset"]) == ("Ada", -240)
    assert [member["email"] for member in payload["team"]["members"]] == ["olive@firm.example"]
    assert payload["organizer"]["utcOffset"] == 60


def test_a_move_names_the_new_booking_and_the_old_one(firm: Firm) -> None:
    """payload.uid is the new booking's, rescheduleUid the old one's."""
    old = firm.world.book(NOW, firm.review, MONDAY, "Ada Example", ADA)
    new = firm.world.move(after(hours=1), old.uid, MONDAY + timedelta(days=1), ADA)
    payload = last(firm)["payload"]
    assert (payload["uid"], payload["rescheduleUid"]) == (new.uid, old.uid)
    assert (payload["rescheduleStartTime"], payload["rescheduledBy"]) == ("2026-03-09T15:00:00Z", ADA)


def test_a_cancellation_of_the_whole_and_of_a_seat(firm: Firm) -> None:
    """Both say BOOKING_CANCELLED of the same uid; a seat's names one attendee and nobody who cancelled."""
    world = firm.world
    uid = world.book(NOW, firm.workshop, MONDAY, "Ada Example", ADA).uid
    world.take_seat(after(hours=1), uid, "Bob", "bob@clients.example")
    assert [a["email"] for a in last(firm)["payload"]["attendees"]] == ["bob@clients.example"]
    assert last(firm)["payload"]["attendeeSeatId"]
    world.cancel_seat(after(hours=2), uid, ADA)
    seat = last(firm)["payload"]
    world.cancel(after(hours=3), uid, "hanna@firm.example", "Too few")
    whole = last(firm)["payload"]
    assert (seat["uid"], seat["status"], [a["email"] for a in seat["attendees"]]) == (uid, "CANCELLED", [ADA])
    assert (whole["uid"], whole["status"]) == (uid, "CANCELLED")
    assert [a["email"] for a in whole["attendees"]] == ["bob@clients.example"]
    assert "cancelledBy" not in seat
    assert (whole["cancelledBy"], whole["seatsPerTimeSlot"]) == ("hanna@firm.example", 12)
    assert whole["startTime"] == "2026-03-09T15:00:00+00:00"


def test_the_end_is_told_flat_or_wrapped_and_is_old(firm: Firm) -> None:
    """MEETING_ENDED is the row as it was at booking, flat without a time of its own or wrapped."""
    world = firm.world
    uid = world.book(NOW, firm.review, MONDAY, "Ada Example", ADA).uid
    world.mark_host_absent(AFTERWARDS, uid)
    world.end(uid)
    flat = last(firm)
    world.end(uid, is_wrapped=True)
    wrapped = last(firm)
    assert {"createdAt", "payload"} & set(flat) == {"createdAt"}
    assert (flat["uid"], flat["createdAt"], flat["noShowHost"]) == (uid, "2026-03-01T09:00:00.000Z", False)
    assert wrapped["payload"]["uid"] == uid
    assert wrapped["createdAt"] == "2026-03-09T16:00:07.000Z"


def test_a_no_show_names_nothing_but_itself(firm: Firm) -> None:
    """The body has the booking's uid and the marked addresses, and no times."""
    uid = firm.world.book(NOW, firm.review, MONDAY, "Ada Example", ADA).uid
    firm.world.mark_absent(AFTERWARDS, uid, ADA)
    assert set(last(firm)["payload"]) == {"message", "bookingUid", "bookingId", "attendees"}
    firm.world.unmark_absent(AFTERWARDS, uid, ADA)
    assert last(firm)["payload"]["attendees"] == [{"email": ADA, "noShow": False}]


def test_nothing_is_posted_for_hosts_elsewhere(firm: Firm) -> None:
    """A booking that a member merely attends is not posted to the firm."""
    firm.world.book(NOW, firm.elsewhere, MONDAY, "Hanna", "hanna@firm.example")
    assert triggers(firm) == []


def test_the_signature_is_bare_hex_over_the_raw_body(firm: Firm) -> None:
    """HMAC-SHA256 in lower-case hex without a prefix; without a secret a literal stands there."""
    firm.world.book(NOW, firm.review, MONDAY, "Ädä", ADA)
    body = webhooks.raw(last(firm))
    assert json.loads(body) == last(firm)
    assert webhooks.sign("secret", body) == hmac.new(b"secret", body, hashlib.sha256).hexdigest()
    assert webhooks.sign(None, body) == "no-secret-provided"
