"""A world of any size: so many bookings spread evenly over months, the same for the same seed."""

import random
from datetime import UTC, datetime, timedelta

from calendly_pipeline_tests.fakes.calcom.records import EventType
from calendly_pipeline_tests.fakes.calcom.world import World

NAMES = ("Ada Lovelace", "Bob", "Cy Young", "Di Prima", "Ed van Halen", "Fay Wray", "Gus Grissom", "Mary Ann Evans")
REASONS = ("Need a later day", "", "Sick, sorry", "Termin verlegt; später mehr")


def months(text: str) -> tuple[datetime, datetime]:
    """First instant of the first month, and first instant after the last, of `2026-01:2026-12`."""
    first, _, last = text.partition(":")
    begins = datetime.strptime(first, "%Y-%m").replace(tzinfo=UTC)
    after = datetime.strptime(last or first, "%Y-%m").replace(tzinfo=UTC, day=28) + timedelta(days=4)
    return begins, after.replace(day=1)


def firm(seed: int = 1, *, hosts: int = 3, keep_deliveries: bool = True) -> tuple[World, str]:
    """An admin with a key, hosts, four kinds of event types and an outsider who hosts elsewhere; no bookings."""
    world = World(seed)
    world.keep_deliveries = keep_deliveries
    admin = world.add_user("Olive Owner", "olive@firm.example", is_admin=True)
    users = [world.add_user(f"Host {n}", f"host{n}@firm.example") for n in range(1, hosts + 1)]
    world.add_user("Otto Outside", "otto@elsewhere.example", is_member=False)
    for host in (admin, *users):
        world.add_event_type(host, "Portfolio Review", 60, questions={"goal": "What is your goal?"})
        world.add_event_type(host, "Intro Call", 30)
    world.add_event_type(admin, "Planning", 45, requires_confirmation=True)
    world.add_event_type(admin, "Workshop", 90, seats=12)
    return world, world.add_key(admin, f"cal_live_{seed:032d}")


def booked_firm(count: int, span: str, seed: int = 1, *, keep_deliveries: bool = False) -> tuple[World, str]:
    """The firm and its admin's key with exactly `count` visible bookings: some moved (two rows), cancelled, missed."""
    begins, ends = months(span)
    world, key = firm(seed, keep_deliveries=keep_deliveries)
    chance = random.Random(seed)
    event_types = list(world.event_types.values())
    step = (ends - begins) / max(count, 1)
    while len(world.bookings) < count:
        number = len(world.bookings)
        starts_at = (begins + step * number).replace(second=0, microsecond=0)
        _one_booking(world, chance, chance.choice(event_types), starts_at, number, room=count - number)
    return world, key


def _one_booking(
    world: World, chance: random.Random, event_type: EventType, starts_at: datetime, number: int, room: int
) -> None:
    name = NAMES[number % len(NAMES)]
    email = f"{name.split()[0].lower()}{number % 900}@clients.example"
    now = starts_at - timedelta(days=1 + chance.randrange(20), minutes=chance.randrange(600), milliseconds=number % 997)
    guests = [f"guest{number}@clients.example"] if chance.random() < 0.06 else []
    answers = {slug: f"Line one\nLine {number}" for slug in event_type.questions if chance.random() < 0.5}
    booking = world.book(now, event_type, starts_at, name, email, guests=guests, answers=answers)
    later = now + timedelta(hours=2)
    if booking.is_seated:
        for seat in range(chance.randrange(1, 7)):
            world.take_seat(later, booking.uid, f"Guest {seat}", f"g{seat}.{email}")
        return
    if booking.status == "PENDING":
        if chance.random() < 0.8:
            world.confirm(later, booking.uid)
        return
    _its_fate(world, chance, booking.uid, email, later, room)


def _its_fate(world: World, chance: random.Random, uid: str, email: str, later: datetime, room: int) -> None:
    booking, fate = world.bookings[uid], chance.random()
    host_email = booking.host.email if booking.host else ""
    if fate < 0.04 and room > 1:  # two rows of a pair: 8 % of all
        world.move(later, uid, booking.starts_at + timedelta(days=3), email, chance.choice(REASONS))
    elif fate < 0.12:
        world.cancel(later, uid, chance.choice((host_email, email)), chance.choice(REASONS))
    elif fate < 0.17:
        world.mark_absent(booking.ends_at + timedelta(hours=1), uid, email)
