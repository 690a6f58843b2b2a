"""LACRM for the contract suite."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from calendly_pipeline.home import Home
from calendly_pipeline_tests.destinations.sample_firm import crm_of
from calendly_pipeline_tests.fakes.faults import Faults
from calendly_pipeline_tests.fakes.lacrm.given import Lacrm

NAME = "lacrm"
SETTINGS = '[destinations.lacrm]\nmeetings = "notes"\n'
WRITE_PATHS = ("editcontact", "createnote")


class LacrmVendor:
    """The fake, as the suite sees it."""

    def __init__(self, crm: Lacrm) -> None:
        self.crm = crm

    @property
    def faults(self) -> Faults:
        """The server's."""
        return self.crm.server.faults

    def writes(self) -> int:
        """Calls that change something."""
        return len(self.crm.server.writes())

    def clear(self) -> None:
        """Forget the calls."""
        self.crm.server.calls.clear()

    def state(self) -> Any:
        """Custom fields of every card, and notes."""
        world = self.crm.world
        cards = {contact.contact_id: dict(contact.custom) for contact in world.contacts.values()}
        return cards, sorted((note.contact_id, note.text, note.shown_at) for note in world.notes.values())

    def doubled(self) -> list[str]:
        """Tokens that a contact has twice."""
        counts = Counter(
            (note.contact_id, token)
            for note in self.crm.world.notes.values()
            for token in re.findall(r"\[meeting [^\]]+\]", note.text)
        )
        return [f"{contact} {token}" for (contact, token), count in counts.items() if count > 1]

    def consents(self) -> Any:
        """LACRM keeps none; what says who somebody is must not change either."""
        return {c.contact_id: (c.name, list(c.emails), c.assigned_to) for c in self.crm.world.contacts.values()}

    def unsubscribe(self, address: str) -> None:
        """LACRM sends no mailings."""

    def addresses(self) -> list[str]:
        """Every address of every contact."""
        return sorted(entry["Text"] for contact in self.crm.world.contacts.values() for entry in contact.emails)


@contextmanager
def vendor(home: Home, set_variable: Callable[[str, str], None]) -> Iterator[LacrmVendor]:
    """A LACRM that holds the contacts of the firm's export."""
    with crm_of(home) as crm:
        set_variable("LACRM_API_KEY", crm.key)
        set_variable("LACRM_API_URL", f"{crm.url}/v2/")
        yield LacrmVendor(crm)
