"""Plan, then apply: sends a plan's records through an adapter, each written down before it is sent and after.

What belongs here: the order of things, batches, outcomes. What does not: any vendor, the warehouse, or Dagster.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from calendly_pipeline.destinations.adapter import Adapter
from calendly_pipeline.destinations.guard import require_no_consent_key
from calendly_pipeline.destinations.ledger import Ledger, OpenEntry
from calendly_pipeline.destinations.records import Counts, Kind, Outcome, Record, Result
from calendly_pipeline.failures import ApiError, MappingError

Say = Callable[[str], None]


async def require_mapping(adapter: Adapter, say: Say, *, create_fields: bool = False) -> None:
    """Raise MappingError naming every mistake when what is mapped does not fit; create what may be, when asked."""
    if create_fields:
        for made in await adapter.create_fields():
            say(f"{adapter.name}: created {made}")
    findings = await adapter.check()
    wrong = [f"{finding.subject}: {finding.text}" for finding in findings if finding.level == "error"]
    if wrong:
        raise MappingError(f"{adapter.name}: nothing was sent. {'; '.join(wrong)}")


async def settle_open(adapter: Adapter, ledger: Ledger, say: Say) -> None:
    """Find out what became of attempts without an outcome; raises ApiError.

    What can be repeated is left to the plan. The rest is looked up; what cannot be, stays unknown and is shown: what
    was sent of somebody who was erased since, too, because nothing is left to look for.
    """
    for entry in ledger.open_entries():
        kind = adapter.kinds.get(entry.record.kind)
        can_repeat = kind is not None and entry.record.operation in kind.repeatable
        is_left = can_repeat or kind is None or not entry.record.payload
        found = None if is_left else await adapter.look_up(entry.record)
        if found is not None:
            say(f"{adapter.name} {entry.record.key}: looked up, {found.result}: {found.answer}")
        elif not entry.is_intent:
            continue
        _settle_one(ledger, entry, found or _cut_off(entry, can_repeat=can_repeat))


def _settle_one(ledger: Ledger, entry: OpenEntry, outcome: Outcome) -> None:
    ledger.settle({entry.record.key: entry.entry_id}, [outcome])


def _cut_off(entry: OpenEntry, *, can_repeat: bool) -> Outcome:
    what_next = "it is repeated" if can_repeat else "it is not repeated"
    return Outcome(entry.record.key, "unknown", f"the run was cut off before the answer; {what_next}")


async def send_all(adapter: Adapter, ledger: Ledger, records: Sequence[Record], say: Say) -> Counts:
    """Send every record once; what fails is counted and left to the next run. Raises ConsentRefused before any."""
    require_no_consent_key(records, adapter.consent_keys)
    counts = Counts(planned=len(records))
    sending = _Sending(adapter, ledger, counts, say)
    for name, kind in sorted(adapter.kinds.items(), key=lambda item: item[1].phase):
        await sending.send_kind(kind, [record for record in records if record.kind == name])
    counts.requests, counts.refused = adapter.client.traffic.requests, adapter.client.traffic.refused
    counts.waited_seconds = adapter.client.waited_seconds
    return counts


class _Sending:
    def __init__(self, adapter: Adapter, ledger: Ledger, counts: Counts, say: Say) -> None:
        self.adapter = adapter
        self.ledger = ledger
        self.counts = counts
        self.say = say
        self.accepted: dict[str, tuple[Record, int]] = {}
        """Of the kind that is being sent: record and entry by key."""

    async def send_kind(self, kind: Kind, records: list[Record]) -> None:
        """Prepare and send the records of a kind, so many batches at a time."""
        if not records:
            return
        if self.counts.stopped_because:
            self.counts.deferred += len(records)
            return
        self.accepted = {}
        left = await self._prepared(records)
        require_no_consent_key(left, self.adapter.consent_keys)
        waiting = _batches(left, kind.batch_size)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self.adapter.parallel):
                    group.create_task(self._work(kind, waiting))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures
        await self._confirm()

    async def _prepared(self, records: list[Record]) -> list[Record]:
        try:
            prepared = await self.adapter.prepare(records)
        except ApiError as error:
            self._stop(error)
            self.counts.deferred += len(records)
            return []
        by_key = {record.key: record for record in records}
        for outcome in prepared:
            if isinstance(outcome, Outcome):
                self._note_unsent(by_key[outcome.key], outcome)
        return [record for record in prepared if isinstance(record, Record)]

    def _note_unsent(self, record: Record, outcome: Outcome) -> None:
        """What needs no sending: known to stand there, or left alone."""
        self.counts.add("skipped" if outcome.result == "accepted" else outcome.result)
        if outcome.result != "skipped":
            self.ledger.settle(self.ledger.intend([record]), [outcome])
        self._say_if_news(record, outcome)

    async def _work(self, kind: Kind, waiting: Iterator[list[Record]]) -> None:
        for batch in waiting:
            if self.counts.stopped_because:
                self.counts.deferred += len(batch)
                continue
            entries = self.ledger.intend(batch)
            await self._send(kind, batch, entries)

    async def _send(self, kind: Kind, batch: list[Record], entries: Mapping[str, int]) -> None:
        if self.counts.stopped_because:  # the first half of the batch was stopped
            self.ledger.settle(
                entries, [Outcome(record.key, "rejected", "not sent: the run stopped") for record in batch]
            )
            self.counts.deferred += len(batch)
            return
        try:
            outcomes = _complete(batch, await self.adapter.send(batch))
        except ApiError as error:
            await self._failed(kind, batch, entries, error)
            return
        self._settle(batch, entries, outcomes)

    async def _failed(self, kind: Kind, batch: list[Record], entries: Mapping[str, int], error: ApiError) -> None:
        verdict = self.adapter.classify(error)
        if verdict == "reject" and len(batch) > 1 and not kind.has_record_results:
            middle = len(batch) // 2
            for half in (batch[:middle], batch[middle:]):
                await self._send(kind, half, entries)
            return
        if verdict in ("stop", "later"):
            self._stop(error)
        result: Result = "unknown" if verdict == "unknown" else "rejected"
        self._settle(batch, entries, [Outcome(record.key, result, str(error)) for record in batch])

    def _settle(self, batch: list[Record], entries: Mapping[str, int], outcomes: list[Outcome]) -> None:
        by_key = {record.key: record for record in batch}
        self.ledger.settle(entries, [_with_standing(by_key[outcome.key], outcome) for outcome in outcomes])
        for outcome in outcomes:
            self.counts.add(outcome.result)
            self._say_if_news(by_key[outcome.key], outcome)
            if outcome.result == "accepted":
                self.accepted[outcome.key] = by_key[outcome.key], entries[outcome.key]

    async def _confirm(self) -> None:
        """What the destination took and did not keep is no longer counted as accepted."""
        if not self.accepted:
            return
        try:
            wrong = await self.adapter.confirm([record for record, _ in self.accepted.values()])
        except ApiError as error:
            self.counts.notes.append(f"what was written could not be read back: {error}")
            return
        self.ledger.settle({outcome.key: self.accepted[outcome.key][1] for outcome in wrong}, wrong)
        for outcome in wrong:
            self.counts.accepted -= 1
            self.counts.add(outcome.result)
            self._say_if_news(self.accepted[outcome.key][0], outcome)

    def _say_if_news(self, record: Record, outcome: Outcome) -> None:
        if outcome.result != "accepted":
            self.say(f"{record.destination} {record.kind} {record.key}: {outcome.result}: {outcome.answer}")

    def _stop(self, error: ApiError) -> None:
        if not self.counts.stopped_because:
            self.counts.stopped_because = str(error)
            self.say(f"{self.adapter.name}: stopped, the next run goes on: {error}")


def _batches(records: Sequence[Record], size: int) -> Iterator[list[Record]]:
    """Batches of one operation each."""
    operations: tuple[Literal["create", "update"], ...] = ("create", "update")
    for operation in operations:
        same = [record for record in records if record.operation == operation]
        yield from (same[start : start + size] for start in range(0, len(same), size))


def _complete(batch: list[Record], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Exactly one outcome per record; what the destination said nothing about is unknown."""
    said = {outcome.key: outcome for outcome in outcomes}
    silence = "the destination said nothing of it"
    return [said.get(record.key) or Outcome(record.key, "unknown", silence) for record in batch]


def _with_standing(record: Record, outcome: Outcome) -> Outcome:
    if outcome.result != "accepted" or not record.standing:
        return outcome
    written = record.payload if outcome.payload is None else outcome.payload
    return Outcome(outcome.key, outcome.result, outcome.answer, outcome.remote_id, {**record.standing, **written})
