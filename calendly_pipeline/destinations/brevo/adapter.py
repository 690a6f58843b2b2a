"""Brevo as a destination: contacts with their attributes, lists, custom events, and people who are asked to book again.

Reads before it writes: attributes and lists (two requests and more for many lists), every contact that is to be written
(one by one, or 1,000 a request when that takes fewer), and who has a phone that is new on a contact. Contacts are state
and may be written twice; joining a list and leaving one too. Events and links are acts that must not happen twice: an
event of which nobody knows whether it arrived is looked for by its token; a link cannot be.

Consent: no payload of ours can hold it (`clients/brevo_records.py`), and whoever said no joins no list (`lists.py`).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, ClassVar

from calendly_pipeline import environment
from calendly_pipeline.calendly_access import calendly_client
from calendly_pipeline.clients.brevo import BrevoClient
from calendly_pipeline.clients.brevo_records import BrevoContact, BrevoEvent
from calendly_pipeline.clients.http import StaticToken
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline.destinations.adapter import Adapter
from calendly_pipeline.destinations.brevo.account import Account
from calendly_pipeline.destinations.brevo.booking_links import BookingLinks
from calendly_pipeline.destinations.brevo.contacts import Contacts
from calendly_pipeline.destinations.brevo.event_search import EventSearch
from calendly_pipeline.destinations.brevo.lists import NOBODY, Lists, case_of
from calendly_pipeline.destinations.brevo.many import Many
from calendly_pipeline.destinations.brevo.people import People
from calendly_pipeline.destinations.records import Kind, Outcome, Record
from calendly_pipeline.failures import ApiError, InputError, Unavailable
from calendly_pipeline.findings import Finding
from calendly_pipeline.settings import Settings
from calendly_pipeline.settings_brevo import CONSENT, BrevoDestination
from calendly_pipeline.state import State


def make_adapter(settings: Settings, state: State) -> "BrevoAdapter | None":
    """The adapter; None without a key."""
    key, rules = environment.secret("BREVO_API_KEY"), settings.destinations.brevo
    if key is None or rules is None:
        return None
    client = BrevoClient(
        environment.brevo_api_url(),
        StaticToken(key),
        per_second=rules.requests_per_second,
        deadline=Deadline(60.0 * settings.ingest.deadline_minutes),
    )
    return BrevoAdapter(client, rules, state, _links(settings, rules, state))


class BrevoAdapter(Adapter[BrevoClient]):
    """See the module."""

    name = "brevo"
    kinds: ClassVar[Mapping[str, Kind]] = {
        "contact": Kind(batch_size=100, has_record_results=False, phase=0),
        "membership": Kind(batch_size=150, phase=1),
        "leaving": Kind(batch_size=50, phase=2),
        "link": Kind(repeatable=frozenset(), phase=3),
        "reengagement": Kind(batch_size=50, phase=4),
        "event": Kind(batch_size=100, repeatable=frozenset(), phase=5),  # last: its limit may be that of an hour
    }
    parallel = 2  # while the last answers of one batch are awaited, the next one keeps the pace
    consent_keys = frozenset(
        {"emailblacklisted", "smsblacklisted", "whatsappblacklisted", "smtpblacklistsender", "forcemerge"}
        | {"listunsubscribed", "consentgroups", *(name.lower() for name in CONSENT)}
    )

    def __init__(
        self, client: BrevoClient, rules: BrevoDestination, state: State, links: BookingLinks | None = None
    ) -> None:
        self.client = client
        self.rules = rules
        self.links = links
        self.account = Account(client, rules)
        self.people = People(client)
        self.search = EventSearch(client, state)
        self.many = Many(self.classify, client.concurrency)
        self.contacts = Contacts(client, rules, self.people, self.many)
        self.lists = Lists(client, self.account, self.people, self.many)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await super().__aexit__(kind, error, trace)
        if self.links is not None:
            await self.links.__aexit__(kind, error, trace)

    async def check(self) -> list[Finding]:
        """Attributes with their types, lists, and a token of Calendly's when links are to be made."""
        findings = [Finding("error", "destinations.brevo", text) for text in await self.account.mistakes()]
        asked = self.rules.reengagement
        if asked is not None and asked.link_attribute is not None and self.links is None:
            text = f"the Calendly account {asked.account!r} has no token to make links with; put it into .env"
            findings.append(Finding("error", "destinations.brevo.reengagement", text))
        return findings

    async def create_fields(self) -> list[str]:
        """Attributes with their types, and lists, that are mapped and missing."""
        return await self.account.create_missing()

    async def prepare(self, records: Sequence[Record]) -> list[Record | Outcome]:
        """Read who is there; narrow contacts to what differs; let nobody join a list who said no."""
        self.many.raise_if_stopped()
        there = await self.people.read({_address(record) for record in records})
        prepare = {
            "contact": self.contacts.prepare,
            "membership": self.lists.prepare_membership,
            "leaving": self.lists.prepare_leaving,
            "event": _prepared_event,
            "link": self._prepared_link,
            "reengagement": self.lists.prepare_reengagement,
        }[records[0].kind]
        return [await prepare(record, there[_address(record)]) for record in records]

    async def send(self, records: Sequence[Record]) -> list[Outcome]:
        """One batch; see `kinds`."""
        self.many.raise_if_stopped()
        send = {
            "contact": self.contacts.send,
            "membership": self.lists.send_memberships,
            "leaving": self.lists.send_leavings,
            "event": self._send_events,
            "link": self._send_links,
            "reengagement": self.lists.send_reengagements,
        }[records[0].kind]
        return await send(records)

    async def look_up(self, record: Record) -> Outcome | None:
        """An event by its token. Nobody can tell whether a link was made."""
        return await self.search.outcome(record) if record.kind == "event" else None

    async def _prepared_link(self, record: Record, found: BrevoContact | None) -> Record | Outcome:
        """No link for somebody who is not to be asked."""
        return await self.lists.refusal(record, found) or record

    async def _send_events(self, records: Sequence[Record]) -> list[Outcome]:
        refused = await self.client.create_events([_event(record.payload) for record in records])
        return [
            Outcome(record.key, "rejected", refused[index])
            if index in refused
            else Outcome(record.key, "accepted", "queued")
            for index, record in enumerate(records)
        ]

    async def _send_links(self, records: Sequence[Record]) -> list[Outcome]:
        """A failure of Calendly's does not stop what is sent to Brevo."""
        (record,) = records
        try:
            link = await self._require_links().make(record.payload["event_type"])
        except (ApiError, InputError) as error:
            is_unknown = isinstance(error, Unavailable) and error.may_have_arrived
            return [Outcome(record.key, "unknown" if is_unknown else "rejected", str(error))]
        self.lists.links[case_of(record)] = link
        return [Outcome(record.key, "accepted", remote_id=link)]

    def _require_links(self) -> BookingLinks:
        if self.links is None:
            raise InputError("No Calendly token to make links with.", "Put it into .env.")
        return self.links


async def _prepared_event(record: Record, found: BrevoContact | None) -> Record | Outcome:
    """What Brevo makes of an event of nobody it knows is not published; it might create them."""
    return Outcome(record.key, "skipped", NOBODY) if found is None else record


def _links(settings: Settings, rules: BrevoDestination, state: State) -> BookingLinks | None:
    asked = rules.reengagement
    if asked is None or asked.link_attribute is None:
        return None
    accounts = {account.name: account for account in settings.calendly_accounts()}
    account = accounts.get(asked.account)
    client = calendly_client(account, settings, state) if account is not None else None
    return None if client is None else BookingLinks(client)


def _address(record: Record) -> str:
    """Whom a record is about: a contact's key is the address."""
    return record.key if record.kind == "contact" else str(record.payload["address"])


def _event(fields: Mapping[str, Any]) -> BrevoEvent:
    at = datetime.fromisoformat(fields["happened_at"]).astimezone(UTC)
    return BrevoEvent(fields["name"], fields["address"], at, fields["properties"])
