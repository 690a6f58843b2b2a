"""Calendly's meeting export: one row per invitee, times on the firm's wall clock, question pairs as needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from calendly_pipeline.sample.days import ZONE
from calendly_pipeline.sample.files import has_ended, is_marked_absent, shows
from calendly_pipeline.sample.text_files import csv_text
from calendly_pipeline.sample.world import Export, Firm, Meeting, Seat, Spoilt

BEFORE_QUESTIONS = (
    "User Name", "Team", "Invitee Name", "Invitee First Name", "Invitee Last Name", "Invitee Email",
    "Invitee Time Zone", "Invitee accepted marketing emails", "Text Reminder Number", "Event Type Name",
    "Start Date & Time", "End Date & Time", "Location", "Event Created Date & Time", "Canceled", "Canceled By",
    "Cancellation reason",
)  # fmt: skip
AFTER_QUESTIONS = (
    "UTM Campaign", "UTM Source", "UTM Medium", "UTM Term", "UTM Content", "Salesforce UUID", "Event Price",
    "Payment Currency", "Guest Email(s)", "Invitee Reconfirmed", "Marked as No-Show", "Meeting Notes", "Group",
    "User Email",
)  # fmt: skip
UUIDS = ("Event UUID", "Invitee UUID", "Invitee scheduled by", "Scheduling method")


@dataclass(frozen=True)
class Row:
    """One invitee of one meeting, as the export knew it."""

    meeting: Meeting
    seat: Seat


def header(pairs: int, has_uuids: bool = True) -> list[str]:
    """The header row for so many question pairs."""
    questions = [f"{word} {number}" for number in range(1, pairs + 1) for word in ("Question", "Response")]
    return [*BEFORE_QUESTIONS, *questions, *AFTER_QUESTIONS, *(UUIDS if has_uuids else ())]


def clock_12(at: datetime) -> str:
    """A wall-clock time as `2026-03-10 07:00 am`."""
    return f"{at:%Y-%m-%d} {at.hour % 12 or 12:02d}:{at.minute:02d} {'am' if at.hour < 12 else 'pm'}"


def clock_24(at: datetime) -> str:
    """A wall-clock time as `2026-03-10 07:00`."""
    return f"{at:%Y-%m-%d %H:%M}"


def calendly_text(firm: Firm, export: Export) -> str:
    """The whole file."""
    shown = [Row(m, seat) for m in firm.meetings if shows(export, m) for seat in m.seats]
    shown.sort(key=lambda row: (row.meeting.booked_at, row.meeting.starts_at, row.seat.uuid))
    columns = header(max(len(row.seat.answers) for row in shown), export.has_uuids)
    rows = [[cells[column] for column in columns] for cells in (_cells(row, export) for row in shown)]
    for spoilt in (one for one in firm.spoilt if one.path == export.path):
        rows.insert(len(rows) * 2 // 3, _spoilt_row(shown[len(shown) // 2], export, columns, spoilt))
    if export.is_resaved:
        return "\ufeff" + csv_text([list(_with_blanks(columns)), *rows], "\r\n")
    return csv_text([columns, *rows])


def _cells(row: Row, export: Export) -> dict[str, str]:
    return {
        **dict.fromkeys((*BEFORE_QUESTIONS, *AFTER_QUESTIONS, *UUIDS), ""),
        **_person(row), **_times(row.meeting, export), **_state(row, export), **_answers(row.seat),
    }  # fmt: skip


def _person(row: Row) -> dict[str, str]:
    meeting, who = row.meeting, row.seat.identity
    first, _, last = who.name.partition(" ")
    return {
        "User Name": meeting.host.name, "User Email": meeting.host.email, "Group": "Advisers",
        "Invitee Name": who.name, "Invitee First Name": first, "Invitee Last Name": last,
        "Invitee Email": who.address, "Invitee Time Zone": who.zone,
        "Event Type Name": meeting.event_type.name, "Location": meeting.location,
        "Guest Email(s)": ", ".join(guest.address for guest in row.seat.guests),
        "Event UUID": meeting.uid, "Invitee UUID": row.seat.uuid, "Invitee scheduled by": row.seat.scheduled_by,
    }  # fmt: skip


def _times(meeting: Meeting, export: Export) -> dict[str, str]:
    clock = clock_24 if export.is_24_hours else clock_12
    start = clock(meeting.starts_at.astimezone(ZONE))
    if meeting.is_in_skipped_hour:
        start = start.replace("03:", "02:")
    return {
        "Start Date & Time": start,
        "End Date & Time": clock(meeting.ends_at.astimezone(ZONE)),
        "Event Created Date & Time": clock(meeting.booked_at.astimezone(ZONE)),
    }


def _state(row: Row, export: Export) -> dict[str, str]:
    true, false = ("TRUE", "FALSE") if export.is_resaved else ("true", "false")
    state = {"Canceled": false, "Marked as No-Show": "Yes" if is_marked_absent(row.seat, export) else "No"}
    ending = row.seat.ending
    if ending and has_ended(row.seat, export):
        by = row.meeting.host.name if ending.by == "host" else row.seat.identity.name
        state |= {"Canceled": true, "Canceled By": by, "Cancellation reason": ending.reason}
    return state


def _answers(seat: Seat) -> dict[str, str]:
    """Question and response, both blank when nothing was answered; every pair a file can have is there."""
    cells = {f"{word} {number}": "" for number in range(1, 10) for word in ("Question", "Response")}
    for number, (question, answer) in enumerate(seat.answers, start=1):
        if answer:
            cells |= {f"Question {number}": question, f"Response {number}": answer}
    return cells


def _spoilt_row(good: Row, export: Export, columns: list[str], spoilt: Spoilt) -> list[str]:
    """A row like a good one, under ids of its own, that cannot be read for one reason."""
    cells = _cells(good, export) | {
        "Invitee Name": "Somebody Unreadable", "Invitee First Name": "Somebody", "Invitee Last Name": "Unreadable",
        "Invitee Email": "unreadable@example.net", "Guest Email(s)": "",
        "Event UUID": _other_id(good.meeting.uid), "Invitee UUID": _other_id(good.seat.uuid),
    } | dict(spoilt.changes)  # fmt: skip
    return [*(cells[column] for column in columns), *spoilt.extra_cells]


def _other_id(uuid: str) -> str:
    return "0" * 8 + uuid[8:]


def _with_blanks(columns: list[str]) -> Iterator[str]:
    """A spreadsheet's round trip leaves stray blanks in some headers."""
    return (f" {name} " if name in ("Invitee Email", "Canceled", "Event UUID") else name for name in columns)
