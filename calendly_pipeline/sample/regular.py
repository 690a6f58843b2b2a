"""The firm's ordinary life: clients and prospects who book, come, move, cancel or stay away.

Nobody books again before the last booking's hour has passed, so a cancellation here never looks like a move.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from calendly_pipeline.sample.booking import Scheduler
from calendly_pipeline.sample.days import AS_OF, CALCOM_FROM, FIRST_DAY, LAST_BOOKING_DAY, day_of, office_minute
from calendly_pipeline.sample.dice import Dice
from calendly_pipeline.sample.names import local_part
from calendly_pipeline.sample.people import address_book_clients, extra_address, identity, stranger
from calendly_pipeline.sample.staff import CLIENT_TYPES, DISCOVERY, HOSTS
from calendly_pipeline.sample.world import Contact, ContactBook, Host, Identity, Meeting, Platform

SETTLED = date(2025, 10, 15)
"""Clients with a story of their own in 2025 lead an ordinary life from this day on."""
_MIGRANTS = 18
_MIGRANTS_UNTIL = date(2025, 12, 5)
_MIGRANTS_FROM = date(2026, 5, 5)
_OUTCOMES = (
    ("held", 62.0), ("moved", 9.0), ("moved twice", 2.5), ("cancelled", 8.0), ("cancelled by host", 3.0),
    ("missed", 5.0),
)  # fmt: skip
_SIZES = {"moved": 2, "moved twice": 3}


@dataclass(frozen=True)
class Booker:
    """People behind one address book entry: one person, or a couple that shares an address."""

    people: tuple[Identity, ...]
    host: Host
    first: date
    last: date
    is_prospect: bool = False
    has_switched: bool = False


def live(scheduler: Scheduler, dice: Dice, book: ContactBook, count: int) -> None:
    """Add exactly `count` ordinary meetings."""
    bookers = _bookers(book)
    outcomes = _outcomes(dice, count)
    shares = _deal(dice, outcomes, bookers)
    wanted = len(scheduler.meetings) + count
    for booker, share in zip(bookers, shares, strict=True):
        _timeline(scheduler, dice, booker, share)
    number = 0
    while len(scheduler.meetings) < wanted:
        number += 1
        visitor = stranger(f"Visitor {number}", f"visitor.{number}@example.net")
        one = Booker((visitor,), dice.pick(HOSTS), FIRST_DAY, LAST_BOOKING_DAY, is_prospect=True)
        _episode(scheduler, dice, one, visitor, "held", office_minute(dice, _some_day(dice)), 9)


def _bookers(book: ContactBook) -> list[Booker]:
    by_name = {host.name: host for host in HOSTS}
    together = [pair for pair in book.couples if pair[0].shares_address]
    alone = [(c,) for c in book.contacts if not c.is_company and not c.shares_address]
    windows = {c.contact_id: (FIRST_DAY, _MIGRANTS_UNTIL) for c in book.singles[:_MIGRANTS]}
    windows |= {c.contact_id: (SETTLED, LAST_BOOKING_DAY) for c in book.singles[18:26]}
    windows |= {c.contact_id: (FIRST_DAY, _MIGRANTS_UNTIL) for c in book.couples[1]}
    clients = [
        Booker(
            tuple(identity(c) for c in group), by_name[group[0].assigned_to],
            *windows.get(group[0].contact_id, (FIRST_DAY, LAST_BOOKING_DAY)),
            has_switched=group[0] in book.singles[18:26],
        )
        for group in (*alone, *together)
    ]  # fmt: skip
    migrants = [
        Booker((identity(c),), by_name[c.assigned_to], _MIGRANTS_FROM, LAST_BOOKING_DAY, has_switched=True)
        for c in book.singles[:_MIGRANTS]
    ]
    return [*clients, *migrants, *_second_addresses(book), *_prospects(book)]


def _second_addresses(book: ContactBook) -> list[Booker]:
    """Further addresses are bookers of their own, so that every rule that goes by address sees whole stories."""
    known = address_book_clients(book.singles, book.couples)
    return [
        *(_other(c, address, "crm") for c in book.singles[18:] for address in c.addresses[1:]),
        *(_other(c, extra_address(c), "address_book") for c in known),
    ]


def _other(contact: Contact, address: str, case: str) -> Booker:
    host = next(host for host in HOSTS if host.name == contact.assigned_to)
    return Booker((identity(contact, address, case),), host, SETTLED, LAST_BOOKING_DAY)


def _prospects(book: ContactBook) -> list[Booker]:
    people = [stranger(f"{one} {two}", f"{local_part(one, two)}@example.net") for one, two in book.prospects]
    return [
        Booker((person,), HOSTS[number % len(HOSTS)], FIRST_DAY, LAST_BOOKING_DAY, is_prospect=True)
        for number, person in enumerate(people)
    ]


def _outcomes(dice: Dice, count: int) -> list[str]:
    outcomes: list[str] = []
    while count > 0:
        outcome = dice.weighted(_OUTCOMES)
        if _SIZES.get(outcome, 1) > count:
            outcome = "held"
        outcomes.append(outcome)
        count -= _SIZES.get(outcome, 1)
    return outcomes


def _deal(dice: Dice, outcomes: list[str], bookers: list[Booker]) -> list[list[str]]:
    """Give each booker a share of what happens, by the length of the window; prospects come once or twice."""
    weights = [
        (number, (booker.last - booker.first).days * (0.3 if booker.is_prospect else 1.0))
        for number, booker in enumerate(bookers)
    ]
    shares: list[list[str]] = [[] for _ in bookers]
    for outcome in outcomes:
        shares[dice.weighted(weights)].append(outcome)
    return shares


def _timeline(scheduler: Scheduler, dice: Dice, booker: Booker, outcomes: list[str]) -> None:
    """One booking after the other, evenly over the window; what does not fit any more is left out."""
    if not outcomes:
        return
    spacing = (booker.last - booker.first).days / len(outcomes)
    free_from = datetime.combine(booker.first, datetime.min.time(), UTC)
    for number, outcome in enumerate(outcomes):
        planned = booker.first + timedelta(days=int(spacing * (number + dice.below(90) / 100)))
        booked_at = office_minute(dice, max(planned, day_of(free_from) + timedelta(days=1)))
        if day_of(booked_at) > booker.last:
            return
        person = booker.people[number % len(booker.people)]
        longest = int(min(28, max(4, spacing * 0.6)))
        if number == len(outcomes) - 1 and booker.last == LAST_BOOKING_DAY and dice.chance(0.5):
            booked_at = max(booked_at, office_minute(dice, LAST_BOOKING_DAY - timedelta(days=dice.between(1, 40))))
            longest = 75
        free_from = _episode(scheduler, dice, booker, person, outcome, booked_at, longest)


def _episode(
    scheduler: Scheduler, dice: Dice, booker: Booker, person: Identity, outcome: str, booked_at: datetime, longest: int
) -> datetime:
    """One booking and what becomes of it; returns when its last hour is over."""
    event_type = DISCOVERY if booker.is_prospect else dice.weighted(CLIENT_TYPES)
    host = booker.host if dice.chance(0.88) else dice.pick(HOSTS)
    earliest = day_of(booked_at) + timedelta(days=dice.between(max(3, longest // 3), longest))
    starts_at = scheduler.diary.free_slot(dice, host.key, earliest, event_type.minutes)
    meeting = scheduler.book(_platform(dice, booker, booked_at), event_type, host, starts_at, booked_at, person)
    if outcome in _SIZES:
        for _ in range(_SIZES[outcome] - 1):
            meeting = _move(scheduler, dice, meeting)
    elif outcome.startswith("cancelled"):
        scheduler.cancel(meeting, _moment_before(dice, meeting), "host" if outcome.endswith("host") else "invitee")
    elif outcome == "missed" and meeting.starts_at < AS_OF:
        scheduler.miss(meeting, after=timedelta(hours=dice.between(1, 20)))
    return meeting.ends_at


def _move(scheduler: Scheduler, dice: Dice, meeting: Meeting) -> Meeting:
    at = _moment_before(dice, meeting)
    earliest = day_of(meeting.starts_at) + timedelta(days=dice.between(1, 9))
    starts_at = scheduler.diary.free_slot(dice, meeting.host.key, earliest, meeting.minutes)
    return scheduler.move(meeting, at, starts_at)


def _moment_before(dice: Dice, meeting: Meeting) -> datetime:
    """Some minute after the booking and before the start, and never in the sample's future."""
    first = meeting.booked_at + timedelta(hours=1)
    last = min(meeting.starts_at, AS_OF - timedelta(days=2)) - timedelta(hours=1)
    minutes = int((last - first).total_seconds() // 60)
    return (first + timedelta(minutes=dice.below(max(minutes, 1)))).replace(second=0, microsecond=0)


def _platform(dice: Dice, booker: Booker, booked_at: datetime) -> Platform:
    day = day_of(booked_at)
    if day < CALCOM_FROM:
        return "calendly"
    share = 1.0 if booker.has_switched else 0.55 if day < date(2026, 5, 1) else 0.88
    return "calcom" if dice.chance(share) else "calendly"


def _some_day(dice: Dice) -> date:
    return FIRST_DAY + timedelta(days=dice.below((LAST_BOOKING_DAY - FIRST_DAY).days))
