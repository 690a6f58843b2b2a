"""People of Ortto: who is written, how, and with which consent.

| who                          | what is sent                                                                     |
|------------------------------|----------------------------------------------------------------------------------|
| somebody new                 | by address, `bol::p` false; left out when the booking form gave consent          |
| there, may be written to     | by id, without `bol::p`                                                          |
| there, has unsubscribed      | by id, `bol::p` false: as it is, whichever of Ortto's two sentences is true      |
| there, consent not told      | nothing                                                                          |
| written before, now gone     | nothing: whoever deleted the person meant it                                     |

Ortto says that an omitted `bol::p` is taken for true, and that omitted fields keep their value (person/merge page).
Which of the two holds for somebody who is there is unproven, so consent is read once more right before each write.
Consent given on a form makes no difference to somebody who is there: they may have unsubscribed since.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from calendly_pipeline.clients.ortto import BATCH_SIZE, EMAIL, PERSON_ID, OrttoClient
from calendly_pipeline.clients.ortto_answers import Result
from calendly_pipeline.clients.ortto_records import MergeStrategy, Subscription
from calendly_pipeline.clients.ortto_values import Field, UnfitValue, field_value
from calendly_pipeline.destinations.merging import narrowed
from calendly_pipeline.destinations.ortto.fields import same_value
from calendly_pipeline.destinations.records import Outcome, Record
from calendly_pipeline.failures import ApiError, Unavailable
from calendly_pipeline.settings_ortto import FORM_CONSENT, OrttoDestination

PERMISSION = "bol::p"
GONE = "no longer in Ortto; nobody is made anew by an update"
NOT_THERE = "not in Ortto, and skip_non_existing is set"
LEFT_ALONE = "in Ortto already, and existing people are left alone (ignore_existing)"
NO_CONSENT_TOLD = "Ortto did not say what this person agreed to"
UNSUBSCRIBED = "unsubscribed, and skip_unsubscribed is set"
NOTED = "consent of the form noted; whoever is there is never subscribed by us"
SUPPRESSED = "on Ortto's suppression list; nobody is made"

Way = tuple[str, MergeStrategy]


def address_of(record: Record) -> str:
    """Whom a record is about."""
    return record.key.partition("|")[2]


class People:
    """Reads and writes people through one client; `fields` are the mapped ones by target."""

    def __init__(
        self, client: OrttoClient, rules: OrttoDestination, fields: Mapping[str, Field], time_zone: str
    ) -> None:
        self.client = client
        self.rules = rules
        self.fields = fields
        self.time_zone = time_zone

    async def prepared(self, records: Sequence[Record]) -> list[Record | Outcome]:
        """Each record without what need not or must not be written, given what stands there."""
        done: list[Record | Outcome] = []
        for start in range(0, len(records), BATCH_SIZE):
            batch = records[start : start + BATCH_SIZE]
            known = await self.client.subscriptions([address_of(record) for record in batch])
            ids = [one.person_id for one in known.values()]
            there = await self.client.people_by_ids(ids, self._ids()) if ids else {}
            done += [self._prepared(record, known.get(address_of(record)), there) for record in batch]
        return done

    async def send(self, records: Sequence[Record]) -> list[Outcome]:
        """Write a batch, each person in the way that fits; raises ApiError while nobody of it was accepted."""
        known = await self.client.subscriptions([address_of(record) for record in records])
        outcomes: list[Outcome] = []
        ways: dict[Way, list[tuple[Record, dict[str, Any]]]] = defaultdict(list)
        for record in records:
            person = known.get(address_of(record))
            refused = self._refused(record, person)
            if refused is not None:
                outcomes.append(refused)
                continue
            way, fields = self._sent(record, person)
            ways[way].append((record, fields))
        for (merge_by, strategy), rows in ways.items():
            try:
                outcomes += await self._merged(merge_by, strategy, rows)
            except ApiError as error:
                if not any(outcome.result == "accepted" for outcome in outcomes):
                    raise
                outcomes += [_failed(record, error) for record, _ in rows]
        return outcomes

    def _prepared(
        self, record: Record, person: Subscription | None, there: Mapping[str, Mapping[str, Any]]
    ) -> Record | Outcome:
        refused = self._refused(record, person) or self._unfit(record)
        if refused is not None:
            return refused
        if person is None:
            return replace(record, remote_id=None)
        noted = {name: value for name, value in record.payload.items() if name == FORM_CONSENT}
        payload = {name: value for name, value in record.payload.items() if name not in noted}
        if not payload:
            return Outcome(record.key, "accepted", NOTED, remote_id=person.person_id)
        whole = replace(record, payload=payload, remote_id=person.person_id)
        left = narrowed(whole, self._present(whole, there.get(person.person_id, {})), self.rules)
        return replace(left, standing={**left.standing, **noted}) if isinstance(left, Record) else left

    def _refused(self, record: Record, person: Subscription | None) -> Outcome | None:
        """Why nothing is written to somebody; the first reason that fits."""
        if person is None:
            if record.operation == "update":
                return Outcome(record.key, "skipped", GONE)
            return Outcome(record.key, "skipped", NOT_THERE) if self.rules.skip_non_existing else None
        if self.rules.merge_strategy == "ignore_existing":
            return Outcome(record.key, "skipped", LEFT_ALONE)
        if person.may_email is None:
            return Outcome(record.key, "skipped", NO_CONSENT_TOLD)
        if self.rules.skip_unsubscribed and not person.may_email:
            return Outcome(record.key, "skipped", UNSUBSCRIBED)
        return None

    def _unfit(self, record: Record) -> Outcome | None:
        try:
            self._values(record)
        except UnfitValue as error:
            return Outcome(record.key, "rejected", str(error))
        return None

    def _sent(self, record: Record, person: Subscription | None) -> tuple[Way, dict[str, Any]]:
        """How a person is merged, and with which fields."""
        values = self._values(record)
        if person is None:
            keeps_default = record.payload.get(FORM_CONSENT) is not None
            consent = {} if keeps_default else {PERMISSION: False}
            is_left_alone = self.rules.merge_strategy == "ignore_existing"
            strategy = MergeStrategy.IGNORE_EXISTING if is_left_alone else MergeStrategy.APPEND_ONLY
            return (EMAIL, strategy), {EMAIL: address_of(record), **values, **consent}
        consent = {} if person.may_email else {PERMISSION: False}
        return (PERSON_ID, self._strategy(record)), {PERSON_ID: person.person_id, **values, **consent}

    def _strategy(self, record: Record) -> MergeStrategy:
        """Overwrite only where something that stands there is to go; whoever was new a moment ago is only added to."""
        replaces = record.remote_id is not None and any(value is not None for value in record.before.values())
        return MergeStrategy.OVERWRITE if replaces else MergeStrategy.APPEND_ONLY

    async def _merged(
        self, merge_by: str, strategy: MergeStrategy, rows: Sequence[tuple[Record, dict[str, Any]]]
    ) -> list[Outcome]:
        only_there = merge_by == PERSON_ID or self.rules.skip_non_existing
        results = await self.client.merge_people(
            [fields for _, fields in rows], strategy=strategy, merge_by=merge_by, skip_non_existing=only_there
        )
        outcomes: list[Outcome] = []
        for (record, fields), result in zip(rows, results, strict=True):
            if result.is_unclear and len(rows) > 1:
                outcomes += await self._merged(merge_by, strategy, [(record, fields)])
            else:
                outcomes.append(_outcome(record, result, fields.get(PERSON_ID)))
        return outcomes

    def _values(self, record: Record) -> dict[str, Any]:
        """Values by id in the form that is sent; raises UnfitValue."""
        payload = {name: value for name, value in record.payload.items() if name != FORM_CONSENT}
        return {
            self.fields[name].field_id: field_value(self.fields[name], value, self.time_zone)
            for name, value in payload.items()
        }

    def _present(self, record: Record, held: Mapping[str, Any]) -> dict[str, Any]:
        """What stands there by target: our own value where it says the same, else as Ortto has it."""
        present: dict[str, Any] = {}
        for name, field in self.fields.items():
            stands = held.get(field.field_id)
            ours = [values[name] for values in (record.payload, record.written) if values.get(name) is not None]
            same = [value for value in ours if same_value(field, value, stands, self.time_zone)]
            present[name] = same[0] if same else stands
        return present

    def _ids(self) -> list[str]:
        return [field.field_id for field in self.fields.values()]


def _failed(record: Record, error: ApiError) -> Outcome:
    may_be_there = isinstance(error, Unavailable) and error.may_have_arrived
    return Outcome(record.key, "unknown" if may_be_there else "rejected", str(error))


def _outcome(record: Record, result: Result, person_id: str | None) -> Outcome:
    if result.is_accepted:
        return Outcome(record.key, "accepted", result.status, remote_id=person_id)
    if result.status == "suppressed":
        return Outcome(record.key, "skipped", SUPPRESSED)
    said = ": ".join(part for part in (result.status, result.error) if part)
    return Outcome(record.key, "unknown" if result.is_unclear else "rejected", said or "Ortto named no status")
