"""A firm's whole LACRM from a seed."""

import random
from datetime import UTC, datetime, timedelta

from calendly_pipeline_tests.fakes.lacrm.world import World

FIRST = ("Ada", "Ben", "Chloé", "Dov", "Eve", "Finn", "Grace", "Hugo", "Ines", "Jon", "Kay", "Leo", "Mia", "Ned")
LAST = ("Alder", "Birch", "Cedar", "Dale", "Elm", "Fjord", "Grove", "Hill", "Ivy", "Jung", "Kite", "Lake", "Moor")
START = datetime(2024, 1, 2, 15, tzinfo=UTC)
FIELDS = {
    "Last meeting": "Date",
    "Next meeting": "Date",
    "Meetings last 12 months": "Number",
    "Review status": "Dropdown",
    "Meeting data through": "Date",
    "Household": "Text",
}
STATUSES = ["Current", "Due", "Overdue", "None on record"]


def firm(seed: int = 1) -> tuple[World, str]:
    """An account with an admin, an adviser and the custom fields, without contacts; and the admin's key."""
    world = World(seed)
    admin = world.add_user("Dana Host", "dana@firm.example", is_admin=True)
    world.add_user("Omar Host", "omar@firm.example")
    for name, kind in FIELDS.items():
        world.add_field(name, kind, options=list(STATUSES) if kind == "Dropdown" else [])
    return world, world.add_key(admin)


def filled_firm(contacts: int, seed: int = 1) -> tuple[World, str]:
    """The same with so many contacts, every tenth of them a company; equal for equal seeds."""
    world, key = firm(seed)
    chance = random.Random(seed)
    owners = list(world.users)
    for number in range(contacts):
        now = START + timedelta(minutes=number)
        owner = chance.choice(owners)
        if number % 10 == 9:
            address = f"office{number}@company{number}.example"
            world.add(now, f"Company {number} LLC", address, is_company=True, assigned_to=owner)
            continue
        first, last = chance.choice(FIRST), chance.choice(LAST)
        addresses = [f"{first}.{last}{number}@mail{number % 7}.example".lower()]
        addresses += [f"person{number}@home.example"] * (number % 3 == 0)
        written = {"Phone": f"+1 212 555 {number % 10_000:04}", "Job Title": "Owner" if number % 5 == 0 else ""}
        if number % 4 == 0:
            written |= {"Last meeting": "2026-03-01", "Review status": chance.choice(STATUSES)}
        world.add(now, f"{first} {last}", *addresses, assigned_to=owner, written=written)
    world.fired.clear()
    return world, key
