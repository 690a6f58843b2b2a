"""An Ortto account from a seed."""

import random

from calendly_pipeline_tests.fakes.ortto.world import World

FIRST = ("Ada", "Ben", "Chloé", "Dov", "Eve", "Finn", "Grace", "Hugo", "Ines", "Jon", "Kay", "Leo", "Mia", "Ned")
LAST = ("Alder", "Birch", "Cedar", "Dale", "Elm", "Fjord", "Grove", "Hill", "Ivy", "Jung", "Kite", "Lake", "Moor")


def account(seed: int = 1, **details: bool) -> tuple[World, str]:
    """An account without people, and its key."""
    world = World(seed, **details)
    key = f"PRIVATE-{random.Random(seed).getrandbits(96):024x}"
    world.keys.add(key)
    return world, key


def filled_account(people: int, seed: int = 1, **details: bool) -> tuple[World, str]:
    """The same with so many people, every fifth of them unsubscribed; equal for equal seeds."""
    world, key = account(seed, **details)
    chance = random.Random(seed)
    for number in range(people):
        first, last = chance.choice(FIRST), chance.choice(LAST)
        address = f"{first}.{last}{number}@mail{number % 7}.example".lower()
        world.add_person(address, may_email=number % 5 != 4, str__first=first, str__last=last)
    return world, key
