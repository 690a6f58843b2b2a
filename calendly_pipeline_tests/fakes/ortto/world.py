"""The fake Ortto's state, and what each call does to it. No HTTP.

Where the vendor's words leave two readings, the worse one is played unless a switch says otherwise: an omitted `bol::p`
subscribes also somebody who is there already and has unsubscribed, under every strategy that touches existing people.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from calendly_pipeline_tests.fakes.ortto.records import (
    BUILT_IN,
    PREFIXES,
    READ_ONLY,
    ActivityRow,
    Definition,
    FieldRow,
    Person,
    fits,
    kebab,
)
from calendly_pipeline_tests.fakes.ortto.refusals import Refused

MOST_CUSTOM_FIELDS = 100
MOST_A_DAY = 50
DAY = timedelta(days=1)


class World:
    """One Ortto account."""

    def __init__(self, seed: int = 1, *, omitted_subscribes: bool = True, retention_days: int = 90) -> None:
        self.seed = seed
        self.omitted_subscribes = omitted_subscribes
        self.retention_days = retention_days
        self.keys: set[str] = set()
        rows = [FieldRow(field_id, *named) for field_id, named in BUILT_IN.items()]
        rows += [FieldRow(field_id, *named, is_read_only=True) for field_id, named in READ_ONLY.items()]
        self.fields: dict[str, FieldRow] = {row.field_id: row for row in rows}
        self.people: dict[str, Person] = {}
        self.suppressed: set[str] = set()
        self.refused: set[str] = set()  # addresses that are no addresses
        self.definitions: dict[str, Definition] = {}
        self.activities: list[ActivityRow] = []
        self._pairs: dict[tuple[str, str, str], ActivityRow] = {}
        self._times: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        self.consent_log: list[tuple[str, str, bool]] = []
        """(person's id, field, new value) whenever a permission changed."""

    def add_person(self, address: str, *, may_email: bool = True, **fields: Any) -> Person:
        """Somebody who was there before us; `fields` by id, with `__` for `::`."""
        more = {name.replace("__", "::"): value for name, value in fields.items()}
        named = {"str::email": address, "bol::p": may_email, "bol::sp": False, **more}
        person = Person(self._next_id(), named)
        self.people[person.person_id] = person
        return person

    def person(self, address: str) -> Person:
        """By address, whatever its case; raises KeyError."""
        found = self.found("str::email", address)
        if found is None:
            raise KeyError(address)
        return found

    def found(self, field_id: str, value: Any) -> Person | None:
        """By one field; texts whatever their case."""
        if field_id == "str::person_id":
            return self.people.get(str(value))
        wanted = str(value).casefold()
        return next((p for p in self.people.values() if str(p.fields.get(field_id, "")).casefold() == wanted), None)

    def add_field(self, name: str, display_type: str, options: list[str] | None = None) -> FieldRow:
        """A custom field; raises Refused."""
        if display_type not in PREFIXES:
            raise Refused(f"invalid field type {display_type}")
        if display_type.endswith("_select") and not options:
            raise Refused("values are required")
        custom = [row for row in self.fields.values() if ":cm:" in row.field_id]
        if len(custom) >= MOST_CUSTOM_FIELDS:
            raise Refused(f"Maximum custom field limit reached ({MOST_CUSTOM_FIELDS})", 403)
        field_id = f"{PREFIXES[display_type]}:cm:{kebab(name)}"
        if field_id in self.fields:
            raise Refused("Duplicate field name")
        row = self.fields[field_id] = FieldRow(field_id, name, display_type, list(options or ()))
        return row

    def add_definition(self, name: str, attributes: Mapping[str, str]) -> Definition:
        """A kind of activity with attributes (name -> display type); raises Refused."""
        activity_id = f"act:cm:{kebab(name)}"
        if activity_id in self.definitions:
            raise Refused("Duplicate activity name")
        unknown = [kind for kind in attributes.values() if kind not in PREFIXES]
        if unknown:
            raise Refused(f"invalid display type {unknown[0]}")
        ids = {f"{PREFIXES[kind]}:cm:{kebab(key)}": (key, kind) for key, kind in attributes.items()}
        made = self.definitions[activity_id] = Definition(activity_id, name, ids)
        return made

    def problem(self, fields: Mapping[str, Any]) -> str:
        """Why a person cannot be merged; empty: it can."""
        if not fields.get("str::email") and not fields.get("str::ei") and not fields.get("str::person_id"):
            return "email or external id is required"
        if fields.get("str::email") in self.refused:
            return f"failed to validate field str::email in schema: {fields['str::email']}: invalid email"
        for field_id, value in fields.items():
            row = self.fields.get(field_id)
            if field_id == "str::person_id":
                continue
            if row is None or row.is_read_only:
                return f"failed to validate field {field_id} in schema: {field_id}: Object not found"
            if not fits(field_id.partition(":")[0], value) or (row.options and value and value not in row.options):
                return f"failed to validate field {field_id} in schema: invalid value"
        return ""

    def merge(self, fields: Mapping[str, Any], merge_by: list[str], strategy: int, skip: bool) -> tuple[str, str]:
        """(status, person's id): `created`, `merged`, or `skipped` without anybody."""
        keys = [(key, fields[key]) for key in merge_by if fields.get(key)]
        person = next((found for key, value in keys if (found := self.found(key, value))), None)
        given = {key: value for key, value in fields.items() if key != "str::person_id"}
        if person is None:
            if skip or "str::person_id" in merge_by:
                return "skipped", ""
            person = Person(self._next_id(), {})
            self.people[person.person_id] = person
            self._set(person, {"bol::p": True, "bol::sp": False, **given})
            return "created", person.person_id
        if strategy == 3:
            return "merged", person.person_id
        assumed = {"bol::p": True, "bol::sp": False} if self.omitted_subscribes else {}
        omitted = {key: value for key, value in assumed.items() if key not in given}
        if strategy == 1:
            given = {key: value for key, value in given.items() if person.fields.get(key) is None}
        self._set(person, {**given, **omitted})
        return "merged", person.person_id

    def add_activity(self, row: ActivityRow, now: datetime) -> None:
        """The same key and time again is the same activity; the 51st of a day is dropped without a word."""
        pair = (row.activity_id, row.key, row.created)
        if row.key and pair in self._pairs:
            self._pairs[pair].attributes |= row.attributes
            return
        created = datetime.fromisoformat(row.created)
        times = self._times[row.activity_id, row.person_id]
        if sum(abs(time - created) < DAY for time in times) >= MOST_A_DAY:
            return
        row.is_waiting = now - created > timedelta(days=self.retention_days)
        times.append(created)
        self._pairs[pair] = row
        self.activities.append(row)

    def settle(self) -> None:
        """An hour passes: what waited is there."""
        for row in self.activities:
            row.is_waiting = False

    def of(self, address: str) -> list[ActivityRow]:
        """The activities of a person, oldest first."""
        mine = self.person(address).person_id
        return sorted((row for row in self.activities if row.person_id == mine), key=lambda row: row.created)

    def _set(self, person: Person, values: Mapping[str, Any]) -> None:
        for key in ("bol::p", "bol::sp"):
            if key in values and bool(person.fields.get(key)) != bool(values[key]):
                self.consent_log.append((person.person_id, key, bool(values[key])))
        person.fields = {k: v for k, v in {**person.fields, **values}.items() if v is not None}

    def _next_id(self) -> str:
        return f"00{self.seed:06x}{len(self.people) + 1:016x}00"
