"""What exists before anybody books: the organization, its people and its event types."""

import json
import random
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from calendly_pipeline_tests.fakes.calendly import records
from calendly_pipeline_tests.fakes.calendly.records import Record, stamp, uri

START = datetime(2026, 1, 1, tzinfo=UTC)
PLANS = ("free", "standard", "teams", "enterprise")


class Catalogue:
    """The tables of one organization; every id comes from the seed, every time from the caller."""

    def __init__(
        self, seed: int = 1, *, plan: str = "teams", name: str = "Example Advisers", now: datetime = START
    ) -> None:
        self.random = random.Random(seed)
        self.plan = plan
        self.now = now
        self.keep_deliveries = True
        self.old_ids = False  # 16 upper-case characters, as records of the first years have
        self.users: dict[str, Record] = {}  # by URI, as all tables but events and invitees
        self.memberships: dict[str, Record] = {}
        self.event_types: dict[str, Record] = {}
        self.hosts_of: dict[str, list[str]] = {}  # event type -> users
        self.asks_two_names: set[str] = set()  # event types
        self.seats: dict[str, int] = {}  # event type -> invitees per event
        self._log: list[bytes] = []
        self.organization: Record = {
            "uri": uri("organizations", self.new_id()),
            "id": 4321,  # undocumented, recorded
            "name": name,
            "plan": "basic" if plan == "free" else plan,
            "stage": "free" if plan == "free" else "paid",
            "kind": "single",
            "created_at": stamp(now),
            "updated_at": stamp(now),
        }

    def new_id(self) -> str:
        """The next id of the seed."""
        if self.old_ids:
            return "".join(self.random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=16))
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    @property
    def owner(self) -> str:
        """The user who owns the organization; its subscriptions speak in that name."""
        return next(m["user"]["uri"] for m in self.memberships.values() if m["role"] == "owner")

    def role_of(self, user: str) -> str | None:
        """owner, admin or user; null for somebody who left."""
        return next((m["role"] for m in self.memberships.values() if m["user"]["uri"] == user), None)

    def add_user(
        self, name: str, email: str, *, role: str = "user", zone: str = "America/New_York", now: datetime | None = None
    ) -> str:
        """A member of the organization; gives the user's URI."""
        at = self.advance(now)
        user = records.user(self.new_id(), name, email, zone, at)
        self.users[user["uri"]] = user
        membership = uri("organization_memberships", self.new_id())
        self.memberships[membership] = {
            "uri": membership,
            "role": role,
            "user": user,
            "organization": self.organization["uri"],
            "created_at": stamp(at),
            "updated_at": stamp(at),
        }
        return user["uri"]

    def remove_member(self, user: str, *, now: datetime | None = None) -> None:
        """The user leaves; the events stay."""
        self.advance(now)
        self.memberships = {key: m for key, m in self.memberships.items() if m["user"]["uri"] != user}

    def add_event_type(
        self,
        name: str,
        owner: str,
        *,
        duration: int = 30,
        hosts: Sequence[str] = (),
        pooling: str | None = None,
        seats: int = 1,
        location: str | None = "google_conference",
        questions: Sequence[str] = (),
        two_names: bool = False,
        one_off: bool = False,
        now: datetime | None = None,
        **fields: Any,
    ) -> str:
        """An event type; `seats` above 1 makes it a group type, `pooling` is round_robin or collective."""
        chosen = dict(
            duration=duration,
            pooling_type=pooling,
            kind="group" if seats > 1 else "solo",
            type="AdhocEventType" if one_off else "StandardEventType",
            start_time_increment=None if one_off else 30,
            locations=[{"kind": location}] if location else [],
            custom_questions=[records.question(text, n) for n, text in enumerate(questions)],
            position=len(self.event_types),
        )
        at = self.advance(now)
        added = records.event_type(self.new_id(), name, self.users[owner], at, **{**chosen, **fields})
        self.event_types[added["uri"]] = added
        self.hosts_of[added["uri"]] = list(hosts) or [owner]
        self.seats[added["uri"]] = seats
        if two_names:
            self.asks_two_names.add(added["uri"])
        self._tell_of_event_type("created", added)
        return added["uri"]

    def change_event_type(self, event_type: str, *, now: datetime, **fields: Any) -> None:
        """Rename it, switch it off, anything."""
        found = self.event_types[event_type]
        found.update(fields, updated_at=stamp(self.advance(now)))
        self._tell_of_event_type("updated", found)

    def delete_event_type(self, event_type: str, *, now: datetime) -> None:
        """No list shows it any more; its URI still answers."""
        at = stamp(self.advance(now))
        found = self.event_types[event_type]
        found.update(deleted_at=at, updated_at=at, active=False)
        self._tell_of_event_type("deleted", found)

    def advance(self, now: datetime | None) -> datetime:
        """Move the world's clock to this instant, never back; without one, leave it."""
        self.now = max(self.now, now) if now else self.now
        return now or self.now

    def log(self, kind: str, payload: Mapping[str, Any], at: datetime | None = None) -> None:
        """Remember what Calendly would POST now, as it is now; the envelope has whole seconds."""
        if not self.keep_deliveries:
            return
        created_at = stamp((at or self.now).replace(microsecond=0))
        body = {"event": kind, "created_at": created_at, "created_by": self.owner, "payload": payload}
        self._log.append(json.dumps(body).encode())

    def deliveries(self, *kinds: str) -> list[Record]:
        """The webhook bodies in the order of the changes, all or those of the given events."""
        bodies = [json.loads(body) for body in self._log]
        return [body for body in bodies if not kinds or body["event"] in kinds]

    def _tell_of_event_type(self, verb: str, event_type: Record) -> None:
        if self.memberships:
            told = {key: value for key, value in event_type.items() if key != "description_html"}
            self.log(f"event_type.{verb}", told)
