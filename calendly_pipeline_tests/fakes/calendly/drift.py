"""A world that moves while somebody reads it: one seeded change every few requests."""

import random
from datetime import timedelta

from calendly_pipeline_tests.fakes.calendly.records import instant, uri
from calendly_pipeline_tests.fakes.calendly.world import World
from calendly_pipeline_tests.fakes.gate import Recorded

CHANGES = ("move", "cancel", "no_show", "guest", "book")


class Drift:
    """A hook for `on_request`: books, moves, cancels, marks; `changes` counts them, `every = 0` stops it."""

    def __init__(self, world: World, seed: int = 0, every: int = 5) -> None:
        self.world = world
        self.every = every
        self.changes = 0
        self._seen = 0
        self._random = random.Random(seed)

    def __call__(self, request: Recorded | None = None) -> None:
        self._seen += 1
        if self.every and self._seen % self.every == 0:
            self.change()

    def change(self) -> str | None:
        """One change somewhere, a second later than the last; gives its kind."""
        world, chance = self.world, self._random
        active = self._some_active_event()
        if active is None:
            return None
        now = world.now + timedelta(seconds=1)
        invitee = world.invitees[next(i for i in world.invitees_of[active] if self._is_active(i))]
        start = instant(world.events[active]["start_time"])
        kind = chance.choice(CHANGES)
        if kind == "move":
            world.move(invitee["uri"], start + timedelta(days=chance.randrange(-9, 10), minutes=13), now=now)
        elif kind == "cancel":
            world.cancel(invitee["uri"], now=now)
        elif kind == "no_show":
            world.mark_no_show(invitee["uri"], now=now)
        elif kind == "guest":
            world.add_guest(uri("scheduled_events", active), f"drift{self.changes}@clients.example", now=now)
        else:
            type_ = world.events[active]["event_type"]
            email = f"new{self.changes}@clients.example"
            world.book(type_, start + timedelta(hours=1), name="New Comer", email=email, now=now)
        self.changes += 1
        return kind

    def _is_active(self, invitee: str) -> bool:
        return self.world.invitees[invitee]["status"] == "active"

    def _some_active_event(self) -> str | None:
        for _ in range(50):
            if not self.world.by_start:
                return None
            _, id_ = self._random.choice(self.world.by_start)
            if self.world.events[id_]["status"] == "active":
                return id_
        return None
