"""Ada's firm, its plan, and a LACRM that receives it."""

import asyncio
from pathlib import Path
from typing import Any

from calendly_pipeline.clients.http import Retry, StaticToken
from calendly_pipeline.clients.lacrm import LacrmClient
from calendly_pipeline.destinations.engine import require_mapping, send_all, settle_open
from calendly_pipeline.destinations.lacrm.adapter import LacrmAdapter
from calendly_pipeline.destinations.lacrm.fields import lacrm_fields, load_fields
from calendly_pipeline.destinations.ledger import Ledger, copy_ledger
from calendly_pipeline.destinations.plan import plan_table
from calendly_pipeline.destinations.records import Counts
from calendly_pipeline.destinations.sending import record_of
from calendly_pipeline.settings import Settings
from calendly_pipeline.state import State, sync_ledger
from calendly_pipeline_tests.conftest import AS_OF, Tables
from calendly_pipeline_tests.destinations.given import FIELDS
from calendly_pipeline_tests.fakes.lacrm.given import NOW, Lacrm
from calendly_pipeline_tests.metrics.given import Firm

TYPES = {"Last meeting": "Date", "Next meeting": "Date", "Meetings": "Number", "Data through": "Date"}


def rules(**named: Any) -> Settings:
    """Settings with four mapped fields; `named` are keys of [destinations.lacrm]."""
    return Settings.model_validate(
        {
            "firm": {"time_zone": "America/New_York"},
            "lacrm": {"fields": FIELDS, "requests_per_second": 100},
            "destinations": {"lacrm": named},
        }
    )


class SendingFirm:
    """A firm whose card of Ada is in the fake LACRM under the id `ada`."""

    def __init__(self, tables: Tables, root: Path, crm: Lacrm, *contacts: str) -> None:
        self.crm = crm
        for name, kind in TYPES.items():
            if name in {field.name for field in crm.world.live_fields()}:
                crm.world.remove_field(name)
            crm.world.add_field(name, kind)
        self.firm = Firm(tables, *contacts)
        for contact in self.firm.contacts:
            self._add_card(contact["contact_id"])
        self.state = State(f"sqlite:///{root / 'state.db'}")
        self.state.upgrade()
        self.said: list[str] = []
        self.last_reading: dict[str, Any] | None = None
        """What the plan believes to stand on every card; None: what stands there."""

    def _add_card(self, name: str) -> None:
        made = self.crm.world.add(NOW, name.title(), f"{name}@example.com")
        del self.crm.world.contacts[made.contact_id]
        made.contact_id = name
        self.crm.world.contacts[name] = made

    def card(self, name: str = "ada") -> dict[str, Any]:
        """What stands in the mapped fields."""
        return {field: self.crm.world.value(name, field) for field in TYPES}

    def notes(self) -> list[tuple[str, str]]:
        """Contact and first line of every note."""
        return sorted((note.contact_id, note.text.splitlines()[0]) for note in self.crm.world.notes.values())

    def plan(self, chosen: Settings) -> list[dict[str, Any]]:
        """Read the cards, compute, plan."""
        for contact in self.firm.contacts:
            read = self.card(contact["contact_id"]) if self.last_reading is None else self.last_reading
            contact["fields"] = {name: str(value or "") for name, value in read.items()}
            contact["read_at"] = AS_OF.replace(year=2027)
        load_fields(self.firm.tables.connection, lacrm_fields(chosen))
        copy_ledger(self.firm.tables.connection, self.state)
        self.firm.run(chosen)
        self.firm.tables.run_stage("destinations", settings=chosen, as_of=AS_OF)
        return plan_table(self.firm.tables.connection, "lacrm")

    def send(self, chosen: Settings | None = None, *, create_fields: bool = False) -> Counts:
        """One send of what is planned."""
        return asyncio.run(self._send(chosen or rules(), create_fields))

    async def _send(self, chosen: Settings, create_fields: bool) -> Counts:
        ledger = Ledger(self.state, "lacrm", f"run {len(self.state.rows(sync_ledger))}", lambda: AS_OF)
        retry = Retry(attempts=2, first_wait_seconds=0.01, longest_wait_seconds=0.01)
        client = LacrmClient(f"{self.crm.url}/v2/", StaticToken(self.crm.key), per_second=1000, retry=retry)
        async with LacrmAdapter(client, chosen) as adapter:
            await require_mapping(adapter, self.said.append, create_fields=create_fields)
            await settle_open(adapter, ledger, self.said.append)
            due = [row for row in self.plan(chosen) if row["operation"] in ("create", "update")]
            return await send_all(adapter, ledger, [record_of(row) for row in due], self.said.append)
