"""Bookings that are planned, sent to a fake Brevo, and planned again, as a send does."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from calendly_pipeline.clients.brevo import BrevoClient
from calendly_pipeline.clients.calendly import CalendlyClient
from calendly_pipeline.clients.http import Retry, StaticToken
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline.destinations.brevo.adapter import BrevoAdapter
from calendly_pipeline.destinations.brevo.booking_links import BookingLinks
from calendly_pipeline.destinations.engine import require_mapping, send_all, settle_open
from calendly_pipeline.destinations.ledger import Ledger
from calendly_pipeline.destinations.records import Counts
from calendly_pipeline.destinations.sending import record_of
from calendly_pipeline.settings import Settings
from calendly_pipeline.state import State, sync_ledger
from calendly_pipeline_tests.clients.calcom_given import QuickClock
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.destinations.brevo.given import Bookings, chosen
from calendly_pipeline_tests.fakes.brevo.given import Brevo, brevo


@dataclass
class Sending:
    """A firm's bookings, its state store, a fake Brevo and perhaps a fake Calendly."""

    tables: Tables
    state: State
    given: Brevo
    rules: Settings = field(default_factory=chosen)
    calendly: tuple[str, str] | None = None  # URL and token
    said: list[str] = field(default_factory=list)
    runs: int = 0

    def send(self, firm: Bookings, *, attempts: int = 4, create_fields: bool = False) -> Counts:
        """Look up what is open, plan, send, and give the firm the ledger for its next plan."""
        return asyncio.run(self._send(firm, attempts, create_fields))

    def ledger(self) -> list[dict[str, Any]]:
        """Every attempt."""
        return self.state.rows(sync_ledger)

    def outcomes(self) -> dict[str, str]:
        """Record -> outcome of its newest attempt."""
        return {row["record_key"]: row["outcome"] for row in self.ledger()}

    def writes(self) -> int:
        """Requests that write, so far."""
        return len(self.given.server.writes())

    def attributes(self, address: str) -> dict[str, Any]:
        """What stands on a contact."""
        return self.given.seen(address)["attributes"]

    def list_named(self, name: str) -> int:
        """The id of a list."""
        return next(number for number, (said, _) in self.given.world.lists.items() if said == name)

    def on(self, name: str) -> set[str]:
        """Who is on a list."""
        number = self.list_named(name)
        return {contact.address for contact in self.given.world.contacts.values() if number in contact.list_ids}

    async def _send(self, firm: Bookings, attempts: int, create_fields: bool) -> Counts:
        self.runs += 1
        ledger = Ledger(self.state, "brevo", f"run-{self.runs}")
        async with self._adapter(attempts) as adapter:
            await require_mapping(adapter, self.said.append, create_fields=create_fields)
            await settle_open(adapter, ledger, self.said.append)
            firm.ledger = self._copied()
            rows = firm.planned(self.rules).values()
            due = [record_of(row) for row in rows if row["operation"] in ("create", "update")]
            counts = await send_all(adapter, ledger, due, self.said.append)
        firm.ledger = self._copied()
        return counts

    def _copied(self) -> list[dict[str, Any]]:
        return self.ledger()

    def _adapter(self, attempts: int) -> BrevoAdapter:
        rules = self.rules.destinations.brevo
        assert rules is not None
        retry, deadline = Retry(attempts, 0.01, 0.02), Deadline(None, QuickClock())
        client = BrevoClient(self.given.url, StaticToken(self.given.key), deadline=deadline, retry=retry)
        links = None
        if self.calendly is not None:
            url, token = self.calendly
            links = BookingLinks(CalendlyClient(url, StaticToken(token), concurrency=1, retry=retry))
        return BrevoAdapter(client, rules, self.state, links)


@contextmanager
def sending(tables: Tables, folder: Path, rules: Settings | None = None, **details: Any) -> Iterator[Sending]:
    """An empty account; `details` are the server's."""
    state = State(f"sqlite:///{folder / 'state.db'}")
    state.upgrade()
    try:
        with brevo(**details) as given:
            yield Sending(tables, state, given, rules or chosen())
    finally:
        state.close()
