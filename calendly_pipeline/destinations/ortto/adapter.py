"""Ortto behind the engine: what is checked, in which order it is sent, and what is read for it.

Reads: the schema once a send (two requests); of people that would change, who is known and what stands there (two per
hundred), and what they agreed to right before each write (one per hundred); of activities, whose they are (one per
hundred people).
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from calendly_pipeline import environment
from calendly_pipeline.clients.http import StaticToken
from calendly_pipeline.clients.ortto import BATCH_SIZE, CONCURRENCY, OrttoClient
from calendly_pipeline.clients.ortto_records import Schema
from calendly_pipeline.destinations.adapter import Adapter
from calendly_pipeline.destinations.ortto.activities import Activities
from calendly_pipeline.destinations.ortto.fields import (
    OF_TRANSITION,
    activity_mistakes,
    attributes_of,
    field_mistakes,
    found_fields,
    mapped_fields,
)
from calendly_pipeline.destinations.ortto.people import People
from calendly_pipeline.destinations.records import Kind, Outcome, Record
from calendly_pipeline.findings import Finding
from calendly_pipeline.settings import Settings
from calendly_pipeline.settings_ortto import OrttoDestination
from calendly_pipeline.state import State


def make_adapter(settings: Settings, _state: State) -> "OrttoAdapter | None":
    """The adapter; None without a key or without `[destinations.ortto]`."""
    key, rules = environment.secret("ORTTO_API_KEY"), settings.destinations.ortto
    if key is None or rules is None:
        return None
    client = OrttoClient(environment.ortto_api_url(), StaticToken(key), per_second=rules.requests_per_second)
    return OrttoAdapter(client, rules, settings.firm.time_zone or "UTC")


class OrttoAdapter(Adapter[OrttoClient]):
    """People first, for activities go on people who are there. Both may be repeated: people are told apart by address,
    activities by key and time. A refusal that names no record is one whose bad record has to be looked for.
    """

    name = "ortto"
    kinds: ClassVar[Mapping[str, Kind]] = {
        "person": Kind(batch_size=BATCH_SIZE, has_record_results=False, phase=0),
        "activity": Kind(batch_size=BATCH_SIZE, has_record_results=False, phase=1),
    }
    parallel = CONCURRENCY
    consent_keys = frozenset(("bol::p", "bol::sp", "str::s-ctx", "str::soi-ctx", "str::u-ctx", "str::soo-ctx"))

    def __init__(self, client: OrttoClient, rules: OrttoDestination, time_zone: str) -> None:
        self.client = client
        self.rules = rules
        self.time_zone = time_zone
        self.mapped = mapped_fields(rules.fields)
        self._schema: Schema | None = None

    async def check(self) -> list[Finding]:
        """Every mapped field and every activity is there, of the right type, and may be written."""
        schema = self._schema = await self.client.schema()
        wrong = [
            *(("destinations.ortto.fields", text) for text in field_mistakes(self.mapped, schema)),
            *(("destinations.ortto.activities", text) for text in activity_mistakes(self.rules.activities, schema)),
        ]
        if wrong:
            return [Finding("error", subject, text) for subject, text in wrong]
        return [Finding("ok", "ortto", f"{len(self.mapped)} fields and {len(self.rules.activities)} activities fit")]

    async def create_fields(self) -> list[str]:
        """Make the custom fields that are named and missing, and the activities."""
        schema = await self.client.schema()
        there = found_fields(self.mapped, schema)
        names = {field.name for field in schema.fields.values()}
        made: list[str] = []
        for item in self.mapped:
            if item.target not in there and not item.is_id and item.target not in names:
                await self.client.create_custom_field(item.target, item.kind.display_type)
                made.append(f"the {item.kind.display_type} field {item.target!r}")
        for transition in self.rules.activities:
            name = OF_TRANSITION[transition]
            if name not in schema.activities:
                await self.client.create_definition(name, attributes_of(transition))
                made.append(f"the activity {name!r}")
        return made

    async def prepare(self, records: Sequence[Record]) -> list[Record | Outcome]:
        """Narrow people to what may be written; find the people of activities."""
        if records[0].kind == "person":
            return await (await self._people()).prepared(records)
        return await (await self._activities()).prepared(records)

    async def send(self, records: Sequence[Record]) -> list[Outcome]:
        """Up to a hundred people, or activities."""
        if records[0].kind == "person":
            return await (await self._people()).send(records)
        return await (await self._activities()).send(records)

    async def _people(self) -> People:
        fields = found_fields(self.mapped, await self._known_schema())
        return People(self.client, self.rules, fields, self.time_zone)

    async def _activities(self) -> Activities:
        return Activities(self.client, (await self._known_schema()).activities, self.time_zone)

    async def _known_schema(self) -> Schema:
        if self._schema is None:
            self._schema = await self.client.schema()
        return self._schema
