"""Rows of the fake Cal.com's database, named as ours; `shapes` says them the vendor's way."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

SHORT_UUID_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


@dataclass
class User:
    """Somebody with a Cal.com account."""

    id: int
    name: str
    email: str
    username: str
    time_zone: str = "Europe/Berlin"
    is_member: bool = True
    """Of the firm; False: a host elsewhere who invites the firm's people."""
    is_admin: bool = False
    """Sees the bookings of every member."""


@dataclass
class EventType:
    """What can be booked."""

    id: int
    title: str
    slug: str
    minutes: int
    owner_id: int
    requires_confirmation: bool = False
    seats: int | None = None
    """Seats per slot; None: one booker."""
    is_hidden: bool = False
    questions: dict[str, str] = field(default_factory=dict)
    """Slug -> label."""
    location: str = "integrations:daily"


@dataclass
class Attendee:
    """One row of the attendee table; booker, guest, seat or co-host."""

    id: int
    name: str
    email: str
    time_zone: str
    language: str = "en"
    phone: str | None = None
    is_absent: bool = False
    is_co_host: bool = False
    seat_uid: str | None = None
    responses: dict[str, Any] = field(default_factory=dict)


@dataclass
class Booking:
    """One row of the booking table."""

    id: int
    uid: str
    title: str
    event_type: EventType | None
    host: User | None
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    updated_at: datetime | None
    status: str = "ACCEPTED"
    description: str | None = None
    attendees: list[Attendee] = field(default_factory=list)
    former_attendees: list[Attendee] = field(default_factory=list)
    """Seats at the moment a seated booking was cancelled as a whole."""
    responses: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    location: str | None = None
    cancellation_reason: str | None = None
    cancelled_by: str | None = None
    rescheduled: bool | None = None
    rescheduled_by: str | None = None
    from_uid: str | None = None
    recurring_uid: str | None = None
    is_seated: bool = False
    is_host_absent: bool = False
    rating: int | None = None
    ics_uid: str | None = None
    scheduled_row: dict[str, Any] = field(default_factory=dict)
    """The row as it was when the booking was accepted: what MEETING_ENDED will say."""

    def attendee(self, email: str) -> Attendee:
        """The attendee with this address; raises KeyError."""
        found = [attendee for attendee in self.attendees if attendee.email == email]
        if not found:
            raise KeyError(f"{self.uid} has no attendee {email}")
        return found[0]


@dataclass
class Key:
    """An API key or an access token of an OAuth app."""

    token: str
    user_id: int
    scopes: frozenset[str] | None = None
    """None: an API key, which may do everything."""
    is_expired: bool = False


class Numbers:
    """Ids in a fixed order for a seed."""

    def __init__(self, seed: int, first: int = 9001) -> None:
        self.seed = seed
        self._next = first

    def number(self) -> int:
        """The next database id."""
        self._next += 1
        return self._next - 1

    def short_uid(self) -> str:
        """22 characters without 0, O, I and l, as Cal.com's short-uuid makes them."""
        number, letters = int.from_bytes(self._digest()), ""
        for _ in range(22):
            number, rest = divmod(number, len(SHORT_UUID_LETTERS))
            letters += SHORT_UUID_LETTERS[rest]
        return letters

    def long_uid(self) -> str:
        """A UUID, for seats and series."""
        text = self._digest().hex()
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"

    def _digest(self) -> bytes:
        return hashlib.sha256(f"{self.seed}/{self.number()}".encode()).digest()


def iso(moment: datetime) -> str:
    """UTC with milliseconds and Z, as JavaScript writes a Date."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def minutes_between(start: datetime, end: datetime) -> int:
    """Whole minutes."""
    return int((end - start) / timedelta(minutes=1))
