"""A booking, an event type and a user as Cal.com's API says them, in the old and in the documented version."""

import re
from typing import Any

from calendly_pipeline_tests.fakes.calcom.records import Attendee, Booking, EventType, User, iso, minutes_between
from calendly_pipeline_tests.fakes.calcom.world import World

MANAGED_USER_SUFFIX = re.compile(r"\+[a-zA-Z0-9]{25}")
KEEPS_FORMER_SEATS = ("2026-02-25", "2026-05-01")


def booking_shape(world: World, booking: Booking, version: str = "2024-08-13") -> dict[str, Any]:
    """One row of GET /v2/bookings; keys that the vendor leaves undefined are missing."""
    moved_to = world.successor(booking) if booking.rescheduled and not booking.recurring_uid else None
    shape = {
        "id": booking.id,
        "uid": booking.uid,
        "title": booking.title,
        "description": booking.description,
        "hosts": [_host(booking.host)],
        "status": booking.status.lower(),
        "cancellationReason": booking.cancellation_reason or "",
        "rescheduledFromUid": booking.from_uid,
        "rescheduledToUid": moved_to.uid if moved_to else None,
        "start": iso(booking.starts_at),
        "end": iso(booking.ends_at),
        "duration": minutes_between(booking.starts_at, booking.ends_at),
        "eventTypeId": booking.event_type.id if booking.event_type else None,
        "eventType": _event_type_of(booking),
        "meetingUrl": _location(booking),
        "location": _location(booking),
        "absentHost": booking.is_host_absent,
        "createdAt": iso(booking.created_at),
        "updatedAt": iso(booking.updated_at) if booking.updated_at else None,
        "metadata": {key: value for key, value in booking.metadata.items() if key != "videoCallUrl"},
        "rating": booking.rating,
        "icsUid": booking.ics_uid,
    }
    if booking.recurring_uid:
        shape["recurringBookingUid"] = booking.recurring_uid
    else:
        shape["rescheduledByEmail"] = _rescheduled_by(world, booking)
    shape |= _seats(booking, version) if booking.is_seated else _booker(booking)
    return {key: value for key, value in shape.items() if value is not None or key in _NULLABLE}


_NULLABLE = ("description", "eventTypeId", "eventType", "location", "meetingUrl", "updatedAt", "rating")


def _booker(booking: Booking) -> dict[str, Any]:
    said = dict(booking.responses)
    said["displayEmail"] = display_email(str(said.get("email", "")))
    if "guests" in said:
        said["displayGuests"] = [display_email(guest) for guest in said["guests"]]
    return {
        "attendees": [_attendee(a, with_phone=not booking.recurring_uid) for a in _in_some_order(booking)],
        "guests": said.get("guests"),
        "bookingFieldsResponses": said,
        "cancelledByEmail": booking.cancelled_by or "",
    }


def _seats(booking: Booking, version: str) -> dict[str, Any]:
    """Seats have answers of their own, without the address; a cancelled booking keeps them in later versions only."""
    listed = _in_some_order(booking)
    if booking.status == "CANCELLED" and version in KEEPS_FORMER_SEATS:
        listed = booking.former_attendees
    seats = []
    for seat in listed:
        answers = {slug: value for slug, value in seat.responses.items() if slug != "email"}
        shape = {**_attendee(seat), "bookingFieldsResponses": answers, "metadata": {}}
        seats.append({**shape, **({"seatUid": seat.seat_uid} if seat.seat_uid else {})})
    return {"attendees": seats}


def _in_some_order(booking: Booking) -> list[Attendee]:
    """The vendor's query asks for no order, so the booker is not always first."""
    return booking.attendees if booking.id % 2 else booking.attendees[::-1]


def _attendee(attendee: Attendee, *, with_phone: bool = True) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "name": attendee.name,
        "email": attendee.email,
        "displayEmail": display_email(attendee.email),
        "timeZone": attendee.time_zone,
        "language": attendee.language,
        "absent": attendee.is_absent,
    }
    return {**shape, "phoneNumber": attendee.phone} if with_phone and attendee.phone else shape


def _host(user: User | None) -> dict[str, Any]:
    if user is None:
        return dict.fromkeys(("id", "name", "email", "displayEmail", "username"), "unknown")
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "displayEmail": display_email(user.email),
        "username": user.username,
        "timeZone": user.time_zone,
    }


def _rescheduled_by(world: World, booking: Booking) -> str | None:
    former = world.bookings.get(booking.from_uid or "")
    if not booking.rescheduled and former is not None and former.rescheduled_by:
        return former.rescheduled_by
    return booking.rescheduled_by


def _event_type_of(booking: Booking) -> dict[str, Any] | None:
    return {"id": booking.event_type.id, "slug": booking.event_type.slug} if booking.event_type else None


def _location(booking: Booking) -> str | None:
    return booking.metadata.get("videoCallUrl") or booking.location


def display_email(address: str) -> str:
    """The address without the client id that managed users carry."""
    return MANAGED_USER_SUFFIX.sub("", address)


def old_booking_shape(booking: Booking) -> dict[str, Any]:
    """One row in version 2024-04-15, which an unknown or missing version falls back to."""
    host, event_type = booking.host, booking.event_type
    return {
        "id": booking.id,
        "title": booking.title,
        "userPrimaryEmail": host.email if host else None,
        "description": booking.description,
        "customInputs": {},
        "startTime": iso(booking.starts_at),
        "endTime": iso(booking.ends_at),
        "attendees": [
            {"id": a.id, "email": a.email, "name": a.name, "timeZone": a.time_zone, "bookingId": booking.id}
            for a in booking.attendees
        ],
        "metadata": dict(booking.metadata),
        "uid": booking.uid,
        "recurringEventId": booking.recurring_uid,
        "location": booking.location,
        "eventType": {"id": event_type.id, "slug": event_type.slug} if event_type else {},
        "status": booking.status,
        "paid": False,
        "user": {"id": host.id, "name": host.name, "email": host.email} if host else None,
        "rescheduled": booking.rescheduled,
    }


def event_type_shape(world: World, event_type: EventType) -> dict[str, Any]:
    """One row of GET /v2/event-types, with the keys that its description requires."""
    owner = world.users.get(event_type.owner_id)
    username = owner.username if owner else "unknown"
    return {
        "id": event_type.id,
        "ownerId": event_type.owner_id,
        "lengthInMinutes": event_type.minutes,
        "title": event_type.title,
        "slug": event_type.slug,
        "description": "",
        "locations": [{"type": "integration", "integration": "cal-video"}],
        "bookingFields": [_question(slug, label) for slug, label in event_type.questions.items()],
        "recurrence": None,
        "disableGuests": False,
        "metadata": {},
        "price": 0,
        "currency": "usd",
        "lockTimeZoneToggleOnBookingPage": False,
        "seatsPerTimeSlot": event_type.seats,
        "forwardParamsSuccessRedirect": None,
        "successRedirectUrl": None,
        "isInstantEvent": False,
        "scheduleId": None,
        "hidden": event_type.is_hidden,
        "bookingRequiresAuthentication": False,
        "users": [username],
        "bookingUrl": f"https://cal.com/{username}/{event_type.slug}",
    }


def _question(slug: str, label: str) -> dict[str, Any]:
    return {
        "isDefault": False,
        "type": "text",
        "slug": slug,
        "label": label,
        "required": False,
        "placeholder": "",
        "hidden": False,
    }


def me_shape(user: User) -> dict[str, Any]:
    """GET /v2/me."""
    return {
        "id": user.id,
        "username": user.username,
        "email": user.email,
        "name": user.name,
        "avatarUrl": None,
        "bio": None,
        "timeFormat": 12,
        "defaultScheduleId": None,
        "weekStart": "Sunday",
        "timeZone": user.time_zone,
        "organizationId": None,
    }
