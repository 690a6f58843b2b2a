"""Ortto for the contract suite."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from calendly_pipeline.home import Home
from calendly_pipeline.sample_home import SAMPLE_AS_OF
from calendly_pipeline_tests.destinations.ortto.sending import furnish
from calendly_pipeline_tests.fakes.faults import Faults
from calendly_pipeline_tests.fakes.ortto.given import Ortto, ortto

NAME = "ortto"
SETTINGS = "[destinations.ortto]\nrequests_per_second = 1000.0\n"
WRITE_PATHS = ("person/merge", "activities/create")


class OrttoVendor:
    """The fake, as the suite sees it."""

    def __init__(self, there: Ortto) -> None:
        self.there = there

    @property
    def faults(self) -> Faults:
        """The server's."""
        return self.there.server.faults

    def writes(self) -> int:
        """Requests that change something."""
        return len(self.there.server.writes())

    def clear(self) -> None:
        """Forget the requests."""
        self.there.server.asked.clear()

    def state(self) -> Any:
        """People by address without their ids, and activities by key."""
        world = self.there.world
        of_id = {person.person_id: self._address(person) for person in world.people.values()}
        people = {address: world.people[person_id].fields for person_id, address in of_id.items()}
        acts = {(row.key, row.created): (of_id[row.person_id], row.attributes) for row in world.activities}
        return people, acts

    def doubled(self) -> list[str]:
        """Addresses and keys of activities that are there twice."""
        world = self.there.world
        counts = Counter([self._address(person) for person in world.people.values()])
        counts.update(row.key for row in world.activities)
        return [name for name, count in counts.items() if count > 1]

    def consents(self) -> Any:
        """Who may be written to."""
        return {self._address(person): person.fields["bol::p"] for person in self.there.world.people.values()}

    def unsubscribe(self, address: str) -> None:
        """As the person would."""
        self.there.world.person(address).fields["bol::p"] = False

    def addresses(self) -> list[str]:
        """Everybody."""
        return sorted(self.consents())

    @staticmethod
    def _address(person: Any) -> str:
        return person.fields["str::email"]


@contextmanager
def vendor(_home: Home, set_variable: Callable[[str, str], None]) -> Iterator[OrttoVendor]:
    """An account with the fields and activities, and somebody who was there before and has subscribed."""
    with ortto(now=lambda: SAMPLE_AS_OF) as there:
        furnish(there.world)
        there.world.add_person("somebody@else.example")
        set_variable("ORTTO_API_KEY", there.key)
        set_variable("ORTTO_API_URL", there.url)
        yield OrttoVendor(there)
