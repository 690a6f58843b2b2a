"""Activities of Ortto: what happened to a booking, put on the person by id.

With an id Ortto ignores person fields (activities/create page), so an activity neither makes nor subscribes anybody.
Ortto answers `queued`; that is acceptance. The same key and time again is the same activity.
"""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from calendly_pipeline.clients.ortto import BATCH_SIZE, OrttoClient
from calendly_pipeline.clients.ortto_answers import Result
from calendly_pipeline.clients.ortto_records import Activity, ActivityDefinition
from calendly_pipeline.clients.ortto_values import UnfitValue
from calendly_pipeline.destinations.ortto.fields import OF_TRANSITION, attribute_values
from calendly_pipeline.destinations.records import Outcome, Record

NOT_THERE = "the person is not in Ortto; nobody is made by an activity"
MOST_A_DAY = 50
"""Ortto drops further activities of one kind on one person within 24 hours, without a word (activities/create page)."""
TOO_MANY = f"more than {MOST_A_DAY} of this activity on this person within 24 hours, which Ortto would drop"
DAY = timedelta(days=1)


class Activities:
    """Reads whose activities they are and sends them through one client; `definitions` by name."""

    def __init__(self, client: OrttoClient, definitions: Mapping[str, ActivityDefinition], time_zone: str) -> None:
        self.client = client
        self.definitions = definitions
        self.time_zone = time_zone

    async def prepared(self, records: Sequence[Record]) -> list[Record | Outcome]:
        """Each record with its person's id; an outcome where it cannot go on anybody."""
        addresses = sorted({str(record.payload["address"]) for record in records})
        ids: dict[str, str] = {}
        for start in range(0, len(addresses), BATCH_SIZE):
            known = await self.client.subscriptions(addresses[start : start + BATCH_SIZE])
            ids |= {address: one.person_id for address, one in known.items()}
        crowd = _Crowd()
        return [self._prepared(record, ids.get(str(record.payload["address"])), crowd) for record in records]

    async def send(self, records: Sequence[Record]) -> list[Outcome]:
        """Send a batch; what cannot be told apart in the answer is sent again alone, which does no harm."""
        results = await self.client.create_activities([self._activity(record) for record in records])
        outcomes: list[Outcome] = []
        for record, result in zip(records, results, strict=True):
            if result.is_unclear and len(records) > 1:
                outcomes += await self.send([record])
            else:
                outcomes.append(_outcome(record, result))
        return outcomes

    def _prepared(self, record: Record, person_id: str | None, crowd: "_Crowd") -> Record | Outcome:
        if person_id is None:
            return Outcome(record.key, "skipped", NOT_THERE)
        named = replace(record, remote_id=person_id)
        try:
            self._activity(named)
        except UnfitValue as error:
            return Outcome(record.key, "rejected", str(error))
        return named if crowd.has_room(named) else Outcome(record.key, "skipped", TOO_MANY)

    def _activity(self, record: Record) -> Activity:
        definition = self.definitions[OF_TRANSITION[str(record.payload["transition"])]]
        return Activity(
            activity_id=definition.activity_id,
            person_id=record.remote_id or "",
            attributes=attribute_values(definition, record.payload, self.time_zone),
            key=record.key.removeprefix("activity|"),
            created=_created(record),
        )


class _Crowd:
    """How many activities of a kind a person is to get within a day."""

    def __init__(self) -> None:
        self.times: dict[tuple[str, str], deque[datetime]] = defaultdict(deque)

    def has_room(self, record: Record) -> bool:
        """Count one more; False when it would be dropped."""
        created = _created(record)
        times = self.times[str(record.payload["transition"]), record.remote_id or ""]
        if sum(abs(time - created) < DAY for time in times) >= MOST_A_DAY:
            return False
        times.append(created)
        return True


def _created(record: Record) -> datetime:
    return datetime.fromisoformat(str(record.payload["created"]))


def _outcome(record: Record, result: Result) -> Outcome:
    if result.is_accepted:
        return Outcome(record.key, "accepted", result.status, remote_id=record.remote_id)
    said = ": ".join(part for part in (result.status, result.error) if part)
    return Outcome(record.key, "unknown" if result.is_unclear else "rejected", said or "Ortto named no status")
