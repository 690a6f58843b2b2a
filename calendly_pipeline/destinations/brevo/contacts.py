"""Contacts and their attributes: what may be written over what stands there, and whose phone it is."""

from collections.abc import Sequence
from dataclasses import replace

from calendly_pipeline.clients.brevo import BrevoClient
from calendly_pipeline.clients.brevo_records import BrevoContact, ContactUpdate
from calendly_pipeline.destinations.brevo.forms import brevo_form, sent_form
from calendly_pipeline.destinations.brevo.many import Many
from calendly_pipeline.destinations.brevo.people import People
from calendly_pipeline.destinations.merging import narrowed
from calendly_pipeline.destinations.records import Outcome, Record
from calendly_pipeline.failures import IdentifierTaken
from calendly_pipeline.settings_brevo import BrevoDestination

PHONE = "SMS"
GONE = "not in Brevo any more; whoever was deleted there is not created again"
PHONE_TAKEN = "SMS left out: another contact has this phone, or its owner refused text messages"


class Contacts:
    """Prepares and sends records of kind `contact`; a record's key is the address."""

    def __init__(self, client: BrevoClient, rules: BrevoDestination, people: People, many: Many) -> None:
        self.client = client
        self.rules = rules
        self.people = people
        self.many = many
        self.types = rules.attribute_types()

    async def prepare(self, record: Record, found: BrevoContact | None) -> Record | Outcome:
        """What of it may and need be written. Raises ApiError."""
        if found is None and record.operation == "update":
            return Outcome(record.key, "skipped", GONE)
        asked = await self._without_taken_phone(record, found)
        if not asked.payload:
            return Outcome(record.key, "skipped", PHONE_TAKEN)
        if found is None:
            return asked
        present = {name: brevo_form(name, found.attributes.get(name), self.types) for name in asked.payload}
        left = narrowed(asked, present, self.rules)
        if isinstance(left, Outcome):
            return replace(left, payload=asked.payload)  # a phone that was left out does not stand there
        return replace(left, operation="update", remote_id=str(found.contact_id))

    async def send(self, records: Sequence[Record]) -> list[Outcome]:
        """New ones one by one; known ones in one request, of which Brevo does not say who was at fault."""
        if records[0].operation == "create" or len(records) == 1:
            return await self.many.each(records, self._send_one)
        await self.client.update_many([ContactUpdate(record.key, sent_form(record.payload)) for record in records])
        return [Outcome(record.key, "accepted", remote_id=record.remote_id) for record in records]

    async def _without_taken_phone(self, record: Record, found: BrevoContact | None) -> Record:
        """A phone stands on one contact only, and is left alone where its owner refused text messages."""
        phone = record.payload.get(PHONE)
        if phone is None or (found is not None and brevo_form(PHONE, found.attributes.get(PHONE), self.types) == phone):
            return record
        if not (found is not None and found.is_sms_blocked) and await self.people.owner(phone) in (None, record.key):
            return record
        return replace(record, payload={name: value for name, value in record.payload.items() if name != PHONE})

    async def _send_one(self, record: Record) -> Outcome:
        try:
            return await self._write(record)
        except IdentifierTaken as taken:
            left = {name: value for name, value in record.payload.items() if name != PHONE}
            if PHONE.lower() not in taken.identifiers or PHONE not in record.payload or not left:
                raise
        return replace(await self._write(replace(record, payload=left)), answer=PHONE_TAKEN, payload=left)

    async def _write(self, record: Record) -> Outcome:
        update = ContactUpdate(record.key, sent_form(record.payload))
        if record.operation == "update":
            await self.client.update(update)
            return Outcome(record.key, "accepted", remote_id=record.remote_id)
        number = await self.client.upsert(update)
        if number is None:  # somebody else made them meanwhile
            self.people.forget(record.key)
            return Outcome(record.key, "accepted")
        self.people.created(number, record.key, update.attributes)
        return Outcome(record.key, "accepted", remote_id=str(number))
