"""Brevo for the contract suite."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from calendly_pipeline.home import Home
from calendly_pipeline.settings_brevo import BrevoDestination
from calendly_pipeline_tests.fakes.brevo.bulk import firm
from calendly_pipeline_tests.fakes.brevo.controls import truth
from calendly_pipeline_tests.fakes.brevo.server import BASE, BrevoServer
from calendly_pipeline_tests.fakes.faults import Faults
from calendly_pipeline_tests.fakes.serving import Served

NAME = "brevo"
SETTINGS = """
[destinations.brevo]
requests_per_second = 1000
default_list = "Everybody else"
lists = [{ list = "Portfolio reviews", name_pattern = "review" }]
reengagement = { list = "Book again", window_days = 120 }
events = { max_age_days = 120 }
"""
WRITE_PATHS = ("/v3/contacts", "/contacts/add", "/v3/events")


class BrevoVendor:
    """The fake, as the suite sees it."""

    def __init__(self, server: BrevoServer) -> None:
        self.server = server

    @property
    def faults(self) -> Faults:
        """The server's."""
        return self.server.faults

    def writes(self) -> int:
        """Requests that change something."""
        return len(self.server.writes())

    def clear(self) -> None:
        """Forget the requests."""
        self.server.requests.clear()

    def state(self) -> Any:
        """Contacts by address, with attributes and lists, and events in one order."""
        held = truth(self.server)
        contacts = {address: {**contact, "id": 0} for address, contact in held["contacts"].items()}
        return contacts, sorted(event["properties"]["token"] for event in held["events"])

    def doubled(self) -> list[str]:
        """Events that are there twice, and consents that were given back."""
        counts = Counter(event.properties["token"] for event in self.server.world.events)
        granted = [f"{address} {what}" for address, what in self.server.world.granted]
        return [token for token, count in counts.items() if count > 1] + granted

    def consents(self) -> Any:
        """What each contact refused."""
        return {
            contact.address: (contact.is_blocked, contact.is_sms_blocked, sorted(contact.left_list_ids))
            for contact in self.server.world.contacts.values()
        }

    def unsubscribe(self, address: str) -> None:
        """By the link in a campaign."""
        self.server.world.unsubscribe(address)

    def addresses(self) -> list[str]:
        """Everybody's."""
        return sorted(contact.address for contact in self.server.world.contacts.values())


@contextmanager
def vendor(_home: Home, set_variable: Callable[[str, str], None]) -> Iterator[BrevoVendor]:
    """An account with the mapped attributes and the lists, and nobody in it."""
    world, key = firm()
    for name, kind in BrevoDestination().attribute_types().items():
        if ("normal", name) not in world.attributes:
            world.add_attribute(name, kind)
    server = BrevoServer(world)
    with Served(server) as served:
        set_variable("BREVO_API_KEY", key)
        set_variable("BREVO_API_URL", f"{served.url}{BASE}")
        yield BrevoVendor(server)
