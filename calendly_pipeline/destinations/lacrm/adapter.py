"""Less Annoying CRM as a destination: custom fields of the contact card, notes or events of meetings, new cards.

Reads before it writes: which contacts the key may edit (one request per 10,000), what stands on the cards that would
change (one per 10,000), the notes or events of every contact that is to get a new one (one per contact), and every
address there is before a card is created (one per 10,000). Reads cards back after (one per 10,000): LACRM ignores a
field that it does not know without an error.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from calendly_pipeline import environment
from calendly_pipeline.clients.http import StaticToken
from calendly_pipeline.clients.lacrm import LacrmClient, RecordType
from calendly_pipeline.destinations.adapter import Adapter
from calendly_pipeline.destinations.lacrm.fields import lacrm_fields, mistakes
from calendly_pipeline.destinations.merging import narrowed
from calendly_pipeline.destinations.records import Kind, Outcome, Record
from calendly_pipeline.findings import Finding
from calendly_pipeline.settings import Settings
from calendly_pipeline.state import State

TOKEN = re.compile(r"\[meeting [^\]]+\]")
NO_EDIT = "the key's user may not edit this contact; share it with that user in LACRM, or use an admin's key"
IGNORED = "LACRM took the write and kept another value in {}; see the field's settings in LACRM"
FOUND = "found by its token"
RECORD_TYPES: tuple[RecordType, ...] = ("Contacts", "Companies")


def make_adapter(settings: Settings, _state: State) -> "LacrmAdapter | None":
    """The adapter; None without a key."""
    key = environment.secret(settings.lacrm.token_env)
    if key is None:
        return None
    pace = settings.lacrm.requests_per_second
    return LacrmAdapter(LacrmClient(environment.lacrm_api_url(), StaticToken(key), per_second=pace), settings)


class LacrmAdapter(Adapter[LacrmClient]):
    """Cards are set field by field, which may be repeated; notes and events are found again by their token."""

    name = "lacrm"
    kinds: ClassVar[Mapping[str, Kind]] = {
        "card": Kind(phase=0),
        "note": Kind(repeatable=frozenset({"update"}), phase=1),
        "event": Kind(repeatable=frozenset({"update"}), phase=1),
        "contact": Kind(repeatable=frozenset(), phase=2),
    }

    def __init__(self, client: LacrmClient, settings: Settings) -> None:
        self.client = client
        self.rules = settings.destinations.lacrm
        self.fields = {field.field: field for field in lacrm_fields(settings)}

    async def check(self) -> list[Finding]:
        """Every mapped field is there, of the right type, with the options that are written."""
        return [Finding("error", "lacrm.fields", text) for text in mistakes(self.fields.values(), await self._there())]

    async def create_fields(self) -> list[str]:
        """Create the mapped fields that are missing; needs an account admin's key."""
        there = await self._there()
        missing = [field for field in self.fields.values() if field.field not in there]
        for field in missing:
            await self.client.create_field(field.field, field.field_type, field.options)
        return [f"the {field.field_type} field {field.field!r}" for field in missing]

    async def prepare(self, records: Sequence[Record]) -> list[Record | Outcome]:
        """Narrow cards to what differs now; find notes and events that are there already."""
        if records[0].kind == "card":
            return await self._prepared_cards(records)
        if records[0].kind == "contact":
            by_address = await self._by_address()
            return [_already_there(record, by_address) for record in records]
        creates = {record.contact_id: record for record in records if record.operation == "create"}
        attached = {contact_id: await self._attached(record) for contact_id, record in creates.items()}
        return [_adopted(record, attached.get(record.contact_id, {})) for record in records]

    async def send(self, records: Sequence[Record]) -> list[Outcome]:
        """One record; see `Kind`."""
        (record,) = records
        if record.kind == "card":
            await self.client.edit_contact(record.key, record.payload)
            return [Outcome(record.key, "accepted")]
        if record.kind == "contact":
            return [Outcome(record.key, "accepted", remote_id=await self._create_contact(record))]
        return [Outcome(record.key, "accepted", remote_id=await self._write_attached(record))]

    async def confirm(self, records: Sequence[Record]) -> list[Outcome]:
        """Read cards back; what LACRM ignored is rejected."""
        if records[0].kind != "card":
            return []
        there = await self._cards([record.key for record in records])
        wrong = {record.key: self._differing(record, there.get(record.key, {})) for record in records}
        return [Outcome(key, "rejected", IGNORED.format(", ".join(names))) for key, names in wrong.items() if names]

    async def look_up(self, record: Record) -> Outcome | None:
        """A note or an event by the token in its text, a contact by its address."""
        if record.kind == "contact":
            found = _already_there(record, await self._by_address())
            return found if isinstance(found, Outcome) else Outcome(record.key, "rejected", "it is not there")
        found = _by_token(record, await self._attached(record))
        if found is None:
            return Outcome(record.key, "rejected", "it is not there")
        return Outcome(record.key, "accepted", FOUND, remote_id=found)

    async def _prepared_cards(self, records: Sequence[Record]) -> list[Record | Outcome]:
        writable = {
            str(row["ContactId"])
            async for page in self.client.contacts("Contacts", RequiresWriteAccess=True)
            for row in self.client.rows(page)
        }
        there = await self._cards([record.key for record in records if record.key in writable])
        return [
            self._narrowed_card(record, there[record.key])
            if record.key in there
            else Outcome(record.key, "rejected", NO_EDIT)
            for record in records
        ]

    def _narrowed_card(self, record: Record, card: Mapping[str, str]) -> Record | Outcome:
        kept = {name for name in record.payload if self._is_earlier_first_meeting(record, name, card)}
        payload = {name: value for name, value in record.payload.items() if name not in kept}
        return narrowed(replace(record, payload=payload), card, self.rules)

    def _is_earlier_first_meeting(self, record: Record, name: str, card: Mapping[str, str]) -> bool:
        """An earlier first meeting that somebody typed since the plan was made stays."""
        now, wanted = card.get(name) or "", record.payload[name] or ""
        is_first = self.fields[name].metric == "first_meeting_on"
        return bool(is_first and now and wanted and now < wanted and now != record.written.get(name))

    async def _cards(self, contact_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        rows = await self.client.contacts_by_id(contact_ids) if contact_ids else []
        return {str(row["ContactId"]): {name: self._form(name, row.get(name)) for name in self.fields} for row in rows}

    def _differing(self, record: Record, card: Mapping[str, str]) -> list[str]:
        return [
            name for name, value in record.payload.items() if card.get(name, "") != ("" if value is None else value)
        ]

    def _form(self, name: str, value: Any) -> str:
        """A value as LACRM tells it, in the form that is written."""
        text = "" if value is None else str(value).strip()
        kind = self.fields[name].field_type
        if kind == "Number" and text:
            return _whole(text)
        return _day(text) if kind == "Date" and text else text

    async def _attached(self, record: Record) -> dict[str, str]:
        """The notes or the events of a record's contact: id -> text."""
        if record.contact_id is None:
            return {}
        if record.kind == "event":
            rows, key, text = await self.client.attached("Events", record.contact_id), "EventId", "Description"
        else:
            rows, key, text = await self.client.attached("Notes", record.contact_id), "NoteId", "Note"
        return {str(row[key]): str(row.get(text) or "") for row in rows}

    async def _by_address(self) -> dict[str, str]:
        """Every address of every contact and company the key sees, in lower case -> its contact."""
        return {
            str(entry.get("Text") or "").strip().lower(): str(row["ContactId"])
            for record_type in RECORD_TYPES
            async for page in self.client.contacts(record_type)
            for row in self.client.rows(page)
            for entry in row.get("Email") or []
        }

    async def _create_contact(self, record: Record) -> str:
        owner = await self.client.key_user()
        named = {"Name": record.payload["Name"], "Email": [{"Text": record.payload["Email"]}]}
        phone = record.payload.get("Phone")
        return await self.client.create_contact(
            {
                "IsCompany": False,
                "AssignedTo": owner.user_id,
                **named,
                **({"Phone": [{"Text": phone}]} if phone else {}),
            }
        )

    async def _write_attached(self, record: Record) -> str:
        whole = {**record.fields, **record.payload}
        if record.kind == "note":
            if record.remote_id is None:
                return await self.client.create_note(record.contact_id or "", whole["text"], whole["starts_at"])
            await self.client.edit_note(record.remote_id, whole["text"], whole["starts_at"])
            return record.remote_id
        event = {
            "Name": whole["title"],
            "StartDate": whole["starts_at"],
            "EndDate": whole["ends_at"],
            "Description": whole["text"],
        }
        if record.remote_id is None:
            return await self.client.create_event(record.contact_id or "", event)
        await self.client.edit_event(record.remote_id, event)
        return record.remote_id

    async def _there(self) -> dict[str, dict[str, Any]]:
        pages = self.client.custom_fields("Contact")
        return {str(row.get("Name")): row async for page in pages for row in self.client.rows(page)}


def _already_there(record: Record, by_address: Mapping[str, str]) -> Record | Outcome:
    """A contact who holds the address is not created again."""
    found = by_address.get(str(record.payload["Email"]).lower())
    return record if found is None else Outcome(record.key, "accepted", "somebody holds this address", remote_id=found)


def _adopted(record: Record, attached: Mapping[str, str]) -> Record:
    """A new note that is there already, after a merge of contacts or a lost state store, is edited instead."""
    found = _by_token(record, attached) if record.operation == "create" else None
    return record if found is None else replace(record, operation="update", remote_id=found)


def _by_token(record: Record, attached: Mapping[str, str]) -> str | None:
    token = TOKEN.search(str(record.fields.get("text") or record.payload.get("text") or ""))
    return next((key for key, text in attached.items() if token is not None and token[0] in text), None)


def _whole(text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else text


def _day(text: str) -> str:
    for form in ("%Y-%m-%d", "%m/%d/%Y"):
        try:
            return datetime.strptime(text[:10], form).date().isoformat()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return text
