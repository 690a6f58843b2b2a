"""A small firm with a state store and a published snapshot: what the desk stands on."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from calendly_pipeline.contacts.decisions import Decision, all_decisions, checked, record
from calendly_pipeline.contacts.review_answers import answer
from calendly_pipeline.contacts.review_cases import Case, case, waiting
from calendly_pipeline.contacts.review_snapshot import Snapshot, publish
from calendly_pipeline.home import Home
from calendly_pipeline.state import State
from calendly_pipeline_tests.conftest import AS_OF
from calendly_pipeline_tests.contacts.conftest import World

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
WHO = "dana"
TELLING_MEETINGS = """
    update meetings.meetings
    set title = 'Portfolio Review', status = 'completed', host_name = 'Dana Host', routes = ['csv'],
        platform = 'calendly', account = 'default', duration_minutes = 30, is_status_certain = true
"""


class DeskFirm:
    """A world whose decisions come from a real state store, and whose refresh publishes a real snapshot."""

    def __init__(self, world: World, home: Home) -> None:
        self.world = world
        self.home = home
        self.state = State(f"sqlite:///{home.data / 'state.db'}")
        self.state.upgrade()
        self.snapshot = Snapshot(home.desk)
        self.now = NOW

    def refresh(self) -> "DeskFirm":
        """Run the contacts stage over everything decided so far, and publish."""
        from calendly_pipeline.state import decisions

        rows = self.state.rows(decisions)
        self.world.decisions = [{k: v for k, v in row.items() if k != "evidence"} for row in rows]
        connection = self.world.run().connection
        connection.execute(TELLING_MEETINGS)
        publish(connection, self.home.desk, AS_OF, self.now)
        return self

    def verdicts(self) -> dict[str, list[tuple[Any, ...]]]:
        """Table -> every row, of all that a decision may change."""
        tables = ("matches", "review_queue", "match_evidence", "addresses", "households", "identity_verdicts")
        return {
            name: self.world.tables.connection.execute(f"select * from contacts.{name} order by all").fetchall()
            for name in tables
        }

    def queue(self) -> list[str]:
        """Addresses that wait, in order."""
        with self.snapshot.read() as published:
            return [row["address"] for row in waiting(published, all_decisions(self.state))]

    def case(self, address: str) -> Case:
        """The waiting case of an address."""
        kept = all_decisions(self.state)
        with self.snapshot.read() as published:
            (row,) = [row for row in waiting(published, kept) if row["address"] == address]
            found = case(published, kept, row["identity_id"])
        assert found is not None
        return found

    def answer(self, address: str, kind: str, contact_ids: Sequence[str] = (), **more: Any) -> list[int]:
        """Answer the waiting case of an address, as the desk does."""
        one = self.case(address)
        with self.snapshot.read() as published:
            said = [checked(d, published.contact_id_of) for d in answer(published, one, kind, contact_ids, **more)]
        return self.record(*said)

    def record(self, *said: Decision) -> list[int]:
        """Keep one answer, a minute after the last."""
        self.now += timedelta(minutes=1)
        return record(self.state, said, WHO, self.now)

    def close(self) -> None:
        """Let go of both stores."""
        self.snapshot.close()
        self.state.close()


def furnish(world: World) -> World:
    """The firm of the desk's tests: four waiting cases, the first with two meetings."""
    world.card("1", "Max Alder", "alders@example.com").card("2", "Jane Alder", "alders@example.com")
    world.card("3", "Robert Hale", "robert.hale@gmail.com", phones='["+1 212 555 0101"]')
    world.card("4", "Vera Birch", "vera@birch.example", company="Birch & Co")
    world.card("5", "Paul Cedar", "paul@example.net").card("6", "Olga Cedar", "olga@example.org")
    world.booked("a1", "alders@example.com").booked("a2", "alders@example.com")
    world.booked("b", "robert.hale@gmial.com", "Robert")
    world.booked("c", "vera@birch.example", "Tom Birch")
    world.booked("d", "paul@example.net", "Olga Cedar")
    world.booked("e", "paul@example.net", "Paul Cedar").booked("f", "nobody@example.com", "Nora Nobody")
    return world
