"""Events and invitees, and how they come and go; the verbs of the world are built of these steps."""

from bisect import bisect_left, insort
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from calendly_pipeline_tests.fakes.calendly import records
from calendly_pipeline_tests.fakes.calendly.extras import Extras
from calendly_pipeline_tests.fakes.calendly.records import Record, instant, last_part, stamp

BUMPS = frozenset({"cancel", "invitee", "guests", "notes", "location"})
"""Changes that move an event's `updated_at`; for a no-show and a new host that is not confirmed, so they do not."""


class Booked(NamedTuple):
    """The URIs of a booking."""

    event: str
    invitee: str


def later(at: datetime, milliseconds: float) -> datetime:
    """An instant so many milliseconds later: one change leaves several times, as recorded."""
    return at + timedelta(milliseconds=milliseconds)


def renew(record: Record, at: datetime, **fields: Any) -> None:
    """Change a record; its `updated_at` always grows, even when two changes share an instant."""
    grown = later(instant(record["updated_at"]), 1)
    record.update(fields, updated_at=stamp(max(at, grown)))


class Calendar(Extras):
    """The tables of events and invitees; keys are ids."""

    def __init__(self, seed: int = 1, **settings: Any) -> None:
        super().__init__(seed, **settings)
        self.events: dict[str, Record] = {}  # by id
        self.invitees: dict[str, Record] = {}  # by id
        self.invitees_of: dict[str, list[str]] = {}  # event id -> invitee ids
        self.by_start: list[tuple[str, str]] = []  # (start_time, event id), sorted
        self.no_shows: dict[str, str] = {}  # id -> invitee URI
        self.gone: set[str] = set()  # ids of deleted events
        self.bumps = BUMPS
        self.webhook_location = "pushed"  # "processing": a delivery comes before the conference link exists
        self._turns: dict[str, int] = {}  # round robin: event type -> events so far

    def touch(self, event: Record, change: str, now: datetime) -> None:
        """Move the event's `updated_at` if this kind of change does."""
        self.advance(now)
        if change in self.bumps:
            renew(event, now)

    def open_group(self, event_type: str, start: datetime) -> Record | None:
        """The group event of this type at this time that still has a seat."""
        if self.seats[event_type] == 1:
            return None
        at = stamp(start)
        for begins, id_ in self.by_start[bisect_left(self.by_start, (at, "")) :]:
            if begins != at:
                return None
            event = self.events[id_]
            counter = event["invitees_counter"]
            open_ = event["status"] == "active" and counter["active"] < counter["limit"]
            if event["event_type"] == event_type and open_:
                return event
        return None

    def new_event(
        self,
        event_type: str,
        start: datetime,
        minutes: float | None,
        hosts: Sequence[str],
        place: str | None,
        at: datetime,
    ) -> Record:
        """An event without invitees; its `updated_at` is late by what a conference link takes (recorded: 2.4 s)."""
        type_ = self.event_types[event_type]
        end = start + timedelta(minutes=minutes or type_["duration"])
        id_ = self.new_id()
        kind = type_["locations"][0]["kind"] if type_["locations"] else None
        event = records.event(id_, type_, start, end, at)
        event["location"] = records.location(kind, id_, place)
        event["invitees_counter"]["limit"] = self.seats[event_type]
        event["calendar_event"] = {"kind": "google", "external_id": id_.replace("-", "")[:26].lower()}
        chosen = list(hosts) or self._hosts(event_type)
        event["event_memberships"] = [records.membership_of_event(self.users[host], start, end) for host in chosen]
        event["updated_at"] = stamp(later(at, 2402 if kind in records.CONFERENCES else 31))
        self._keep(event)
        return event

    def _hosts(self, event_type: str) -> list[str]:
        hosts = self.hosts_of[event_type]
        if self.event_types[event_type]["pooling_type"] == "collective":
            return hosts
        turn = self._turns[event_type] = self._turns.get(event_type, -1) + 1
        return [hosts[turn % len(hosts)]]

    def moved_event(self, event: Record, start: datetime, at: datetime) -> Record:
        """The event an invitee moves to: same hosts, length and calendar entry, or a seat of a group event."""
        minutes = (instant(event["end_time"]) - instant(event["start_time"])).total_seconds() / 60
        hosts = [host["user"] for host in event["event_memberships"]]
        place = (event["location"] or {}).get("location")
        joined = self.open_group(event["event_type"], start) if stamp(start) != event["start_time"] else None
        moved = joined or self.new_event(event["event_type"], start, minutes, hosts, place, at)
        if not joined:
            moved["calendar_event"] = event["calendar_event"]
        return moved

    def _keep(self, event: Record) -> None:
        id_ = last_part(event["uri"])
        self.events[id_] = event
        self.invitees_of[id_] = []
        insort(self.by_start, (event["start_time"], id_))

    def join(self, event: Record, name: str, email: str, at: datetime, **fields: Any) -> Booked:
        """A new invitee of an event."""
        id_ = self.new_id()
        invitee = records.invitee(id_, event["uri"], name, email, at, **fields)
        self.invitees[id_] = invitee
        self.invitees_of[last_part(event["uri"])].append(id_)
        event["invitees_counter"]["total"] += 1
        event["invitees_counter"]["active"] += 1
        self.touch(event, "invitee", at)
        return Booked(event["uri"], invitee["uri"])

    def leave(self, event: Record, invitee: Record, cancellation: Record, at: datetime) -> None:
        """The invitee is cancelled; the event stays as it is."""
        renew(invitee, later(at, 5), status="canceled", cancellation=dict(cancellation))
        event["invitees_counter"]["active"] -= 1
        self.touch(event, "cancel", later(at, 29))

    def close_if_empty(self, event: Record, cancellation: Record, at: datetime) -> None:
        """An event without active invitees is cancelled too."""
        if event["invitees_counter"]["active"] == 0:
            event.update(status="canceled", cancellation=dict(cancellation))
            self.touch(event, "cancel", at)

    def tell(self, kind: str, invitee: str, at: datetime) -> None:
        """Remember the webhook delivery about an invitee, with the event as it is now."""
        found = self.invitees[last_part(invitee)]
        event = {k: v for k, v in self.events[last_part(found["event"])].items() if k != "calendar_event"}
        where = event["location"]
        if self.webhook_location != "pushed" and where and "join_url" in where:
            event["location"] = {**where, "status": self.webhook_location, "join_url": None}
        self.log(kind, {**found, "scheduled_event": event}, at)
