"""A world of any size: so many events spread evenly over months, the same for the same seed."""

from datetime import UTC, datetime, timedelta

from calendly_pipeline_tests.fakes.calendly.world import World

NAMES = ("Ada Lovelace", "Bob", "Cy Young", "Di Prima", "Ed van Halen", "Fay Wray", "Gus Grissom", "Mary Ann Evans")
REASONS = ("Need a later day", None, "", "Sick, sorry")


def months(text: str) -> tuple[datetime, datetime]:
    """First instant of the first month, and first instant after the last, of `2026-01:2026-12`."""
    first, _, last = text.partition(":")
    begins = datetime.strptime(first, "%Y-%m").replace(tzinfo=UTC)
    after = datetime.strptime(last or first, "%Y-%m").replace(tzinfo=UTC, day=28) + timedelta(days=4)
    return begins, after.replace(day=1)


def firm(seed: int = 1, *, plan: str = "teams", hosts: int = 4, now: datetime, keep_deliveries: bool = True) -> World:
    """An organization with an owner, an admin, hosts and six kinds of event types, and no bookings."""
    world = World(seed, plan=plan, now=now)
    world.keep_deliveries = keep_deliveries
    owner = world.add_user("Olive Owner", "olive@firm.example", role="owner")
    admin = world.add_user("Al Admin", "al@firm.example", role="admin")
    users = [world.add_user(f"Host {n}", f"host{n}@firm.example") for n in range(1, hosts + 1)]
    question = "Please share anything that will help prepare for our meeting."
    world.add_event_type("30 Minute Meeting", owner, questions=[question])
    world.add_event_type("Portfolio Review", owner, duration=60, location="zoom_conference", two_names=True)
    world.add_event_type("Intro Call", admin, pooling="round_robin", hosts=users or [admin], location="outbound_call")
    world.add_event_type("Planning Together", owner, pooling="collective", hosts=[owner, admin], location="physical")
    world.add_event_type("Workshop", admin, duration=60, seats=20, location="custom")
    world.add_event_type("One-off meeting", owner, one_off=True)
    return world


def booked_firm(count: int, span: str, seed: int = 1, *, plan: str = "teams", keep_deliveries: bool = False) -> World:
    """The firm with exactly `count` events: some moved (two events each), cancelled, missed, with guests, in groups."""
    begins, ends = months(span)
    world = firm(seed, plan=plan, now=begins - timedelta(days=30), keep_deliveries=keep_deliveries)
    chance = world.random
    types = list(world.event_types)
    weights = (40, 20, 20, 8, 2, 10)
    step = (ends - begins) / max(count, 1)
    while len(world.events) < count:
        n = len(world.events)
        start = begins + step * n
        start -= timedelta(seconds=start.second, microseconds=start.microsecond)
        _one_meeting(world, chance.choices(types, weights)[0], start, n, room=count - n)
    return world


def _one_meeting(world: World, event_type: str, start: datetime, n: int, room: int) -> None:
    chance = world.random
    name = NAMES[n % len(NAMES)]
    now = start - timedelta(days=1 + chance.randrange(20), minutes=chance.randrange(600))
    email = f"{name.split()[0].lower()}{n % 900}@clients.example"
    guests = [f"guest{n}@clients.example"] if chance.random() < 0.06 else []
    answers = [("Please share anything that will help prepare for our meeting.", f"Line one\nLine {n}")]
    place = "+1 212-555-0101" if world.event_types[event_type]["locations"][0]["kind"] == "outbound_call" else None
    booked = world.book(
        event_type, start, name=name, email=email, now=now, guests=guests, place=place,
        answers=answers if chance.random() < 0.3 else [],
        tracking={"utm_source": "newsletter"} if chance.random() < 0.2 else None,
    )  # fmt: skip
    if world.seats[event_type] > 1:
        for seat in range(chance.randrange(2, 9)):
            later = now + timedelta(minutes=seat + 1)
            world.book(event_type, start, name=f"Guest {seat}", email=f"g{seat}.{email}", now=later)
        return
    fate = chance.random()
    soon = now + timedelta(hours=2)
    if fate < 0.04 and room > 1:  # two events of a pair: 8 % of all
        world.move(booked.invitee, start + timedelta(minutes=7), now=soon, reason=chance.choice(REASONS))
    elif fate < 0.12:
        by = chance.choice(("host", "invitee"))
        world.cancel(booked.invitee, now=soon, by=by, reason=chance.choice(REASONS))
    elif fate < 0.17:
        world.mark_no_show(booked.invitee, now=start + timedelta(hours=1))
