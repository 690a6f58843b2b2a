"""Which files the firm has lying about, and which of its meetings each of them shows."""

from datetime import UTC, date, datetime

from calendly_pipeline.sample.days import LAST_DAY, day_of
from calendly_pipeline.sample.world import Export, Firm, Meeting, Seat, Spoilt

_LISTS_AT = datetime(2026, 6, 30, 11, 40, tzinfo=UTC)
_CALENDLY = "data/calendly/events-export"
_CALCOM = "data/calcom"
_ALWAYS = (date(2024, 1, 1), date(2030, 1, 1))


def _at(year: int, month: int, day: int, hour: int = 14) -> datetime:
    return datetime(year, month, day, hour, 12, tzinfo=UTC)


EXPORTS = (
    Export(f"{_CALENDLY}.csv", "calendly", _at(2025, 4, 2), date(2025, 1, 1), date(2025, 3, 31), has_uuids=False),
    Export(f"{_CALENDLY} 2.csv", "calendly", _at(2025, 7, 2), date(2025, 2, 15), date(2025, 7, 31)),
    Export(f"{_CALENDLY} 3.csv", "calendly", _at(2025, 9, 2), date(2025, 6, 16), date(2025, 8, 31), is_resaved=True),
    Export(f"{_CALENDLY} 4.csv", "calendly", _at(2026, 1, 5), date(2025, 10, 1), date(2025, 12, 31), is_24_hours=True),
    Export(f"{_CALENDLY} 5.csv.gz", "calendly", _at(2026, 3, 16), date(2025, 12, 1), date(2026, 3, 31)),
    Export(f"{_CALENDLY} 7.csv", "calendly", _at(2026, 6, 29), date(2026, 3, 1), LAST_DAY),
    Export(f"{_CALCOM}/Insights-2026-03-01-2026-06-30.csv", "insights", _LISTS_AT, date(2026, 3, 1), date(2026, 6, 30)),
    Export(f"{_CALCOM}/bookings-past-2026-06-30.csv", "past", _LISTS_AT, *_ALWAYS),
    Export(f"{_CALCOM}/bookings-upcoming-2026-06-30.csv", "upcoming", _LISTS_AT, *_ALWAYS),
)
UNREADABLE = f"{_CALENDLY} 6.csv"
UNREADABLE_AT = _at(2026, 5, 4)
CONTACTS_AT = _at(2026, 6, 28)
LACRM_FILE = "data/contacts/lacrm_contacts.csv"
GOOGLE_FILE = "data/contacts/google_contacts.csv"

SPOILT = (
    Spoilt(f"{_CALENDLY}.csv", "unparseable start", (("Start Date & Time", "2025-01-32 09:00 am"),)),
    Spoilt(f"{_CALENDLY} 2.csv", "blank address", (("Invitee Email", ""),)),
    Spoilt(f"{_CALENDLY} 3.csv", "unparseable start", (("Start Date & Time", "next Tuesday"),)),
    Spoilt(f"{_CALENDLY} 4.csv", "too many cells", (), ("and one more", "and another")),
    Spoilt(f"{_CALENDLY} 5.csv.gz", "blank address", (("Invitee Email", "  "),)),
    Spoilt(f"{_CALENDLY} 7.csv", "unparseable start", (("Start Date & Time", ""),)),
)


def modified_at() -> dict[str, datetime]:
    """When each file was last written, by relative path."""
    times = {export.path: export.at for export in EXPORTS}
    times |= {UNREADABLE: UNREADABLE_AT, LACRM_FILE: CONTACTS_AT, GOOGLE_FILE: CONTACTS_AT}
    return dict(sorted(times.items()))


def shows(export: Export, meeting: Meeting) -> bool:
    """Whether the meeting stands in the file."""
    if meeting.platform != export.platform or meeting.booked_at > export.at:
        return False
    if not export.first_on <= day_of(meeting.starts_at) <= export.last_on:
        return False
    if export.kind in ("calendly", "insights"):
        return True
    is_gone = meeting.is_declined or has_ended(meeting.seat, export)
    return not is_gone and (meeting.ends_at > export.at) == (export.kind == "upcoming")


def has_ended(seat: Seat, export: Export) -> bool:
    """Whether the export knows that the invitee gave up the place."""
    return seat.ending is not None and seat.ending.at <= export.at


def is_marked_absent(seat: Seat, export: Export) -> bool:
    """Whether the export knows that the invitee stayed away."""
    return seat.no_show_at is not None and seat.no_show_at <= export.at


def row_count(firm: Firm, export: Export) -> int:
    """Data rows of a file, the spoilt ones among them: Calendly's per invitee, Cal.com's per booking."""
    shown = [meeting for meeting in firm.meetings if shows(export, meeting)]
    rows = sum(len(meeting.seats) for meeting in shown) if export.kind == "calendly" else len(shown)
    return rows + sum(spoilt.path == export.path for spoilt in firm.spoilt)
