"""What became of every known meeting and attendee: status, moves, duplicates across the two tools."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from calendly_pipeline.sample.days import AS_OF
from calendly_pipeline.sample.findings import AttendeeTruth, Key, MeetingTruth, Place
from calendly_pipeline.sample.knowledge import KnownMeeting, moves
from calendly_pipeline.sample.world import Identity, Meeting

INACTIVE = {"cancelled", "rescheduled", "rejected"}
Known = dict[Meeting, KnownMeeting]


@dataclass(frozen=True)
class Table:
    """The findings while they are being completed."""

    meetings: dict[Key, MeetingTruth]
    attendees: dict[Place, AttendeeTruth]


def read_off(known: Known) -> Table:
    """Meetings and attendees as each stands alone, before moves and duplicates are recognised."""
    table = Table({}, {})
    for one in known.values():
        meeting = _meeting(one)
        table.meetings[one.key] = meeting
        for attendee in _attendees(one, meeting):
            table.attendees[one.key, attendee.address] = attendee
    return table


def link_moves(table: Table, known: Known) -> None:
    """Join the two ends of every move that the files give away, then count along the chains."""
    for old, place, new in moves(known):
        _change(table, old.key, status="rescheduled", rescheduled_to=new.key, cancelled_by=None)
        _change(table, new.key, rescheduled_from=old.key)
        _change_place(table, old.key, place.address, status="rescheduled", rescheduled_to=new.key)
        _change_place(table, new.key, place.address, rescheduled_from=old.key)
    for key in list(table.meetings):
        first, count = key, 0
        while (earlier := table.meetings[first].rescheduled_from) is not None:
            first, count = earlier, count + 1
        _change(table, key, chain=first, reschedule_count=count)


def mark_duplicates(table: Table, known: Known) -> tuple[Key, ...]:
    """Let one of two bookings of the same hour count; returns the Cal.com bookings that could not be settled."""
    conflicts = []
    for one in known.values():
        copy = known.get(one.meeting.same_as) if one.meeting.same_as else None
        if copy is None:
            continue
        if not copy.knows_host and len(list(_candidates(known, one))) > 1:
            conflicts.append(copy.key)
        else:
            _merge(table, one.key, copy.key, one.seats[0].address)
    return tuple(conflicts)


def _meeting(one: KnownMeeting) -> MeetingTruth:
    meeting, kind = one.meeting, one.meeting.event_type
    status = _status(one, [seat.is_no_show or False for seat in one.seats if seat.ending is None])
    names_type = one.kinds & {"past", "upcoming"}
    return MeetingTruth(
        key=one.key, platform=meeting.platform, source_event_id=one.source_event_id, status=status,
        is_status_certain=not (meeting.is_declined and one.kinds == {"insights"}),
        starts_at=meeting.starts_at, ends_at=meeting.ends_at, booked_at=one.booked_at,
        event_type_name=kind.name if meeting.platform == "calendly" else kind.calcom_name if names_type else None,
        meeting_type=kind.meeting_type, is_portfolio_review=kind.meeting_type == "portfolio_review",
        host_email=meeting.host.email if one.knows_host else None,
        host_name=meeting.host.name if one.knows_host else None,
        cancelled_by=_cancelled_by(one) if status == "cancelled" else None,
    )  # fmt: skip


def _status(one: KnownMeeting, absences: list[bool]) -> str:
    """The status by the order in which the cases are settled; `absences` of those who still hold a place."""
    meeting = one.meeting
    if not absences:
        is_moved = meeting.platform == "calcom" and any(seat.ending and seat.ending.moved_to for seat in one.seats)
        return "rescheduled" if is_moved else "cancelled"
    if meeting.is_pending:
        return "pending"
    if meeting.ends_at > AS_OF:
        return "confirmed"
    return "no_show" if all(absences) or meeting.is_host_absent else "completed"


def _cancelled_by(one: KnownMeeting) -> str:
    """Cal.com's files do not say who cancelled."""
    if one.meeting.platform == "calcom":
        return "unknown"
    by_host = [seat.ending.by == "host" for seat in one.seats if seat.ending]
    return "host" if all(by_host) else "invitee"


def _attendees(one: KnownMeeting, meeting: MeetingTruth) -> Iterator[AttendeeTruth]:
    for seat in one.seats:
        status = "active" if seat.ending is None else "cancelled"
        if seat.ending and meeting.status == "rescheduled":
            status = "rescheduled"
        yield _attendee(one.key, seat.seat.identity, "invitee", status, meeting.status, seat.is_no_show)
        for guest in seat.seat.guests:
            guest_status = meeting.status if meeting.status in INACTIVE else "active"
            yield _attendee(one.key, guest, "guest", guest_status, meeting.status, None)


def _attendee(
    key: Key, who: Identity, role: str, status: str, meeting_status: str, is_no_show: bool | None
) -> AttendeeTruth:
    return AttendeeTruth(
        meeting=key, address=who.address.lower(), name=who.name, role=role, status=status,
        is_held=meeting_status == "completed" and status == "active" and not is_no_show, is_no_show=is_no_show,
        contact_id=who.contact_id, decision=who.decision, tier=who.tier, rule=who.rule, candidates=who.candidates,
        case=who.case,
    )  # fmt: skip


def _candidates(known: Known, one: KnownMeeting) -> Iterator[KnownMeeting]:
    """Calendly bookings of the same address and hour, whoever the host is."""
    for other in known.values():
        is_then = other.meeting.platform == "calendly" and other.meeting.starts_at == one.meeting.starts_at
        if is_then and any(seat.address == one.seats[0].address for seat in other.seats):
            yield other


def _merge(table: Table, calendly: Key, calcom: Key, address: str) -> None:
    """The active one counts, else Cal.com's; the earlier booking time and a no-show mark go over to it."""
    is_kept = table.meetings[calendly].status not in INACTIVE and table.meetings[calcom].status in INACTIVE
    counts, other = (calendly, calcom) if is_kept else (calcom, calendly)
    booked = [one for key in (counts, other) if (one := table.meetings[key].booked_at)]
    _change(table, counts, booked_at=min(booked))
    _change(table, other, duplicate_of=counts)
    if table.attendees[other, address].is_no_show:
        _change(table, counts, status="no_show")
        _change_place(table, counts, address, is_no_show=True, is_held=False)


def _change(table: Table, key: Key, **fields: object) -> None:
    table.meetings[key] = replace(table.meetings[key], **fields)


def _change_place(table: Table, key: Key, address: str, **fields: object) -> None:
    table.attendees[key, address] = replace(table.attendees[key, address], **fields)
