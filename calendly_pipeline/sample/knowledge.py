"""What the firm's files can tell about each meeting: its last state in the last export that shows it.

A fact that came after that export stays unknown, and a meeting that no export shows does not exist.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from calendly_pipeline.sample.days import iso
from calendly_pipeline.sample.files import has_ended, is_marked_absent, shows
from calendly_pipeline.sample.findings import Key
from calendly_pipeline.sample.world import Ending, Export, Firm, Meeting, Seat

MIGRATION_MOVE_DAYS = 7


@dataclass(frozen=True)
class KnownSeat:
    """An invitee as the files show it."""

    seat: Seat
    ending: Ending | None
    is_no_show: bool | None

    @property
    def address(self) -> str:
        """The address as compared."""
        return self.seat.identity.address.lower()


@dataclass(frozen=True)
class KnownMeeting:
    """A meeting as the files show it."""

    key: Key
    meeting: Meeting
    kinds: frozenset[str]
    seats: tuple[KnownSeat, ...]
    source_event_id: str | None

    @property
    def knows_host(self) -> bool:
        """Whether any file names the host: Cal.com's bookings lists do not."""
        return bool(self.kinds & {"calendly", "insights"})

    @property
    def booked_at(self) -> datetime | None:
        """When it was booked, where a file says so."""
        return self.meeting.booked_at if self.knows_host else None


def known_meetings(firm: Firm) -> dict[Meeting, KnownMeeting]:
    """Every meeting that a file shows."""
    found = ((meeting, [export for export in firm.exports if shows(export, meeting)]) for meeting in firm.meetings)
    return {meeting: _known(meeting, exports) for meeting, exports in found if exports}


def moves(known: dict[Meeting, KnownMeeting]) -> Iterator[tuple[KnownMeeting, KnownSeat, KnownMeeting]]:
    """Every real move that the files give away: the old meeting, the invitee's old place, the new meeting."""
    for old in known.values():
        for place in old.seats:
            new = known.get(place.ending.moved_to) if place.ending and place.ending.moved_to else None
            if new and new.booked_at:
                yield old, place, new


def is_within_migration_window(old: Meeting, new: Meeting) -> bool:
    """Whether a Cal.com booking came soon enough after a Calendly one to be its other end."""
    return timedelta(0) <= new.booked_at - old.booked_at <= timedelta(days=MIGRATION_MOVE_DAYS)


def _known(meeting: Meeting, exports: list[Export]) -> KnownMeeting:
    last = max(exports, key=lambda export: export.at)
    kinds = frozenset(export.kind for export in exports)
    has_id = any(export.has_uuids for export in exports)
    key = (meeting.platform, meeting.uid)
    if not has_id:
        key = (meeting.platform, meeting.seat.identity.address.lower(), iso(meeting.starts_at))
    seats = tuple(
        KnownSeat(
            seat, seat.ending if has_ended(seat, last) else None,
            is_marked_absent(seat, last) if kinds & {"calendly", "insights"} else None,
        )
        for seat in meeting.seats
    )  # fmt: skip
    return KnownMeeting(key, meeting, kinds, seats, meeting.uid if has_id else None)
