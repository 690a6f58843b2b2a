"""The world as Cal.com's two downloads: Insights (generation F) and one tab of the bookings list.

Read in the vendor's web app: rows come in batches of a hundred, and the header is made from the first batch, so
attendees and questions that a later batch needs more of are missing without a trace; a cell is quoted only when it
holds a quote, a comma or a line feed.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from calendly_pipeline_tests.fakes.calcom.listing import has_status
from calendly_pipeline_tests.fakes.calcom.records import Attendee, Booking, iso, minutes_between
from calendly_pipeline_tests.fakes.calcom.world import World

FIXED = (
    "id,uid,title,createdAt,timeStatus,eventTypeId,eventLength,startTime,endTime,paid,userEmail,userUsername,rating,"
    "ratingFeedback,noShowHost,createdAt_date,createdAt_time,startTime_date,startTime_time,endTime_date,endTime_time,"
    "noShowGuests,noShowGuestsCount"
)
LIST = "Booking UID,Title,Status,Start time,End time,Attendee's name,Email,Event type,Location"
BATCH = 100
TABS = ("upcoming", "unconfirmed", "recurring", "past", "cancelled")


def insights_csv(world: World, now: datetime, zone: str = "UTC", days: tuple[date, date] | None = None) -> str:
    """The Insights download; `zone` is the viewer's, `days` the first and last day of the start there."""
    rows = [b for b in world.bookings.values() if _is_members(b) and _starts_within(b, days, zone)]
    rows.sort(key=lambda booking: booking.id)
    width = max((len(booking.attendees) for booking in rows[:BATCH]), default=0)
    labels = list(dict.fromkeys(label for booking in rows[:BATCH] for label in _answers(booking)))
    people = [f"{word}{place}" for place in range(1, width + 1) for word in ("attendee", "attendeePhone")]
    header = [*FIXED.split(","), *people, *labels]
    return _text([header, *(_insights_row(b, now, zone, width, labels) for b in rows)])


def insights_name(first: date, last: date) -> str:
    """The name the browser gives the Insights file."""
    return f"Insights-{first}-{last}.csv"


def list_csv(world: World, tab: str, now: datetime, zone: str = "UTC") -> str:
    """One tab of the bookings list in English; times as the browser in `zone` writes them, without saying so."""
    rows = [b for b in world.bookings.values() if _is_members(b) and has_status(b, tab, now)]
    rows.sort(key=lambda booking: (booking.starts_at, booking.id), reverse=tab in ("past", "cancelled"))
    return _text([LIST.split(","), *(_list_row(booking, zone) for booking in rows)])


def list_name(tab: str, day: date) -> str:
    """The name the browser gives a tab of the bookings list."""
    return f"bookings-{tab}-{day}.csv"


def _insights_row(booking: Booking, now: datetime, zone: str, width: int, labels: Sequence[str]) -> list[str]:
    times = (booking.created_at, booking.starts_at, booking.ends_at)
    absent = [_who(attendee) for attendee in booking.attendees if attendee.is_absent]
    answers = _answers(booking)
    cells = [
        str(booking.id), booking.uid, booking.title, iso(booking.created_at), _time_status(booking, now),
        str(booking.event_type.id) if booking.event_type else "", str(minutes_between(*times[1:])),
        iso(booking.starts_at), iso(booking.ends_at), "false", booking.host.email if booking.host else "",
        booking.host.username if booking.host else "", "" if booking.rating is None else str(booking.rating), "",
        "true" if booking.is_host_absent else "false",
        *(cell for at in times for cell in _wall(at, zone).split(" ")), "; ".join(absent), str(len(absent)),
    ]  # fmt: skip
    people = [cell for a in booking.attendees[:width] for cell in (_who(a), a.phone or "")]
    return [*cells, *people, *[""] * (2 * width - len(people)), *(answers.get(label, "") for label in labels)]


def _time_status(booking: Booking, now: datetime) -> str:
    """Derived by the page: refused and unconfirmed meetings of the past count as completed."""
    if booking.rescheduled:
        return "rescheduled"
    if booking.status == "CANCELLED" and booking.rescheduled is None:
        return "cancelled"
    return "completed" if booking.ends_at < now else "uncompleted"


def _list_row(booking: Booking, zone: str) -> list[str]:
    return [
        booking.uid, booking.title, booking.status, _wall(booking.starts_at, zone), _wall(booking.ends_at, zone),
        "; ".join(attendee.name for attendee in booking.attendees),
        "; ".join(attendee.email for attendee in booking.attendees),
        booking.event_type.title if booking.event_type else "", booking.location or "",
    ]  # fmt: skip


def _answers(booking: Booking) -> dict[str, str]:
    """Label -> answer of the custom questions."""
    questions = booking.event_type.questions if booking.event_type else {}
    return {label: str(booking.responses[slug]) for slug, label in questions.items() if slug in booking.responses}


def _who(attendee: Attendee) -> str:
    return f"{attendee.name} ({attendee.email})"


def _is_members(booking: Booking) -> bool:
    return booking.host is None or booking.host.is_member


def _starts_within(booking: Booking, days: tuple[date, date] | None, zone: str) -> bool:
    return days is None or days[0] <= booking.starts_at.astimezone(ZoneInfo(zone)).date() <= days[1]


def _wall(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"


def _text(rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(",".join(_cell(cell) for cell in row) for row in rows)


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set('",\n') else text
