"""Sends profiles and events to CleverTap, a thousand a call, and reads events back when an answer was lost.

Reads profiles before it writes them only when a merge strategy other than `overwrite`, or `keep_existing`, must be
kept: one request each. Reads events when the ledger holds none that was accepted, which is the first send or one with a
lost ledger, and when an attempt has no outcome: two requests per event name, and one more per 5,000 events. Otherwise
it reads nothing but a profile that nobody has, to try the login.

Events are never repeated while they may have arrived: CleverTap knows no key that would make a repeat harmless.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import sqlalchemy as sa

from calendly_pipeline import environment
from calendly_pipeline.clients.clevertap import MOST_PARALLEL, MOST_RECORDS, CleverTapClient
from calendly_pipeline.clients.clevertap_keys import CONSENT_KEYS
from calendly_pipeline.clients.clevertap_results import RecordResult
from calendly_pipeline.destinations.adapter import Adapter
from calendly_pipeline.destinations.clevertap.event_names import name_mistakes
from calendly_pipeline.destinations.clevertap.mapping import mapping_mistakes
from calendly_pipeline.destinations.clevertap.stored_records import StoredRecords
from calendly_pipeline.destinations.ledger import Ledger
from calendly_pipeline.destinations.merging import narrowed
from calendly_pipeline.destinations.records import Kind, Outcome, Record
from calendly_pipeline.findings import Finding
from calendly_pipeline.settings import Settings
from calendly_pipeline.settings_clevertap import ClevertapDestination
from calendly_pipeline.state import State, sync_ledger

READERS = 3
"""Readings at a time (developer.clevertap.com, API Request Limit)."""
TOP_LEVEL = {"Name": "name", "Email": "email", "Phone": "phone"}
"""Profile keys that a reading gives outside `profileData`."""
FOUND = "found among the events there"


def make_adapter(settings: Settings, state: State) -> "ClevertapAdapter | None":
    """The adapter; None without the account's id and passcode."""
    rules = settings.destinations.clevertap
    account_id, passcode = environment.secret("CLEVERTAP_ACCOUNT_ID"), environment.secret("CLEVERTAP_PASSCODE")
    if rules is None or account_id is None or passcode is None:
        return None
    client = CleverTapClient(environment.clevertap_api_url(rules.region), account_id, passcode)
    return ClevertapAdapter(client, rules, state)


class ClevertapAdapter(Adapter[CleverTapClient]):
    """Profiles may be repeated, events not."""

    name = "clevertap"
    kinds: ClassVar[Mapping[str, Kind]] = {
        "profile": Kind(batch_size=MOST_RECORDS, has_record_results=False, phase=0),
        "event": Kind(batch_size=MOST_RECORDS, repeatable=frozenset(), has_record_results=False, phase=1),
    }
    parallel = MOST_PARALLEL
    consent_keys = CONSENT_KEYS

    def __init__(
        self,
        client: CleverTapClient,
        rules: ClevertapDestination,
        state: State,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.client = client
        self.rules = rules
        self.state = state
        self.now = now
        self._stored = StoredRecords(client)
        self._attempted: dict[str, datetime] | None = None

    async def check(self) -> list[Finding]:
        """Mistakes in names, before any request; then one reading that tells whether the login is good."""
        mistakes = [*mapping_mistakes(self.rules), *name_mistakes(self.rules)]
        if not mistakes:
            await self.client.check_login()
        return [Finding("error", "clevertap", text) for text in mistakes]

    async def prepare(self, records: Sequence[Record]) -> list[Record | Outcome]:
        """Narrow profiles to what may be written; find events that are there though the ledger knows of none."""
        if records[0].kind == "profile":
            return await self._narrowed(records) if self._must_read() else list(records)
        found = set() if self._has_sent_events() else await self._stored.among(records)
        return [Outcome(record.key, "accepted", FOUND) if record.key in found else record for record in records]

    async def send(self, records: Sequence[Record]) -> list[Outcome]:
        """One call; each record has its own outcome."""
        results = await self.client.upload([_uploaded(record) for record in records])
        return [_outcome(record, result) for record, result in zip(records, results, strict=True)]

    async def look_up(self, record: Record) -> Outcome | None:
        """An event by its `record` property; one that is not there after `absent_after_hours` did not arrive."""
        if record.kind != "event":
            return None
        found = await self._stored.near(record)
        if found is None:
            return None
        if record.key in found:
            return Outcome(record.key, "accepted", FOUND)
        if self._since_attempt(record.key) >= timedelta(hours=self.rules.absent_after_hours):
            said = f"not among the events there {self.rules.absent_after_hours:g} hours later"
            return Outcome(record.key, "rejected", said)
        return None

    def _must_read(self) -> bool:
        strategies = {self.rules.merge_strategy, *self.rules.field_strategies.values()}
        return self.rules.keep_existing or strategies != {"overwrite"}

    async def _narrowed(self, records: Sequence[Record]) -> list[Record | Outcome]:
        free = asyncio.Semaphore(READERS)

        async def read(record: Record) -> Record | Outcome:
            async with free:
                there = await self.client.profile(_identity(record))
            return narrowed(record, None if there is None else _present(there, record.payload), self.rules)

        return list(await asyncio.gather(*(read(record) for record in records)))

    def _has_sent_events(self) -> bool:
        ours = (sync_ledger.c.destination == self.name, sync_ledger.c.kind == "event")
        query = sa.select(sync_ledger.c.entry_id).where(*ours, sync_ledger.c.outcome == "accepted").limit(1)
        with self.state.engine.connect() as connection:
            return connection.execute(query).first() is not None

    def _since_attempt(self, key: str) -> timedelta:
        if self._attempted is None:
            entries = Ledger(self.state, self.name, "").open_entries()
            self._attempted = {entry.record.key: entry.attempted_at for entry in entries}
        return self.now() - self._attempted.get(key, self.now())


def _uploaded(record: Record) -> dict[str, Any]:
    """A record as CleverTap takes it. A blank is an empty text: Liquid's `default` takes it for missing."""
    if record.kind == "profile":
        data = {key: "" if value is None else value for key, value in record.payload.items()}
        return {"type": "profile", "identity": _identity(record), "profileData": data}
    return {
        "type": "event",
        "identity": record.fields["identity"],
        "ts": int(record.fields["occurred_at"]),
        "evtName": record.fields["event_name"],
        "evtData": dict(record.fields["properties"]),
    }


def _outcome(record: Record, result: RecordResult) -> Outcome:
    code = f"{result.code}: " if result.code is not None else ""
    if result.verdict == "retry":
        return Outcome(record.key, "rejected", f"{code}{result.words} It was not stored; the next run sends it again.")
    return Outcome(record.key, result.verdict, f"{code}{result.words}")


def _identity(record: Record) -> str:
    return record.key.partition(":")[2]


def _present(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    held = there.get("profileData")
    held = held if isinstance(held, dict) else {}
    return {key: held.get(key, there.get(TOP_LEVEL.get(key, ""))) for key in wanted}
