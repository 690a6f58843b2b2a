"""A fake Cal.com, a firm's home, and pulls between them."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from calendly_pipeline.clients.calcom import CalcomClient
from calendly_pipeline.clients.http import Retry, StaticToken
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline.home import Home
from calendly_pipeline.sources.calcom_pull import pull_calcom
from calendly_pipeline.sources.page_loading import load_pages
from calendly_pipeline.sources.pull_index import PullIndex
from calendly_pipeline.sources.pull_landing import PullReport
from calendly_pipeline.sources.pull_order import Order
from calendly_pipeline.state import State
from calendly_pipeline.warehouse import create_schemas, prepare
from calendly_pipeline_tests.fakes.calcom.controls import truth
from calendly_pipeline_tests.fakes.calcom.server import CalcomServer
from calendly_pipeline_tests.sources.pulled import At

NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)
QUICK = Retry(attempts=14, first_wait_seconds=0.01, longest_wait_seconds=0.05)


class Firm:
    """A home that pulls from one Cal.com."""

    def __init__(self, root: Path, server: CalcomServer, url: str, key: str) -> None:
        self.home = Home(root)
        self.home.create()
        self.state = State(f"sqlite:///{self.home.data / 'state.db'}")
        self.state.upgrade()
        self.server, self.url, self.key = server, url, key
        self.runs = 0

    def pull(self, first_month: int, last_month: int, now: datetime = NOW) -> PullReport:
        """One pull of months of the year that it is."""
        self.runs += 1
        first, last = (datetime(now.year, month, 1, tzinfo=UTC).date() for month in (first_month, last_month))
        order = Order("window", first, last, now, f"run{self.runs:03}")

        async def run() -> PullReport:
            deadline = Deadline(None, At(now))
            tokens = StaticToken(self.key)
            async with CalcomClient(self.url, tokens, limit_share=1.0, retry=QUICK, deadline=deadline) as client:
                return await pull_calcom(client, self.home, PullIndex(self.state, "calcom", "default"), order, print)

        return asyncio.run(run())

    def loaded(self, kind: str = "booking") -> dict[str, Any]:
        """Records of a kind by id, as a warehouse knows them after loading."""
        with duckdb.connect() as own:
            prepare(own)
            create_schemas(own)
            load_pages(own, self.home)
            query = "select record_id, body::varchar from sources.api_records where kind = $kind"
            return {key: json.loads(body) for key, body in own.execute(query, {"kind": kind}).fetchall()}

    def differences(self) -> list[str]:
        """Uids on which landing and the server's truth differ; attendees have no order."""
        have = {uid: _ordered(row) for uid, row in self.loaded().items()}
        want = {row["uid"]: _ordered(row) for row in truth(self.server.world)}
        return sorted(uid for uid in have.keys() | want.keys() if have.get(uid) != want.get(uid))


def _ordered(row: dict[str, Any]) -> str:
    people = sorted(row["attendees"], key=lambda person: person["email"])
    guests = sorted(row.get("guests") or [])
    return json.dumps({**row, "attendees": people, "guests": guests}, sort_keys=True, default=str)
