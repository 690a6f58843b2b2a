"""A firm whose members and users are given, its plan, its ledger, and sends to a fake Salesforce."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from calendly_pipeline.clients.http import Retry
from calendly_pipeline.destinations.engine import require_mapping, send_all, settle_open
from calendly_pipeline.destinations.ledger import Ledger, copy_ledger
from calendly_pipeline.destinations.records import Counts, Record
from calendly_pipeline.destinations.salesforce_links.adapter import make_adapter
from calendly_pipeline.settings import Settings
from calendly_pipeline.state import State
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.destinations.salesforce_links import given
from calendly_pipeline_tests.destinations.salesforce_links.given import Row, settings
from calendly_pipeline_tests.fakes.salesforce.given import Org
from calendly_pipeline_tests.fakes.salesforce.world import USER_LINK

QUICK = Retry(attempts=3, first_wait_seconds=0.01, longest_wait_seconds=0.02)
CELLS = ("payload", "before", "fields", "written", "remote_id", "label")


@dataclass
class Firm:
    """As `sending.send` does it, with the tables in memory and only the models that links go through."""

    tables: Tables
    org: Org
    state: State
    settings: Settings = field(default_factory=settings)
    said: list[str] = field(default_factory=list)
    runs: int = 0

    def put(self, members: Sequence[Row] = (), types: Sequence[Row] = ()) -> None:
        """Members and event types at Calendly, and Salesforce's users as they are now, as the tables have them."""
        rows = self.org.world.objects["User"].rows.values()
        users = [{**given.user(row["Id"], row["Email"].lower()), "is_active": row["IsActive"]} for row in rows]
        given.given(self.tables, tuple(members), tuple(types), tuple(users))

    def plan(self) -> dict[str, Row]:
        """The plan's rows by key, with what the ledger says now."""
        copy_ledger(self.tables.connection, self.state)
        return given.plan(self.tables, self.settings)

    def operations(self) -> dict[str, str]:
        """Key -> operation."""
        return {key: row["operation"] for key, row in self.plan().items()}

    def send(self, *only: str) -> Counts:
        """One send; raises what stops it before the first record."""
        self.runs += 1
        ledger = Ledger(self.state, "salesforce_links", f"run{self.runs}")
        return asyncio.run(self._send(ledger, only))

    def links(self) -> dict[str, str | None]:
        """Key -> link of every row."""
        return {key: row["Calendly__lnk_URL__c"] for key, row in self.org.world.links_by_key().items()}

    def user_link(self, user_id: str) -> str | None:
        """What a user's field holds."""
        return self.org.world.user(user_id)[USER_LINK]

    async def _send(self, ledger: Ledger, only: Sequence[str]) -> Counts:
        adapter = make_adapter(self.settings, self.state)
        assert adapter is not None
        adapter.client.retry = QUICK
        async with adapter:
            await require_mapping(adapter, self.said.append)
            await settle_open(adapter, ledger, self.said.append)
            due = [row for key, row in self.plan().items() if not only or key in only]
            records = [_record(row) for row in due if row["operation"] in ("create", "update")]
            return await send_all(adapter, ledger, records, self.said.append)


def _record(row: Row) -> Record:
    cells = {name: row[name] for name in CELLS}
    return Record("salesforce_links", row["record_key"], row["kind"], row["operation"], **cells)
