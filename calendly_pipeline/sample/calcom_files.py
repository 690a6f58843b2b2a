"""Cal.com's two exports: the Insights file and the bookings list, as their web pages write them."""

# ruff: noqa: SIM905 - a list of words is easier to read as text

from collections.abc import Iterator, Sequence
from datetime import datetime

from calendly_pipeline.sample.days import AS_OF, ZONE
from calendly_pipeline.sample.files import has_ended, is_marked_absent, shows
from calendly_pipeline.sample.text_files import csv_text
from calendly_pipeline.sample.world import Export, Firm, Meeting, Seat

INSIGHTS_COLUMNS = (
    "id,uid,title,createdAt,timeStatus,eventTypeId,eventLength,startTime,endTime,paid,userEmail,userUsername,rating,"
    "ratingFeedback,noShowHost,createdAt_date,createdAt_time,startTime_date,startTime_time,endTime_date,endTime_time,"
    "noShowGuests,noShowGuestsCount"
).split(",")
LIST_COLUMNS = "Booking UID,Title,Status,Start time,End time,Attendee's name,Email,Event type,Location".split(",")


def insights_text(firm: Firm, export: Export) -> str:
    """The Insights file: fixed columns, a pair per attendee, a column per question."""
    shown = [meeting for meeting in firm.meetings if shows(export, meeting)]
    shown.sort(key=lambda meeting: (meeting.booked_at, meeting.number))
    questions = list(dict.fromkeys(question for m in shown for question in m.event_type.questions))
    width = max(len(meeting.seats) for meeting in shown)
    attendees = [f"{word}{number}" for number in range(1, width + 1) for word in ("attendee", "attendeePhone")]
    rows = ([*_fixed(m, export), *_people(m, width), *_answers(m, questions)] for m in shown)
    return csv_text([[*INSIGHTS_COLUMNS, *attendees, *questions], *rows])


def list_text(firm: Firm, export: Export) -> str:
    """One tab of the bookings list."""
    shown = [meeting for meeting in firm.meetings if shows(export, meeting)]
    shown.sort(key=lambda meeting: (meeting.starts_at, meeting.number), reverse=export.kind == "past")
    return csv_text([LIST_COLUMNS, *(_list_row(meeting) for meeting in shown)])


def title(meeting: Meeting) -> str:
    """The title Cal.com makes for a booking."""
    return f"{meeting.event_type.calcom_name} between {meeting.host.name} and {meeting.seat.identity.name}"


def _fixed(meeting: Meeting, export: Export) -> list[str]:
    absent = [_who(seat) for seat in meeting.seats if is_marked_absent(seat, export)]
    times = (meeting.booked_at, meeting.starts_at, meeting.ends_at)
    created, start, end = (_iso_milliseconds(at) for at in times)
    return [
        str(9000 + meeting.number), meeting.uid, title(meeting), created, _time_status(meeting, export),
        str(meeting.event_type.calcom_id), str(meeting.minutes), start, end, "false", meeting.host.calcom_email,
        meeting.host.calcom_username, "", "", "true" if meeting.is_host_absent else "false",
        *(cell for at in times for cell in _date_and_time(at)), "; ".join(absent), str(len(absent)),
    ]  # fmt: skip


def _time_status(meeting: Meeting, export: Export) -> str:
    """What the page works out: unconfirmed and declined bookings of the past count as completed."""
    ending = meeting.seat.ending
    if ending and has_ended(meeting.seat, export):
        return "rescheduled" if ending.moved_to else "cancelled"
    return "completed" if meeting.ends_at < AS_OF else "uncompleted"


def _people(meeting: Meeting, width: int) -> Iterator[str]:
    for number in range(width):
        yield _who(meeting.seats[number]) if number < len(meeting.seats) else ""
        yield ""


def _answers(meeting: Meeting, questions: Sequence[str]) -> list[str]:
    given = dict(meeting.seat.answers)
    return [given.get(question, "") for question in questions]


def _list_row(meeting: Meeting) -> list[str]:
    return [
        meeting.uid, title(meeting), "PENDING" if meeting.is_pending else "ACCEPTED",
        " ".join(_date_and_time(meeting.starts_at)), " ".join(_date_and_time(meeting.ends_at)),
        "; ".join(seat.identity.name for seat in meeting.seats),
        "; ".join(seat.identity.address for seat in meeting.seats),
        meeting.event_type.calcom_name, meeting.location,
    ]  # fmt: skip


def _who(seat: Seat) -> str:
    return f"{seat.identity.name} ({seat.identity.address})"


def _iso_milliseconds(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _date_and_time(at: datetime) -> tuple[str, str]:
    wall = at.astimezone(ZONE)
    return f"{wall:%Y-%m-%d}", f"{wall:%H:%M:%S}"
