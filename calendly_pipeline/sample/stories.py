"""Bookings with a story: what later exports correct, what no export shows, group events, odd hours, staff."""

from datetime import date, datetime, timedelta

from calendly_pipeline.sample.booking import Scheduler
from calendly_pipeline.sample.days import LAST_BOOKING_DAY, UNEXPORTED, local
from calendly_pipeline.sample.people import identity, stranger
from calendly_pipeline.sample.staff import (
    ASSISTANT,
    CHECK_IN,
    COMMITTEE,
    DISCOVERY,
    HOSTS,
    IMOGEN,
    INTERNAL_DOMAIN,
    ONE_OFF,
    PLANNING,
    QUARTERLY,
    ROUNDTABLE,
    SERVICE,
    TOMASZ,
    WALE,
)
from calendly_pipeline.sample.world import Contact, ContactBook, EventType, Host, Identity, Meeting


def tell(scheduler: Scheduler, book: ContactBook) -> None:
    """Add every story."""
    _corrected_later(scheduler, book.singles[18:22])
    _beyond_the_exports(scheduler, book.singles[22:24])
    _almost_moves(scheduler, book.singles[24:26])
    _group_events(scheduler, book)
    _odd_hours(scheduler, book)
    _calcom_states(scheduler, book)
    _committee(scheduler)


def staff(name: str, address: str) -> Identity:
    """A colleague as an attendee."""
    return Identity(name, address, None, "internal", "T0", "internal", "staff")


def _book(
    scheduler: Scheduler, contact: Contact, event_type: EventType, host: Host, starts_at: datetime, booked_on: date
) -> Meeting:
    return scheduler.book("calendly", event_type, host, starts_at, local(booked_on, 10, 17), identity(contact))


def _corrected_later(scheduler: Scheduler, contacts: tuple[Contact, ...]) -> None:
    """What the export of 2 July 2025 still shows as active, and the next one does not."""
    absent, cancelled, moved, twice = contacts
    meeting = _book(scheduler, absent, QUARTERLY, IMOGEN, local(date(2025, 6, 26), 15), date(2025, 6, 10))
    scheduler.miss(meeting, after=timedelta(days=7))
    meeting = _book(scheduler, cancelled, PLANNING, WALE, local(date(2025, 7, 24), 11), date(2025, 6, 20))
    scheduler.cancel(meeting, local(date(2025, 7, 15), 9, 30))
    meeting = _book(scheduler, moved, CHECK_IN, TOMASZ, local(date(2025, 7, 17), 13), date(2025, 6, 24))
    scheduler.move(meeting, local(date(2025, 7, 10), 20, 2), local(date(2025, 8, 7), 13))
    # Twice moved before the first hour came: the first and the third booking alone would also look like a move.
    meeting = _book(scheduler, twice, QUARTERLY, WALE, local(date(2025, 5, 20), 14), date(2025, 5, 1))
    meeting = scheduler.move(meeting, local(date(2025, 5, 5), 8, 44), local(date(2025, 5, 22), 14))
    scheduler.move(meeting, local(date(2025, 5, 8), 19, 30), local(date(2025, 5, 28), 10))


def _beyond_the_exports(scheduler: Scheduler, contacts: tuple[Contact, ...]) -> None:
    """Facts that came after the last export, or lie in the month that nobody exported."""
    late, gone = contacts
    meeting = _book(scheduler, late, SERVICE, IMOGEN, local(date(2025, 8, 28), 11), date(2025, 8, 12))
    scheduler.miss(meeting, after=timedelta(days=13))
    meeting = _book(scheduler, gone, QUARTERLY, TOMASZ, local(date(2025, 8, 27), 16), date(2025, 8, 1))
    scheduler.move(meeting, local(date(2025, 8, 20), 12, 10), local(date(2025, 9, 9), 16))
    # The days around that month have a meeting each, so that exactly the month is missing.
    _book(scheduler, late, ONE_OFF, WALE, local(UNEXPORTED[0] - timedelta(days=1), 10), date(2025, 8, 22))
    _book(scheduler, gone, ONE_OFF, WALE, local(UNEXPORTED[1] + timedelta(days=1), 10), date(2025, 9, 22))


def _almost_moves(scheduler: Scheduler, contacts: tuple[Contact, ...]) -> None:
    """Cancellations followed by a booking that must not be taken for the other end of a move."""
    one, other = contacts
    old = _book(scheduler, one, CHECK_IN, IMOGEN, local(date(2025, 4, 24), 10), date(2025, 4, 1))
    scheduler.cancel(old, local(date(2025, 4, 10), 18))
    _book(scheduler, one, CHECK_IN, IMOGEN, local(date(2025, 4, 29), 11), date(2025, 4, 11))  # two successors:
    _book(scheduler, one, CHECK_IN, IMOGEN, local(date(2025, 5, 6), 11), date(2025, 4, 14))  # which one?
    old = _book(scheduler, other, PLANNING, TOMASZ, local(date(2025, 6, 5), 9), date(2025, 5, 12))
    scheduler.cancel(old, local(date(2025, 5, 20), 7, 30))
    _book(scheduler, other, CHECK_IN, TOMASZ, local(date(2025, 6, 10), 9), date(2025, 5, 21))  # another event type
    old = _book(scheduler, other, SERVICE, TOMASZ, local(date(2025, 7, 23), 9), date(2025, 7, 1))
    scheduler.cancel(old, local(date(2025, 7, 9), 7, 30))
    _book(scheduler, other, SERVICE, WALE, local(date(2025, 7, 29), 9), date(2025, 7, 9))  # another host


def _group_events(scheduler: Scheduler, book: ContactBook) -> None:
    """Several invitees under one event; one of them drops out, one stays away, a couple comes together."""
    couples = [pair for pair in book.couples if not pair[0].shares_address]
    guest = stranger("Sunniva Foxglove", "sunniva.foxglove@example.net", "group guest")
    one, two, three = ([identity(c) for c in pair] for pair in couples[:3])
    spring = _group(scheduler, date(2025, 5, 15), date(2025, 4, 14), *one, guest, two[0], three[0])
    scheduler.cancel(spring, local(date(2025, 5, 12), 8, 8), seat=3)
    scheduler.miss(spring, seat=4)
    autumn = _group(scheduler, date(2025, 11, 13), date(2025, 10, 20), *one, *three)
    scheduler.miss(autumn, seat=1)
    called_off = _group(scheduler, date(2025, 12, 4), date(2025, 11, 17), two[1], guest)
    scheduler.cancel(called_off, local(date(2025, 12, 2), 9, 3), "host")
    winter = _group(scheduler, date(2026, 2, 12), date(2026, 1, 12), one[0], three[1])
    scheduler.miss(winter, seat=0)
    scheduler.miss(winter, seat=1)
    may = scheduler.book(
        "calcom", ROUNDTABLE, IMOGEN, local(date(2026, 5, 14), 17), local(date(2026, 4, 20), 9, 1), *one, *three
    )
    scheduler.miss(may, seat=2)


def _group(scheduler: Scheduler, day: date, booked_on: date, *people: Identity) -> Meeting:
    return scheduler.book("calendly", ROUNDTABLE, IMOGEN, local(day, 17), local(booked_on, 8, 55), *people)


def _odd_hours(scheduler: Scheduler, book: ContactBook) -> None:
    """Meetings on the days on which the clocks change."""
    traveller = book.singles[24]
    _book(scheduler, traveller, ONE_OFF, WALE, local(date(2025, 3, 9), 10), date(2025, 3, 3))
    twice = _book(scheduler, traveller, ONE_OFF, WALE, local(date(2025, 11, 2), 1), date(2025, 10, 27))
    twice.is_in_repeated_hour = True
    _book(scheduler, traveller, ONE_OFF, WALE, local(date(2026, 3, 8), 11), date(2026, 3, 4))
    never = _book(scheduler, book.singles[25], ONE_OFF, IMOGEN, local(date(2026, 3, 8), 2, 30), date(2026, 2, 26))
    never.is_in_skipped_hour = True


def _calcom_states(scheduler: Scheduler, book: ContactBook) -> None:
    """What Cal.com's Insights file hides: unconfirmed, declined, and a host who stayed away."""
    states = ("pending", "declined", "host absent", "pending later")
    for number, state in enumerate(states):
        person = identity(book.singles[18 + number])
        day = date(2026, 7, 9) if state == "pending later" else date(2026, 5, 5) + timedelta(days=8 * number)
        starts_at, booked_at = local(day, 8), local(date(2026, 4, 27), 19, 33)
        meeting = scheduler.book("calcom", ONE_OFF, HOSTS[number % 3], starts_at, booked_at, person)
        meeting.is_pending = state.startswith("pending")
        meeting.is_declined = state == "declined"
        meeting.is_host_absent = state == "host absent"


def _committee(scheduler: Scheduler) -> None:
    """Every second Tuesday, to the end in Calendly, so that none of its files is quiet for long."""
    day = date(2025, 1, 7)
    colleagues = [staff(host.name, host.email) for host in (WALE, TOMASZ)]
    while day - timedelta(days=11) <= LAST_BOOKING_DAY:
        booked_at = max(local(day - timedelta(days=11), 15, 20), local(date(2025, 1, 2), 9))
        # A row without UUID is a meeting of its own, so the months that only such a file shows have one invitee.
        others = colleagues if day >= date(2025, 3, 1) else []
        scheduler.book("calendly", COMMITTEE, IMOGEN, local(day, 8), booked_at, staff(*ASSISTANT), *others)
        day += timedelta(days=14)
    trial = staff("Priya", f"priya@{INTERNAL_DOMAIN}")
    scheduler.book("calcom", DISCOVERY, WALE, local(date(2026, 3, 11), 8), local(date(2026, 3, 3), 12, 2), trial)
