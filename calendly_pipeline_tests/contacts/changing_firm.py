"""A generated firm that changes from day to day, its tables kept up to date and built from scratch beside it.

What belongs here: what may happen to a firm's inputs. What does not: what the tables should then say.
"""

import json
import random
from collections.abc import Callable
from typing import Any

import duckdb

from calendly_pipeline.contacts.phone_numbers import read_numbers
from calendly_pipeline.maintained import Built, Maintenance
from calendly_pipeline.settings import Settings
from calendly_pipeline.warehouse import content_hash, insert_rows, replace_table
from calendly_pipeline_tests.conftest import AS_OF, all_models
from calendly_pipeline_tests.contacts.matching_cases import add, fill, make_book, make_bookings

MODELS = [model for model in all_models() if model.stage == "contacts"]
NUMBERS = "contacts.phone_numbers"
HOSTS = ("adviser@firm.example", "second@firm.example", "helper@elsewhere.example")


def in_order() -> list[str]:
    """Tables of the stage that are built, each after what it reads."""
    waiting = {model.table: set(model.reads) for model in MODELS}
    waiting[NUMBERS] = {"contacts.entries", "contacts.attendee_details"}
    ordered: list[str] = []
    while waiting:
        ready = sorted(table for table, reads in waiting.items() if not reads & waiting.keys())
        ordered += ready
        waiting = {table: reads for table, reads in waiting.items() if table not in ready}
    return ordered


ORDER = in_order()


class Killed(Exception):
    """The run ends here."""


class ChangingFirm:
    """A firm in a connection that has every table; `seed` decides who it is and what happens to it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, seed: int, cards: int = 150, invitees: int = 400) -> None:
        self.connection = connection
        self.dice = random.Random(seed)
        self.settings: dict[str, Any] = {
            "firm": {"time_zone": "America/New_York", "internal_domains": ["firm.example"]}
        }
        self.people = make_book(random.Random(seed), cards)
        self.bookings = make_bookings(random.Random(seed + 1), self.people, invitees)
        self.built: dict[str, Built] = {}
        self.number = 0
        self.few_rows = 0
        self.models = MODELS
        fill(connection, self.people, self.bookings)
        self.maintenance = self.resumed()

    def resumed(self) -> Maintenance:
        """What the next run has: nothing but the warehouse."""
        for catalog in self._names("select database_name from duckdb_databases() where database_name like 'by_%'"):
            self.connection.execute(f"detach {catalog}")
        self.maintenance = Maintenance(self.connection, self.models, self.few_rows)
        return self.maintenance

    def refresh(self, *tables: str, killed_before: str | None = None) -> dict[str, Built]:
        """A run of these tables, all of them if none is named; returns what was done of each."""
        self.resumed()
        parameters = self._parameters()
        self.built = {}
        for table in ORDER:
            if table == killed_before:
                raise Killed(table)
            if table == NUMBERS and (table in tables or not tables):
                read_numbers(self.connection, "US")
            elif table in tables or not tables:
                self.built[table] = self.maintenance.build(table, parameters)
        return self.built

    def different(self) -> set[str]:
        """Tables that are not what a build from scratch makes of the same inputs."""
        kept = self._hashes()
        self.connection.execute("attach ':memory:' as scratch; copy from database memory to scratch; use scratch")
        try:
            for model in MODELS:
                self.connection.execute(f"drop {'view' if model.is_view else 'table'} {model.table}")
            for table in ORDER:
                model = next((model for model in MODELS if model.table == table), None)
                if model:
                    replace_table(self.connection, table, model.text, self._parameters(), model.grain)
                else:
                    self.connection.execute(f"delete from {table}")
                    read_numbers(self.connection, "US")
            fresh = self._hashes()
        finally:
            self.connection.execute("use memory; detach scratch")
        return {table for table in fresh if fresh[table] != kept[table]}

    def _hashes(self) -> dict[str, str]:
        return {table: content_hash(self.connection, table) for table in ORDER}

    def _parameters(self) -> dict[str, Any]:
        return Settings.model_validate(self.settings).sql_parameters(AS_OF)

    def _names(self, query: str) -> list[str]:
        return [name for (name,) in self.connection.execute(query).fetchall()]

    def _one(self, column: str, table: str) -> Any:
        """One of a table's values, the same for the same dice whatever the order of the rows."""
        return self.dice.choice(self._names(f"select {column} from {table} where {column} is not null order by 1"))

    def _set(self, table: str, key: str, value: str, **columns: Any) -> None:
        for column, new in columns.items():
            self.connection.execute(f"update {table} set {column} = $1 where {key} = $2", [new, value])

    # What may happen

    def book(self) -> None:
        """New invitees, in the generator's mix."""
        since = len(self.bookings)
        self.bookings += make_bookings(self.dice, self.people, self.dice.randint(1, 8))
        add(self.connection, self.bookings, since)

    def book_again(self) -> None:
        """Somebody known books once more, perhaps from a card's link, perhaps with a guest."""
        self.number += 1
        row = self.connection.execute(
            "select address, name, phone, answers from meetings.attendees where attendee_id = $1",
            [self._one("attendee_id", "meetings.attendees")],
        ).fetchall()[0]
        person = dict(zip(("address", "name", "phone", "answers"), row, strict=True))
        meeting = {"meeting_id": f"again {self.number}", "host_email": self.dice.choice(HOSTS), "starts_at": AS_OF}
        hint = self._one("contact_key", "sources.crm_contacts") if self.dice.random() < 0.3 else None
        attendee = {"attendee_id": f"again {self.number}", "meeting_id": meeting["meeting_id"], "role": "invitee"}
        other = {"attendee_id": f"guest {self.number}", "meeting_id": meeting["meeting_id"]}
        other |= {"role": self.dice.choice(["guest", "co_host"]), "address": self._one("address", "meetings.attendees")}
        insert_rows(self.connection, "meetings.meetings", [meeting])
        insert_rows(self.connection, "meetings.attendees", [{**attendee, **person, "crm_contact_hint": hint}])
        insert_rows(self.connection, "meetings.attendees", [other])

    def change_attendee(self) -> None:
        """Another name, address, number or answer."""
        new = self.dice.choice(
            [
                {"name": self._one("name", "meetings.attendees")},
                {"name": f"{self.people.names.first()} {self.people.names.last()}"},
                {"name": None},
                {"address": self._one("address", "meetings.attendees")},
                {"phone": self.dice.choice(["(212) 555-0100", "+1 917 555 0199", None])},
                {"answers": json.dumps({"Company": "Harlow Mills Inc.", "Phone number": "212 555 0111"})},
                {"duplicate_of": self._one("attendee_id", "meetings.attendees")},
            ]
        )
        self._set("meetings.attendees", "attendee_id", self._one("attendee_id", "meetings.attendees"), **new)

    def remove_attendee(self) -> None:
        """Gone, as after an erasure or a correction."""
        gone = self._one("attendee_id", "meetings.attendees")
        self.connection.execute("delete from meetings.attendees where attendee_id = $1", [gone])

    def change_meeting(self) -> None:
        """Another start, another host, or the meeting is gone."""
        meeting = self._one("meeting_id", "meetings.meetings")
        kind = self.dice.randrange(4)
        if kind == 0:
            self.connection.execute("delete from meetings.meetings where meeting_id = $1", [meeting])
        elif kind == 1:
            self._set("meetings.meetings", "meeting_id", meeting, host_email=self.dice.choice(HOSTS))
        else:
            self.connection.execute(
                "update meetings.meetings set starts_at = starts_at + interval (20 * $1) day where meeting_id = $2",
                [kind, meeting],
            )

    def move(self) -> None:
        """A booking was moved to another one; now and then such a move turns out to be none."""
        if self.dice.random() < 0.3:
            self.connection.execute(
                "delete from meetings.moves where attendee_id = (select min(attendee_id) from meetings.moves)"
            )
            return
        old, new = (self._one("attendee_id", "meetings.attendees") for _ in range(2))
        taken = self._names("select attendee_id from meetings.moves union select to_attendee_id from meetings.moves")
        if old != new and not {old, new} & {*taken}:
            evidence = self.dice.choice(["linked", "linked", "inferred"])
            row = {"attendee_id": old, "to_attendee_id": new, "evidence": evidence}
            insert_rows(self.connection, "meetings.moves", [row])

    def change_card(self) -> None:
        """A card is new, changed or gone; or somebody comes into an address book."""
        kind, card = self.dice.randrange(5), self._one("contact_key", "sources.crm_contacts")
        self.number += 1
        if kind == 0:
            self.connection.execute("delete from sources.crm_contacts where contact_key = $1", [card])
        elif kind == 1:
            self._set("sources.crm_contacts", "contact_key", card, last_name=self.people.names.last())
        elif kind == 2:
            addresses = json.dumps([self._one("address", "meetings.attendees")])
            self._set("sources.crm_contacts", "contact_key", card, addresses=addresses, phones='["(212) 555-0100"]')
        else:
            table = "sources.crm_contacts" if kind == 3 else "sources.address_books"
            row = {"file_id": "crm" if kind == 3 else "book", "line": 10_000 + self.number, "kind": "crm"}
            row |= {"contact_key": f"new {self.number}" if kind == 3 else None, "is_company": "false", "fields": "{}"}
            row |= {"full_name": self._one("name", "meetings.attendees"), "phones": "[]"}
            insert_rows(self.connection, table, [{**row, "addresses": json.dumps([f"new{self.number}@gmail.com"])}])

    def decide(self) -> None:
        """An answer of the desk, or the undoing of one."""
        self.number += 1
        row: dict[str, Any] = {
            "decision_id": self.number,
            "decided_by": "desk",
            "decided_at": AS_OF,
            "rule": "full_name",
        }
        made = self._names("select decision_id from contacts.decisions where undoes is null order by 1")
        if made and self.dice.random() < 0.3:
            insert_rows(
                self.connection, "contacts.decisions", [{**row, "kind": "undo", "undoes": self.dice.choice(made)}]
            )
            return
        found = self.connection.execute(
            "select canonical_address, coalesce(name_normalised, '') from contacts.identities where identity_id = $1",
            [self._one("identity_id", "contacts.identities")],
        ).fetchall()[0]
        kind = self.dice.choice(
            ["confirm", "confirm", "reject", "always_map", "books_for", "never_match", "new_contact", "shared_address",
             "household", "same_person"]
        )  # fmt: skip
        subject = self._one("contact_id", "contacts.contacts") if kind == "same_person" else found[0]
        contact = None if kind in ("never_match", "new_contact") else self._one("contact_id", "contacts.contacts")
        row |= {"kind": kind, "canonical_address": subject or "firm.example", "name_normalised": found[1]}
        insert_rows(self.connection, "contacts.decisions", [{**row, "contact_id": contact}])

    def change_rules(self) -> None:
        """A setting, a threshold, a rule or a list is another one."""
        kind = self.dice.randrange(4)
        if kind == 0:
            domains = self.dice.sample(["firm.example", "gmail.com", "harlowmills.com"], self.dice.randint(0, 2))
            self.settings["firm"]["internal_domains"] = domains
        elif kind == 1:
            product = self.dice.choice([6, 40, 250_000])
            self.connection.execute("update contacts.rule_set set largest_product = $1", [product])
        elif kind == 2:
            rule, decision = self._one("rule", "contacts.rules"), self.dice.choice(["auto", "review", "off"])
            self.connection.execute("update contacts.rules set decision = $1 where rule = $2", [decision, rule])
        else:
            forms = [{"name": self.people.names.first().lower(), "form": self.people.names.first().lower()}]
            insert_rows(self.connection, "contacts.nicknames", forms)


Happening = Callable[[ChangingFirm], None]
OFTEN: tuple[Happening, ...] = (
    ChangingFirm.book,
    ChangingFirm.book_again,
    ChangingFirm.change_attendee,
    ChangingFirm.remove_attendee,
    ChangingFirm.change_meeting,
    ChangingFirm.move,
)
SELDOM: tuple[Happening, ...] = (ChangingFirm.change_card, ChangingFirm.decide, ChangingFirm.change_rules)
