"""A fake Calendly, a firm's home, and pulls between them."""

import asyncio
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from calendly_pipeline.clients.calendly import CalendlyClient
from calendly_pipeline.clients.http import Retry, StaticToken
from calendly_pipeline.clients.pacing import Deadline, SystemClock
from calendly_pipeline.home import Home
from calendly_pipeline.sources.calendly_pull import pull_calendly
from calendly_pipeline.sources.page_loading import load_pages
from calendly_pipeline.sources.pull_index import PullIndex
from calendly_pipeline.sources.pull_landing import PullReport
from calendly_pipeline.sources.pull_order import Mode, Order
from calendly_pipeline.state import State
from calendly_pipeline.warehouse import create_schemas, prepare
from calendly_pipeline_tests.fakes.calendly import CalendlyServer, World
from calendly_pipeline_tests.fakes.calendly.truth import truth

QUICK = Retry(attempts=12, first_wait_seconds=0.01, longest_wait_seconds=0.05)


class At(SystemClock):
    """A clock on which it is always the same moment of the day, though waiting takes its time."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def unix(self) -> float:
        """The moment."""
        return self.moment.timestamp()


class Firm:
    """A home with its state store, which pulls from one server."""

    def __init__(self, root: Path, server: CalendlyServer, url: str, *scopes: str, user: str | None = None) -> None:
        self.home = Home(root)
        self.home.create()
        self.state = State(f"sqlite:///{self.home.data / 'state.db'}")
        self.state.upgrade()
        self.server = server
        self.url = url
        self.token = server.tokens.personal(user or server.world.owner, scopes or None)
        self.said: list[str] = []
        self.runs = 0

    @property
    def world(self) -> World:
        """What the server knows."""
        return self.server.world

    def pull(self, first: str, last: str, now: datetime, mode: Mode = "window", **client: Any) -> PullReport:
        """One pull of the months [first, last]."""
        self.runs += 1
        order = Order(mode, _month(first), _month(last), now, f"run{self.runs:03}")

        async def run() -> PullReport:
            deadline = Deadline(None, At(now))
            settings = {"limit_share": 1.0, "concurrency": 8, "retry": QUICK, "deadline": deadline, **client}
            async with CalendlyClient(self.url, StaticToken(self.token), **settings) as calendly:
                index = PullIndex(self.state, "calendly", "default")
                return await pull_calendly(calendly, self.home, index, order, self.said.append)

        return asyncio.run(run())

    def rows(self) -> list[tuple[str, str, str]]:
        """Kind, id and body of every record, as a warehouse knows them after loading."""
        with duckdb.connect() as own:
            prepare(own)
            create_schemas(own)
            load_pages(own, self.home)
            return own.execute("select kind, record_id, body::varchar from sources.api_records").fetchall()

    def loaded(self) -> dict[str, dict[str, Any]]:
        """Kind -> id -> record."""
        found: dict[str, dict[str, Any]] = {}
        for kind, record_id, body in self.rows():
            found.setdefault(kind, {})[record_id] = json.loads(body)
        return found

    def doubled(self) -> int:
        """Records that are there more than once."""
        rows = self.rows()
        return len(rows) - len({(kind, record_id) for kind, record_id, _ in rows})

    def differences(self, *kinds: str) -> dict[str, list[str]]:
        """Ids of the records in which landing and the server's truth differ, by kind; empty: complete and exact."""
        have, want = self.loaded(), truth(self.world)
        found = {}
        for kind in kinds or ("event", "invitee"):
            ours, theirs = have.get(kind, {}), want[kind]
            wrong = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
            if wrong:
                found[kind] = wrong
        return found

    def close(self) -> None:
        """Release the state store."""
        self.state.close()


def _month(text: str) -> date:
    return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
