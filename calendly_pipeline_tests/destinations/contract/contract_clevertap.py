"""CleverTap for the contract suite."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from calendly_pipeline.home import Home
from calendly_pipeline.sample_home import SAMPLE_AS_OF
from calendly_pipeline_tests.fakes.clevertap import World
from calendly_pipeline_tests.fakes.clevertap.given import CleverTap, clevertap
from calendly_pipeline_tests.fakes.faults import Faults

NAME = "clevertap"
SETTINGS = """[destinations.clevertap]
subject = "both"
absent_after_hours = 0
profile = { name = "Name", email = "Email", phone = "Phone", booking_status = "Booking status" }
"""
"""The fake tells its events at once, so what it does not tell did not arrive."""
WRITE_PATHS = ("/1/upload",)


class ClevertapVendor:
    """The fake, as the suite sees it."""

    def __init__(self, fake: CleverTap) -> None:
        self.fake = fake

    @property
    def faults(self) -> Faults:
        """The server's."""
        return self.fake.server.faults

    def writes(self) -> int:
        """Uploads, refused ones too."""
        return sum(request.path == "/1/upload" for request in list(self.fake.server.requests))

    def clear(self) -> None:
        """Forget the requests."""
        self.fake.server.requests.clear()

    def state(self) -> Any:
        """Profiles without how often they were written, and events without when they were received."""
        world = self.fake.world
        events = [(one.identity, one.name, one.occurred_at, sorted(one.properties.items())) for one in world.events]
        return {key: dict(one.data) for key, one in sorted(world.profiles.items())}, sorted(events)

    def doubled(self) -> list[str]:
        """Record keys that two events have."""
        counts = Counter(str(one.properties.get("record")) for one in self.fake.world.events)
        return sorted(key for key, count in counts.items() if count > 1)

    def consents(self) -> Any:
        """Switches of every profile, and who wrote one."""
        world = self.fake.world
        switches = {
            key: {name: value for name, value in one.data.items() if name.startswith("MSG-")}
            for key, one in world.profiles.items()
        }
        return {**switches, "written": list(world.consent_writes)}

    def unsubscribe(self, address: str) -> None:
        """By the link at the foot of a message."""
        self.fake.world.unsubscribe(address, "MSG-email", "MSG-sms")

    def addresses(self) -> list[str]:
        """Identities of the profiles."""
        return sorted(self.fake.world.profiles)


@contextmanager
def vendor(home: Home, set_variable: Callable[[str, str], None]) -> Iterator[ClevertapVendor]:
    """An empty account."""
    with clevertap(World(), now=lambda: SAMPLE_AS_OF) as fake:
        set_variable("CLEVERTAP_ACCOUNT_ID", fake.world.account_id)
        set_variable("CLEVERTAP_PASSCODE", fake.world.passcode)
        set_variable("CLEVERTAP_API_URL", fake.url)
        yield ClevertapVendor(fake)
