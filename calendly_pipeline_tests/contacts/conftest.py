"""A small world for the matcher: cards, bookings and decisions in, matches out."""

import functools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from calendly_pipeline.contacts.phone_numbers import e164_rows
from calendly_pipeline.home import Home
from calendly_pipeline.settings import Settings
from calendly_pipeline.sql_files import SqlFile
from calendly_pipeline.warehouse import replace_table
from calendly_pipeline_tests.conftest import AS_OF, Tables, all_models, copied

if TYPE_CHECKING:
    from calendly_pipeline_tests.contacts.desk_firm import DeskFirm

CRM_FILE = {"file_id": "crm", "folder": "contacts", "name": "lacrm.csv", "recency": 1}
BOOK_FILE = {"file_id": "book", "folder": "contacts", "name": "google.csv", "recency": 2}


class World:
    """Say who is in the CRM and who booked; ask who was matched."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.cards: list[dict[str, Any]] = []
        self.people: list[dict[str, Any]] = []
        self.files = [CRM_FILE, BOOK_FILE]
        self.attendees: list[dict[str, Any]] = []
        self.decisions: list[dict[str, Any]] = []
        self.settings: dict[str, Any] = {"firm": {"time_zone": "America/New_York"}}
        self._has_run_for: str | None = None

    def card(self, contact_id: str | None, name: str, *addresses: str, **more: Any) -> "World":
        """A card of the CRM; its name as `First Last`."""
        self.cards.append(_entry("crm", len(self.cards) + 2, contact_id, name, addresses, more))
        return self

    def person(self, name: str, *addresses: str, **more: Any) -> "World":
        """Somebody in an address book."""
        self.people.append(_entry("book", len(self.people) + 2, None, name, addresses, more))
        return self

    def others(self, count: int = 100) -> "World":
        """So many cards of people with names of their own; a name on one more card is then a rare one."""
        letters = "bcdfghjklm"
        for number in range(count):
            one, two = letters[number % 10], letters[number // 10]
            self.card(f"other {number}", f"Vu{one}e{two}u Ta{two}o{one}i", f"{one}x{two}@elsewhere-{one}{two}.example")
        return self

    def scaled(self, factor: float) -> "World":
        """Expect so many times more strangers of every name."""
        self.tables.connection.execute("update contacts.rule_set set strangers_scale = $1", [factor])
        return self._changed()

    def numbers(self, *said: str) -> "World":
        """Telephone numbers that are said anywhere, read as American."""
        self.tables.given("contacts.phone_numbers", *e164_rows(said, "US"))
        return self

    def switched(self, rule: str, decision: str) -> "World":
        """Another decision for a rule than rules.toml has."""
        self.tables.connection.execute("update contacts.rules set decision = $2 where rule = $1", [rule, decision])
        return self._changed()

    def booked(self, attendee_id: str, address: str | None, name: str | None = None, **more: Any) -> "World":
        """An attendee of a meeting of their own, invitee unless said otherwise."""
        row = {"attendee_id": attendee_id, "meeting_id": f"meeting {attendee_id}", "role": "invitee"}
        self.attendees.append({**row, "email": address, "address": address, "name": name, **more})
        return self

    def decided(self, kind: str, address: str, name: str = "", contact_id: str | None = None, **more: Any) -> "World":
        """A decision of the review desk; each is a day newer than the one before."""
        number = len(self.decisions) + 1
        row = {"decision_id": number, "kind": kind, "canonical_address": address, "name_normalised": name}
        day = {"decided_at": f"2026-01-{number:02d} 12:00:00+00", "decided_by": "desk"}
        self.decisions.append({**row, "contact_id": contact_id, **day, **more})
        return self

    def run(self) -> Tables:
        """Run the whole stage."""
        hosts = {"host_email": "adviser@firm.example", "starts_at": AS_OF}
        meetings = [{"meeting_id": meeting, **hosts} for meeting in sorted({a["meeting_id"] for a in self.attendees})]
        self.tables.given("sources.files", *self.files)
        self.tables.given("sources.crm_contacts", *self.cards).given("sources.address_books", *self.people)
        self.tables.given("meetings.attendees", *self.attendees).given("meetings.meetings", *meetings)
        self.tables.given("contacts.decisions", *self.decisions)
        parameters = Settings.model_validate(self.settings).sql_parameters(AS_OF)
        for model in _models():
            replace_table(self.tables.connection, model.table, model.text, parameters, model.grain)
        self._has_run_for = self._said()
        return self.tables

    def ran(self) -> Tables:
        """The stage's tables for what was said so far; runs it only when something was said since."""
        return self.tables if self._has_run_for == self._said() else self.run()

    def _said(self) -> str:
        said = (self.cards, self.people, self.files, self.attendees, self.decisions, self.settings)
        return repr((said, self.tables.changes))

    def _changed(self) -> "World":
        self._has_run_for = None
        return self

    def verdict(self, attendee_id: str) -> tuple[str, str | None, str]:
        """Decision, contact and rule of an attendee with one match."""
        (row,) = self.matches(attendee_id)
        return row["decision"], row["contact_id"], row["rule"]

    def matches(self, attendee_id: str) -> list[dict[str, Any]]:
        """Every match of an attendee."""
        return [row for row in self.ran().rows("contacts.matches") if row["attendee_id"] == attendee_id]

    def queued(self) -> list[dict[str, Any]]:
        """The review queue in its order, candidates as lists."""
        rows = self.ran().rows("select * from contacts.review_queue order by rank")
        return [{**row, "candidates": json.loads(row["candidates"])} for row in rows]


@functools.cache
def _models() -> list[SqlFile]:
    """The stage's models in order, parsed once for all tests."""
    return [model for model in all_models() if model.stage == "contacts"]


def _entry(
    file_id: str, line: int, contact_id: str | None, name: str, addresses: tuple[str, ...], more: dict[str, Any]
) -> dict[str, Any]:
    first, _, last = name.partition(" ")
    row = {"file_id": file_id, "line": line, "kind": file_id, "contact_key": contact_id, "is_company": "false"}
    row |= {"first_name": first or None, "last_name": last or None, "fields": {}}
    return {**row, "addresses": json.dumps(addresses), "phones": "[]", **more}


@pytest.fixture
def listed(listed_warehouse: Path) -> Iterator[Tables]:
    """Every table empty but the rules and lists."""
    with copied(listed_warehouse) as tables:
        yield tables


@pytest.fixture
def world(listed: Tables) -> World:
    """An empty CRM and no bookings."""
    return World(listed)


@pytest.fixture(scope="session")
def furnished(listed_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small firm of the desk's tests, refreshed once: its home, and its warehouse beside it."""
    from calendly_pipeline_tests.contacts.desk_firm import DeskFirm, furnish

    root = tmp_path_factory.mktemp("furnished")
    with copied(listed_warehouse) as tables:
        DeskFirm(furnish(World(tables)), Home(root / "home")).refresh().close()
        tables.connection.execute(f"attach '{root / 'warehouse.duckdb'}' as kept")
        tables.connection.execute("copy from database memory to kept")
    return root


@pytest.fixture
def desk_firm(furnished: Path, tmp_path: Path) -> "Iterator[DeskFirm]":
    """A copy of that firm."""
    from calendly_pipeline_tests.contacts.desk_firm import DeskFirm, furnish

    home = Home(shutil.copytree(furnished / "home", tmp_path / "home"))
    with copied(furnished / "warehouse.duckdb") as tables:
        firm = DeskFirm(furnish(World(tables)), home)
        yield firm
        firm.close()
