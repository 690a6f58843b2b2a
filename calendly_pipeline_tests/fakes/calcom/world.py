"""The fake Cal.com's state: who books what, and what each change touches. No HTTP.

Every verb takes the time it happens at. `updated_at` moves only where the vendor's code writes the booking row: a
cancellation, confirmation, refusal, reschedule or absent host; an absent attendee or a seat is another table
(Cal.diy's code, July 2026).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from calendly_pipeline_tests.fakes.calcom import webhooks
from calendly_pipeline_tests.fakes.calcom.records import Attendee, Booking, EventType, Key, Numbers, User


class World:
    """Users, event types and bookings of one Cal.com instance, and what it posted to the firm's webhook."""

    def __init__(self, seed: int = 1) -> None:
        self.numbers = Numbers(seed)
        self.users: dict[int, User] = {}
        self.event_types: dict[int, EventType] = {}
        self.bookings: dict[str, Booking] = {}
        self.keys: dict[str, Key] = {}
        self.keep_deliveries = True
        self._posted: list[webhooks.Body] = []
        self._moved: dict[str, str] = {}

    def deliveries(self) -> list[webhooks.Body]:
        """Every body posted so far, in order; `webhooks.raw` gives its bytes."""
        return list(self._posted)

    def add_user(self, name: str, email: str, **details: Any) -> User:
        """A user; `is_member=False` hosts elsewhere, `is_admin` sees every member's bookings."""
        number = self.numbers.number()
        username = details.pop("username", email.partition("@")[0].lower())
        user = User(number, name, email, username, **details)
        self.users[number] = user
        return user

    def add_key(self, user: User, token: str = "", *, scopes: Sequence[str] | None = None) -> str:
        """A key of the user's; with `scopes` an OAuth app's access token instead."""
        token = token or ("" if scopes is not None else "cal_") + "live_" + self.numbers.short_uid()
        self.keys[token] = Key(token, user.id, None if scopes is None else frozenset(scopes))
        return token

    def add_event_type(self, owner: User, title: str, minutes: int = 30, **details: Any) -> EventType:
        """An event type; see EventType for the details."""
        number = self.numbers.number()
        slug = details.pop("slug", "-".join(title.lower().split()))
        event_type = EventType(number, title, slug, minutes, owner.id, **details)
        self.event_types[number] = event_type
        return event_type

    def book(
        self,
        now: datetime,
        event_type: EventType,
        starts_at: datetime,
        name: str,
        email: str,
        *,
        guests: Sequence[str] = (),
        co_hosts: Sequence[User] = (),
        host: User | None = None,
        answers: Mapping[str, Any] | None = None,
        phone: str | None = None,
        time_zone: str = "America/New_York",
        **row: Any,
    ) -> Booking:
        """A booking by an invitee, pending when the event type wants confirmation; `row` sets fields of Booking."""
        host = host or self.users[event_type.owner_id]
        booker = self._attendee(name, email, time_zone, phone)
        booker.responses = {"name": name, "email": email, **(answers or {})}
        booking = Booking(
            self.numbers.number(),
            row.pop("uid", None) or self.numbers.short_uid(),
            f"{event_type.title} between {host.name} and {name}",
            event_type,
            host,
            starts_at,
            starts_at + timedelta(minutes=event_type.minutes),
            now,
            now,
            status="PENDING" if event_type.requires_confirmation else "ACCEPTED",
            attendees=[booker, *(self._attendee("", guest, time_zone) for guest in guests)],
            location=event_type.location,
            is_seated=event_type.seats is not None,
            **row,
        )
        booking.attendees += [self._attendee(user.name, user.email, user.time_zone, co_host=True) for user in co_hosts]
        booking.responses = _responses(booking, booker.responses, guests, phone)
        if booking.ics_uid is None:
            booking.ics_uid = f"{booking.uid}@Cal.com"
        if booking.is_seated:
            booker.seat_uid = self.numbers.long_uid()
        self.bookings[booking.uid] = booking
        self._announce(now, booking)
        return booking

    def book_series(
        self, now: datetime, event_type: EventType, starts_at: datetime, name: str, email: str, **details: Any
    ) -> list[Booking]:
        """Occurrences of one recurring booking, each a row of its own; `count` of them, `days_between` apart."""
        count, days = details.pop("count", 3), details.pop("days_between", 7)
        starts = [starts_at + timedelta(days=days * place) for place in range(count)]
        series = self.numbers.long_uid()
        return [self.book(now, event_type, start, name, email, recurring_uid=series, **details) for start in starts]

    def take_seat(self, now: datetime, uid: str, name: str, email: str, **answers: Any) -> Attendee:
        """One more person on a seated booking; the booking row need not change, the webhook names this one alone."""
        booking = self.bookings[uid]
        seat = self._attendee(name, email, "America/New_York")
        seat.seat_uid = self.numbers.long_uid()
        seat.responses = {"name": name, "email": email, **answers}
        booking.attendees.append(seat)
        self._post(
            booking, webhooks.booking_body("BOOKING_CREATED", now, booking, [seat], attendeeSeatId=seat.seat_uid)
        )
        return seat

    def cancel_seat(self, now: datetime, uid: str, email: str) -> None:
        """One person leaves a seated booking: the attendee row is deleted, the booking row need not change."""
        booking = self.bookings[uid]
        if len(booking.attendees) < 2:
            raise ValueError("the last seat is not cancelled, the booking is")
        seat = booking.attendee(email)
        booking.attendees.remove(seat)
        self._post(booking, webhooks.booking_body("BOOKING_CANCELLED", now, booking, [seat], requestReschedule=False))

    def confirm(self, now: datetime, uid: str) -> None:
        """The host accepts a pending booking."""
        booking = self._touch(now, uid)
        booking.status = "ACCEPTED"
        self._announce(now, booking)

    def reject(self, now: datetime, uid: str, reason: str = "") -> None:
        """The host refuses a pending booking."""
        booking = self._touch(now, uid)
        booking.status = "REJECTED"
        self._post(booking, webhooks.booking_body("BOOKING_REJECTED", now, booking, rejectionReason=reason))

    def cancel(self, now: datetime, uid: str, by: str, reason: str = "") -> None:
        """Cancel a booking as a whole; a seated one loses its attendees."""
        booking = self._touch(now, uid)
        self._cancelled(booking, by, reason)
        self._post(
            booking,
            webhooks.booking_body(
                "BOOKING_CANCELLED", now, booking, cancelledBy=by, cancellationReason=reason, requestReschedule=False
            ),
        )
        if booking.is_seated:
            booking.former_attendees, booking.attendees = booking.attendees, []

    def cancel_rest(self, now: datetime, recurring_uid: str, by: str, reason: str = "") -> None:
        """Cancel the occurrences of a series that are still to come."""
        for booking in self.series(recurring_uid):
            if booking.starts_at > now and booking.status == "ACCEPTED":
                self.cancel(now, booking.uid, by, reason)

    def ask_to_move(self, now: datetime, uid: str, reason: str = "") -> None:
        """The host asks for another time: the booking is cancelled and marked rescheduled, with no successor yet."""
        booking = self._touch(now, uid)
        by = booking.host.email if booking.host else ""
        self._cancelled(booking, by, reason)
        booking.rescheduled, booking.rescheduled_by = True, by
        extra: dict[str, Any] = {"cancelledBy": by, "cancellationReason": reason, "requestReschedule": True}
        self._post(booking, webhooks.booking_body("BOOKING_CANCELLED", now, booking, **extra))

    def move(self, now: datetime, uid: str, starts_at: datetime, by: str, reason: str = "") -> Booking:
        """A new row at another time; the old one is cancelled. The reason sits on the NEW row, as does its iCalUID."""
        old = self._touch(now, uid)
        is_pending = bool(old.event_type and old.event_type.requires_confirmation and not _is_host(old, by))
        new = replace(
            old,
            id=self.numbers.number(),
            uid=self.numbers.short_uid(),
            starts_at=starts_at,
            ends_at=starts_at + (old.ends_at - old.starts_at),
            created_at=now,
            updated_at=now,
            status="PENDING" if is_pending else "ACCEPTED",
            attendees=[replace(a, id=self.numbers.number(), is_absent=False) for a in old.attendees],
            responses={**old.responses, **({"rescheduleReason": reason} if reason else {})},
            cancellation_reason=reason or None,
            cancelled_by=None,
            rescheduled=None,
            rescheduled_by=None,
            from_uid=old.uid,
            is_host_absent=False,
        )
        old.status, old.rescheduled, old.rescheduled_by = "CANCELLED", True, by
        self.bookings[new.uid] = new
        self._moved[old.uid] = new.uid
        new.scheduled_row = webhooks.database_row(new)
        trigger = "BOOKING_REQUESTED" if is_pending else "BOOKING_RESCHEDULED"
        self._post(new, webhooks.booking_body(trigger, now, new, **webhooks.rescheduled_extra(old, by)))
        return new

    def mark_absent(self, now: datetime, uid: str, email: str, is_absent: bool = True) -> None:
        """Say that an attendee did not come; the booking row is not touched. Raises ValueError before the start."""
        booking = self.bookings[uid]
        _require_started(booking, now)
        booking.attendee(email).is_absent = is_absent
        self._post(booking, webhooks.no_show_body(now, booking, email, is_absent))

    def unmark_absent(self, now: datetime, uid: str, email: str) -> None:
        """Take the mark back."""
        self.mark_absent(now, uid, email, is_absent=False)

    def mark_host_absent(self, now: datetime, uid: str, is_absent: bool = True) -> None:
        """Say that the host did not come; nothing is posted."""
        _require_started(self.bookings[uid], now)
        self._touch(now, uid).is_host_absent = is_absent

    def end(self, uid: str, *, is_wrapped: bool = False) -> None:
        """Post MEETING_ENDED, as the scheduled job does."""
        self._post(self.bookings[uid], webhooks.ended_body(self.bookings[uid], is_wrapped=is_wrapped))

    def post_unknown(self, now: datetime) -> None:
        """Post a trigger that nobody has described."""
        self._posted.append(webhooks.unknown_body(now))

    def forget_updated_at(self, uid: str) -> None:
        """Make it an old row, whose updatedAt is null."""
        self.bookings[uid].updated_at = None

    def delete_booking(self, uid: str) -> None:
        """The row is gone, as when an administrator deletes it; nothing is posted."""
        del self.bookings[uid]

    def delete_event_type(self, number: int) -> None:
        """Its bookings stay, without event type."""
        del self.event_types[number]
        for booking in self.bookings.values():
            if booking.event_type and booking.event_type.id == number:
                booking.event_type = None

    def delete_user(self, number: int) -> None:
        """The user's bookings stay, hosted by `unknown`."""
        del self.users[number]
        for booking in self.bookings.values():
            if booking.host and booking.host.id == number:
                booking.host = None

    def series(self, recurring_uid: str) -> list[Booking]:
        """The occurrences of a recurring booking by start."""
        found = [booking for booking in self.bookings.values() if booking.recurring_uid == recurring_uid]
        return sorted(found, key=lambda booking: booking.starts_at)

    def successor(self, booking: Booking) -> Booking | None:
        """The booking that was made by moving this one."""
        return self.bookings.get(self._moved.get(booking.uid, ""))

    def _attendee(
        self, name: str, email: str, zone: str, phone: str | None = None, *, co_host: bool = False
    ) -> Attendee:
        return Attendee(self.numbers.number(), name, email, zone, phone=phone, is_co_host=co_host)

    def _touch(self, now: datetime, uid: str) -> Booking:
        booking = self.bookings[uid]
        booking.updated_at = now
        return booking

    def _announce(self, now: datetime, booking: Booking) -> None:
        trigger = "BOOKING_REQUESTED" if booking.status == "PENDING" else "BOOKING_CREATED"
        seats: dict[str, Any] = {"attendeeSeatId": booking.attendees[0].seat_uid} if booking.is_seated else {}
        booking.scheduled_row = webhooks.database_row(booking)
        self._post(booking, webhooks.booking_body(trigger, now, booking, **seats))

    def _post(self, booking: Booking, body: webhooks.Body) -> None:
        if self.keep_deliveries and (booking.host is None or booking.host.is_member):
            self._posted.append(body)

    @staticmethod
    def _cancelled(booking: Booking, by: str, reason: str) -> None:
        booking.status, booking.cancelled_by, booking.cancellation_reason = "CANCELLED", by, reason or None


def _responses(booking: Booking, given: Mapping[str, Any], guests: Sequence[str], phone: str | None) -> dict[str, Any]:
    said: dict[str, Any] = {**given, "location": {"value": booking.location, "optionValue": ""}}
    if guests:
        said["guests"] = list(guests)
    if phone:
        said["attendeePhoneNumber"] = phone
    return said


def _is_host(booking: Booking, email: str) -> bool:
    return booking.host is not None and booking.host.email == email


def _require_started(booking: Booking, now: datetime) -> None:
    if now < booking.starts_at:
        raise ValueError("nobody can be absent before the start (Cal.com's own rule)")
