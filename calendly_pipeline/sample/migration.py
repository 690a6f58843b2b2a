"""The change of tool in March and April 2026: what it does to bookings that both tools know.

The first eighteen singles of the CRM, and one couple, take part; they have no ordinary bookings in those months.
"""

from datetime import date, datetime, timedelta

from calendly_pipeline.sample.booking import Scheduler
from calendly_pipeline.sample.days import local
from calendly_pipeline.sample.people import identity
from calendly_pipeline.sample.staff import CHECK_IN, HOSTS, IMOGEN, PLANNING, QUARTERLY, SERVICE, TOMASZ, WALE
from calendly_pipeline.sample.world import Contact, ContactBook, EventType, Host, Meeting

COPIED_AT = local(date(2026, 3, 9), 16, 5)
_TYPES = (QUARTERLY, PLANNING, CHECK_IN, SERVICE)


def migrate(scheduler: Scheduler, book: ContactBook) -> None:
    """Play every way in which the two tools overlap."""
    _copied_by_host(scheduler, book.singles[:8])
    _moved_over(scheduler, book.singles[8:12])
    _cancelled_then_booked_late(scheduler, book.singles[12])
    _two_meetings(scheduler, book.singles[13:15])
    _booked_twice(scheduler, book.singles[15:17])
    _second_booking_cancelled(scheduler, book.singles[17])
    _two_candidates(scheduler, book.couples[1])


def _book(
    scheduler: Scheduler, contact: Contact, day: date, hour: int, booked_on: date, host: Host,
    kind: EventType = CHECK_IN,
) -> Meeting:  # fmt: skip
    """A Calendly booking by a client."""
    return scheduler.book("calendly", kind, host, local(day, hour), local(booked_on, 9, 41), identity(contact))


def _copied_by_host(scheduler: Scheduler, contacts: tuple[Contact, ...]) -> None:
    """On one afternoon the host books future meetings anew; the first half is cancelled in Calendly, the rest stays."""
    days = (
        date(2026, 3, 17), date(2026, 3, 24), date(2026, 4, 7), date(2026, 7, 14),
        date(2026, 3, 26), date(2026, 4, 14), date(2026, 4, 21), date(2026, 7, 16),
    )  # fmt: skip
    for number, (contact, day) in enumerate(zip(contacts, days, strict=True)):
        booked_on = date(2026, 2, 10) + timedelta(days=number)
        host = HOSTS[number % len(HOSTS)]
        meeting = _book(scheduler, contact, day, 10 + number % 2, booked_on, host, _TYPES[number % len(_TYPES)])
        scheduler.copy_to_calcom(meeting, COPIED_AT + timedelta(minutes=3 * number))
        if number < 4:
            scheduler.cancel(meeting, COPIED_AT + timedelta(minutes=3 * number + 1), "host")
        if number == 5:
            scheduler.miss(meeting)


def _moved_over(scheduler: Scheduler, contacts: tuple[Contact, ...]) -> None:
    """The client takes another time by the new link within a week of booking, and the old booking is cancelled."""
    for number, contact in enumerate(contacts):
        host = (WALE, IMOGEN, TOMASZ, WALE)[number]
        booked_on = date(2026, 3, 10) + timedelta(days=7 * number)
        old = _book(scheduler, contact, booked_on + timedelta(days=13), 11, booked_on, host, _TYPES[number])
        at = old.booked_at + timedelta(days=number + 2, hours=2)
        scheduler.move(old, at, old.starts_at + timedelta(days=1 + number, hours=3), "calcom")


def _cancelled_then_booked_late(scheduler: Scheduler, contact: Contact) -> None:
    """A cancellation whose successor was booked three weeks after the booking: too late to be called a move."""
    old = _book(scheduler, contact, date(2026, 4, 16), 11, date(2026, 3, 11), WALE)
    scheduler.cancel(old, local(date(2026, 3, 30), 12))
    at = local(date(2026, 4, 1), 12, 30)
    scheduler.book("calcom", CHECK_IN, WALE, local(date(2026, 4, 23), 14), at, identity(contact))


def _two_meetings(scheduler: Scheduler, contacts: tuple[Contact, ...]) -> None:
    """Both links are live and the client uses both: two meetings."""
    for number, contact in enumerate(contacts):
        _book(scheduler, contact, date(2026, 3, 31) + timedelta(days=number), 12, date(2026, 3, 12), IMOGEN, SERVICE)
        at = local(date(2026, 3, 14), 18, 20)
        starts_at = local(date(2026, 4, 9) + timedelta(days=number), 15)
        scheduler.book("calcom", QUARTERLY, IMOGEN, starts_at, at, identity(contact))


def _booked_twice(scheduler: Scheduler, contacts: tuple[Contact, ...]) -> None:
    """The client books the same hour by both links, and nobody cancels either."""
    for number, contact in enumerate(contacts):
        host = (TOMASZ, WALE)[number]
        meeting = _book(scheduler, contact, date(2026, 4, 2) + timedelta(days=number * 6), 9, date(2026, 3, 16), host)
        scheduler.copy_to_calcom(meeting, meeting.booked_at + timedelta(days=1))


def _second_booking_cancelled(scheduler: Scheduler, contact: Contact) -> None:
    """Booked in both tools and then cancelled in Cal.com only: the active Calendly booking is the meeting."""
    meeting = _book(scheduler, contact, date(2026, 4, 15), 9, date(2026, 3, 18), IMOGEN)
    copy = scheduler.copy_to_calcom(meeting, meeting.booked_at + timedelta(days=1))
    scheduler.cancel(copy, copy.booked_at + timedelta(days=1))


def _two_candidates(scheduler: Scheduler, couple: tuple[Contact, Contact]) -> None:
    """Both spouses book the same hour with different hosts under their one address; one is booked anew in Cal.com.

    The list of upcoming bookings does not name the host, so neither Calendly booking can be called its duplicate.
    """
    one, two = couple
    starts: datetime = local(date(2026, 7, 21), 11)
    first = scheduler.book("calendly", SERVICE, IMOGEN, starts, local(date(2026, 2, 20), 8, 12), identity(one))
    scheduler.book("calendly", SERVICE, TOMASZ, starts, local(date(2026, 2, 20), 8, 19), identity(two))
    scheduler.copy_to_calcom(first, COPIED_AT + timedelta(minutes=40))
