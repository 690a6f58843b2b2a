"""A firm that sends to a fake Ortto: model, engine and adapter together, the warehouse in memory."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from calendly_pipeline.clients.http import Retry, StaticToken
from calendly_pipeline.clients.ortto import OrttoClient
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline.destinations.engine import require_mapping, send_all, settle_open
from calendly_pipeline.destinations.ledger import Ledger, copy_ledger
from calendly_pipeline.destinations.ortto.adapter import OrttoAdapter
from calendly_pipeline.destinations.ortto.fields import OF_TRANSITION, attributes_of, mapped_fields
from calendly_pipeline.destinations.records import Counts
from calendly_pipeline.destinations.sending import record_of
from calendly_pipeline.settings import Settings
from calendly_pipeline.settings_ortto import SHIPPED_FIELDS
from calendly_pipeline.settings_ortto import OrttoDestination as Rules
from calendly_pipeline.state import State, sync_ledger
from calendly_pipeline_tests.clients.calcom_given import QuickClock
from calendly_pipeline_tests.conftest import AS_OF, Tables
from calendly_pipeline_tests.destinations.ortto.given import Booked, chosen
from calendly_pipeline_tests.fakes.ortto.given import Ortto, ortto
from calendly_pipeline_tests.fakes.ortto.world import World


@dataclass
class Sends:
    """The firm's tables and ledger, and Ortto."""

    tables: Tables
    state: State
    there: Ortto
    clock: QuickClock = field(default_factory=QuickClock)
    runs: int = 0
    said: list[str] = field(default_factory=list)

    def booked(self, *contacts: str) -> Booked:
        """A firm without bookings yet."""
        return Booked(self.tables, *contacts)

    def plan(self, firm: Booked, using: Settings | None = None, as_of: datetime = AS_OF) -> dict[str, dict[str, Any]]:
        """What would be sent, by record key."""
        copy_ledger(self.tables.connection, self.state)
        return firm.plan(using, as_of)

    def send(self, firm: Booked, as_of: datetime = AS_OF, **named: Any) -> Counts:
        """One send with these settings; fields and activities are made where they are missing."""
        using = chosen(**named)
        rules = using.destinations.ortto
        assert rules is not None
        self.runs += 1
        ledger = Ledger(self.state, "ortto", f"run {self.runs}", lambda: as_of)
        return asyncio.run(self._send(firm, using, rules, ledger, as_of))

    def writes(self, firm: Booked, **named: Any) -> list[str]:
        """Paths of the writing requests of one send."""
        before = len(self.there.server.writes())
        self.send(firm, **named)
        return [one.path for one in self.there.server.writes()[before:]]

    def person(self, address: str) -> dict[str, Any]:
        """What Ortto holds of somebody, by names of fields."""
        names = self.there.world.fields
        return {names[key].name: value for key, value in self.there.world.person(address).fields.items()}

    def acts(self, address: str) -> list[tuple[str, str]]:
        """Name and time of somebody's activities, oldest first."""
        named = self.there.world.definitions
        return [(named[row.activity_id].name, row.created) for row in self.there.world.of(address)]

    def outcomes(self) -> dict[str, str]:
        """Newest outcome of every record that was attempted."""
        return {row["record_key"]: f"{row['outcome']}: {row['answer']}" for row in self.state.rows(sync_ledger)}

    async def _send(self, firm: Booked, using: Settings, rules: Rules, ledger: Ledger, as_of: datetime) -> Counts:
        client = OrttoClient(
            self.there.url,
            StaticToken(self.there.key),
            deadline=Deadline(None, self.clock),
            retry=Retry(3, 0.01, 0.02),
        )
        async with OrttoAdapter(client, rules, "America/New_York") as adapter:
            await require_mapping(adapter, self.said.append, create_fields=True)
            await settle_open(adapter, ledger, self.said.append)
            rows = self.plan(firm, using, as_of).values()
            due = [record_of(row) for row in rows if row["operation"] in ("create", "update")]
            return await send_all(adapter, ledger, due, self.said.append)


def furnish(world: World) -> None:
    """The shipped custom fields and the activities."""
    for item in mapped_fields(SHIPPED_FIELDS):
        if not item.is_id:
            world.add_field(item.target, item.kind.display_type)
    for transition, name in OF_TRANSITION.items():
        world.add_definition(name, attributes_of(transition))


@contextmanager
def sends(tables: Tables, root: Path, *, is_bare: bool = False, **details: Any) -> Iterator[Sends]:
    """An Ortto account without people that has the shipped fields and activities, and a firm that sends to it."""
    state = State(f"sqlite:///{root / 'state.db'}")
    state.upgrade()
    try:
        with ortto(**details) as there:
            if not is_bare:
                furnish(there.world)
            yield Sends(tables, state, there)
    finally:
        state.close()
