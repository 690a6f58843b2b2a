"""What Cal.com posts to a subscriber, in the payload version 2021-10-20.

Read in the vendor's code (Cal.diy, July 2026): BOOKING_CANCELLED of one seat names the whole booking's uid and status
CANCELLED, and differs by the single attendee and the missing `cancelledBy`; MEETING_ENDED is the row as it was when
the booking was accepted, so it may be older than everything else known.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from calendly_pipeline_tests.fakes.calcom.records import Attendee, Booking, User, iso, minutes_between

Body = dict[str, Any]
SIGNATURE_HEADER = "X-Cal-Signature-256"
NO_SECRET = "no-secret-provided"  # noqa: S105 - the vendor's literal


def sign(secret: str | None, body: bytes) -> str:
    """What stands in X-Cal-Signature-256: lower-case hex without a prefix, over the raw body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() if secret else NO_SECRET


def raw(body: Body) -> bytes:
    """The bytes of a body, as JSON.stringify writes them."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def booking_body(
    trigger: str, now: datetime, booking: Booking, attendees: Sequence[Attendee] | None = None, **extra: Any
) -> Body:
    """A booking trigger; `attendees` when it speaks of some of them only, as for a seat."""
    listed = booking.attendees if attendees is None else attendees
    status = {"BOOKING_REQUESTED": "PENDING", "BOOKING_CANCELLED": "CANCELLED", "BOOKING_REJECTED": "REJECTED"}
    event_type, host = booking.event_type, booking.host
    payload = {
        "type": event_type.slug if event_type else "",
        "title": booking.title,
        "description": booking.description or "",
        "additionalNotes": booking.description or "",
        "customInputs": {},
        "startTime": _second(booking.starts_at, trigger),
        "endTime": _second(booking.ends_at, trigger),
        "organizer": _organizer(host, booking.starts_at) if host else None,
        "responses": _labelled(booking),
        "userFieldsResponses": {},
        "attendees": [_person(a, booking.starts_at) for a in listed if not a.is_co_host],
        "team": _team(booking),
        "location": booking.location,
        "destinationCalendar": None,
        "uid": booking.uid,
        "iCalUID": booking.ics_uid,
        "iCalSequence": 0,
        "bookingId": booking.id,
        "eventTypeId": event_type.id if event_type else None,
        "eventTitle": event_type.title if event_type else None,
        "length": minutes_between(booking.starts_at, booking.ends_at),
        "price": 0,
        "currency": "usd",
        "metadata": dict(booking.metadata),
        "status": status.get(trigger, "ACCEPTED"),
        **(
            {"seatsPerTimeSlot": event_type.seats, "seatsShowAttendees": False}
            if booking.is_seated and event_type
            else {}
        ),
        **extra,
    }
    return {"triggerEvent": trigger, "createdAt": iso(now), "payload": {k: v for k, v in payload.items() if v != ""}}


def rescheduled_extra(old: Booking, by: str) -> Body:
    """What a reschedule says of the booking it leaves."""
    return {
        "rescheduleId": old.id,
        "rescheduleUid": old.uid,
        "rescheduleStartTime": _second(old.starts_at),
        "rescheduleEndTime": _second(old.ends_at),
        "rescheduledBy": by,
    }


def no_show_body(now: datetime, booking: Booking, email: str, is_absent: bool) -> Body:
    """Somebody was marked, or the mark taken back; nothing else of the booking is said."""
    said = f"{email} marked as no-show" if is_absent else f"{email} unmarked as no-show"
    payload = {
        "message": said,
        "bookingUid": booking.uid,
        "bookingId": booking.id,
        "attendees": [{"email": email, "noShow": is_absent}],
    }
    return {"triggerEvent": "BOOKING_NO_SHOW_UPDATED", "createdAt": iso(now), "payload": payload}


def ended_body(booking: Booking, *, is_wrapped: bool) -> Body:
    """MEETING_ENDED: flat and without a time of its own, or wrapped by a newer builder."""
    if not is_wrapped:
        return {"triggerEvent": "MEETING_ENDED", **booking.scheduled_row}
    created = iso(booking.ends_at + timedelta(seconds=7))
    return {"triggerEvent": "MEETING_ENDED", "createdAt": created, "payload": dict(booking.scheduled_row)}


def unknown_body(now: datetime) -> Body:
    """A trigger that no description names."""
    return {"triggerEvent": "BOOKING_DAYDREAMED", "createdAt": iso(now), "payload": {"uid": "?", "mood": "hopeful"}}


def database_row(booking: Booking) -> Body:
    """The booking as its database row, which scheduled triggers carry."""
    return {
        "id": booking.id,
        "uid": booking.uid,
        "userId": booking.host.id if booking.host else None,
        "userPrimaryEmail": booking.host.email if booking.host else None,
        "eventTypeId": booking.event_type.id if booking.event_type else None,
        "title": booking.title,
        "description": booking.description,
        "responses": dict(booking.responses),
        "startTime": iso(booking.starts_at),
        "endTime": iso(booking.ends_at),
        "location": booking.location,
        "createdAt": iso(booking.created_at),
        "updatedAt": iso(booking.updated_at) if booking.updated_at else None,
        "status": booking.status,
        "paid": False,
        "cancellationReason": booking.cancellation_reason,
        "rescheduled": booking.rescheduled,
        "fromReschedule": booking.from_uid,
        "recurringEventId": booking.recurring_uid,
        "metadata": dict(booking.metadata),
        "iCalUID": booking.ics_uid,
        "noShowHost": booking.is_host_absent,
        "attendees": [{"name": a.name, "email": a.email} for a in booking.attendees],
    }


def _second(moment: datetime, trigger: str = "") -> str:
    """Seconds precision; a cancellation is formatted in the server's own zone, with an offset."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}" + ("+00:00" if trigger == "BOOKING_CANCELLED" else "Z")


def _organizer(host: User, at: datetime) -> Body:
    return {
        "id": host.id,
        "name": host.name,
        "email": host.email,
        "username": host.username,
        "timeZone": host.time_zone,
        "language": {"locale": "en"},
        "timeFormat": "h:mma",
        "utcOffset": _offset(host.time_zone, at),
    }


def _person(attendee: Attendee, at: datetime) -> Body:
    first, _, last = attendee.name.partition(" ")
    return {
        "name": attendee.name,
        "email": attendee.email,
        "firstName": first,
        "lastName": last.strip(),
        "timeZone": attendee.time_zone,
        "language": {"locale": attendee.language},
        "phoneNumber": attendee.phone,
        "utcOffset": _offset(attendee.time_zone, at),
    }


def _team(booking: Booking) -> Body | None:
    """Co-hosts are the team in a webhook, though attendees in the API (Cal.diy's code)."""
    members = [{"name": a.name, "email": a.email, "timeZone": a.time_zone} for a in booking.attendees if a.is_co_host]
    return {"name": "Advisers", "id": 1, "members": members} if members else None


def _labelled(booking: Booking) -> Body:
    labels = {"name": "your_name", "email": "email_address", "guests": "additional_guests"}
    questions = booking.event_type.questions if booking.event_type else {}
    return {
        slug: {"label": labels.get(slug, questions.get(slug, slug)), "value": value, "isHidden": False}
        for slug, value in booking.responses.items()
    }


def _offset(zone: str, at: datetime) -> int:
    offset = at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    return int(offset.total_seconds() // 60)
