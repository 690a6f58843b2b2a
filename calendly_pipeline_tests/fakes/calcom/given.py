"""A small firm for tests: two hosts, an outsider, four event types and a key."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from calendly_pipeline_tests.fakes.calcom.records import EventType, User
from calendly_pipeline_tests.fakes.calcom.world import World

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
"""When everything is booked, a week before it takes place."""
MONDAY = datetime(2026, 3, 9, 15, tzinfo=UTC)
ADA = "ada@clients.example"


def after(**amount: float) -> datetime:
    """So much after NOW."""
    return NOW + timedelta(**amount)


@dataclass
class Firm:
    """The world and what is in it from the beginning."""

    world: World = field(default_factory=World)

    def __post_init__(self) -> None:
        """Hire everybody."""
        world = self.world
        self.hanna: User = world.add_user("Hanna Host", "hanna@firm.example")
        self.admin: User = world.add_user("Olive Owner", "olive@firm.example", is_admin=True)
        self.outsider: User = world.add_user("Otto Outside", "otto@elsewhere.example", is_member=False)
        self.review: EventType = world.add_event_type(
            self.hanna, "Portfolio Review", 60, questions={"goal": "Your goal?"}
        )
        self.intro: EventType = world.add_event_type(self.admin, "Intro Call", 30)
        self.planning: EventType = world.add_event_type(self.hanna, "Planning", 45, requires_confirmation=True)
        self.workshop: EventType = world.add_event_type(self.hanna, "Workshop", 90, seats=12)
        self.elsewhere: EventType = world.add_event_type(self.outsider, "Sales Pitch", 15)
        self.key: str = world.add_key(self.hanna, "cal_live_hanna")
        self.admin_key: str = world.add_key(self.admin, "cal_live_olive")
