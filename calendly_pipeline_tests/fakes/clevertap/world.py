"""The fake CleverTap's state: profiles, every event ever stored, the account's schema, and its live campaigns. No HTTP.

A repeated event is stored once more. A profile's switches (`MSG-email` and the like) are as writable as they really
are, and each write of one is kept in `consent_writes`, so that a sync that touches them shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from calendly_pipeline_tests.fakes.clevertap.refusals import require_valid

LIVE_PAST, LIVE_FUTURE = timedelta(hours=2), timedelta(minutes=2)
MOST_EVENT_NAMES = 512
MOST_PROFILE_KEYS = 256
KEY_BYTES, VALUE_BYTES = 120, 512


@dataclass
class Profile:
    """One user."""

    identity: str
    data: dict[str, Any] = field(default_factory=dict)
    times_written: int = 0


@dataclass(frozen=True)
class StoredEvent:
    """One event as it was stored."""

    identity: str
    name: str
    properties: dict[str, Any]
    occurred_at: datetime
    received_at: datetime
    is_live: bool
    """Within 2 hours past and 2 minutes future of its receipt: only then it triggers campaigns."""


@dataclass(frozen=True)
class Campaign:
    """Sends a message for every live event of a name, unless a property has the value named."""

    name: str
    event: str
    unless: Mapping[str, Any] = field(default_factory=dict)
    channel: str = "MSG-email"


@dataclass(frozen=True)
class Schema:
    """What the account expects; what is not expected is dropped after a success, told on the Error Stream only."""

    events: Mapping[str, Mapping[str, type]] = field(default_factory=dict)
    """Event -> property -> kind."""
    profile_keys: frozenset[str] | None = None


class World:
    """One account in one region."""

    def __init__(
        self,
        account_id: str = "TEST-ABC-123Z",
        passcode: str = "QAZ-WSX-EDCV",
        *,
        time_zone: str = "America/New_York",
        most_properties: int = 100,
        schema: Schema | None = None,
        readable_after: timedelta = timedelta(0),
    ) -> None:
        self.account_id = account_id
        self.passcode = passcode
        self.time_zone = time_zone
        self.most_properties = most_properties
        self.schema = schema
        self.readable_after = readable_after
        self.discarded: frozenset[str] = frozenset()
        self.profiles: dict[str, Profile] = {}
        self.events: list[StoredEvent] = []
        self.campaigns: list[Campaign] = []
        self.messages: list[tuple[str, str]] = []  # campaign and identity
        self.error_stream: list[str] = []
        self.consent_writes: list[tuple[str, str, Any]] = []

    def unsubscribe(self, identity: str, *channels: str) -> None:
        """What happens when somebody follows the link at the foot of a message."""
        profile = self.profiles.setdefault(identity, Profile(identity))
        profile.data |= dict.fromkeys(channels or ("MSG-email",), False)

    def store(self, record: dict[str, Any], now: datetime, *, dry_run: bool = False) -> None:
        """Take in one record; raises RecordRefused."""
        require_valid(record, self.most_properties, self.discarded)
        if dry_run:
            return
        identity = str(next(record[key] for key in ("identity", "objectId", "FBID", "GPID") if record.get(key)))
        profile = self.profiles.setdefault(identity, Profile(identity))  # an unknown identity creates one
        if record["type"] == "profile":
            self._set(profile, record["profileData"])
        else:
            self._raise(profile, record, now)

    def events_of(self, name: str, now: datetime) -> list[StoredEvent]:
        """Events of a name that can be read back by now."""
        return [event for event in self.events if event.name == name and event.received_at + self.readable_after <= now]

    def local(self, moment: datetime) -> datetime:
        """By the clock of the project's zone."""
        return moment.astimezone(ZoneInfo(self.time_zone))

    def _set(self, profile: Profile, data: Mapping[str, Any]) -> None:
        profile.times_written += 1
        for key, value in data.items():
            if key.upper().startswith("MSG-") or key.startswith("category-"):
                self.consent_writes.append((profile.identity, key, value))
            known = self.schema.profile_keys if self.schema else None
            if known is not None and key not in known:
                self.error_stream.append(f"Undefined user property found and dropped: {key}")
            elif self._fits(key, "user property") and self._has_room(profile, key):
                profile.data[key] = self._cut(key, value)

    def _has_room(self, profile: Profile, key: str) -> bool:
        if key in profile.data or len(profile.data) < MOST_PROFILE_KEYS:
            return True
        self.error_stream.append(f"Maximum user properties exceeded: {key}")
        return False

    def _raise(self, profile: Profile, record: dict[str, Any], now: datetime) -> None:
        name, properties = record["evtName"], self._known(record["evtName"], record.get("evtData", {}))
        if properties is None or not self._fits(name, "event name"):
            return
        known = {event.name for event in self.events}
        if name not in known and len(known) >= MOST_EVENT_NAMES:
            self.error_stream.append(f"Maximum event limit exceeded due to undefined events: {name}")
            return
        occurred = datetime.fromtimestamp(record["ts"], now.tzinfo) if "ts" in record else now
        is_live = now - LIVE_PAST <= occurred <= now + LIVE_FUTURE
        event = StoredEvent(profile.identity, name, properties, occurred, now, is_live)
        self.events.append(event)
        self._trigger(profile, event)

    def _known(self, name: str, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """The properties that are kept; None when the schema drops the whole event."""
        kept = {key: self._cut(key, value) for key, value in given.items() if self._fits(key, "event property")}
        if self.schema is None:
            return kept
        if name not in self.schema.events:
            self.error_stream.append(f"Undefined event found and dropped: {name}")
            return None
        for key in list(kept):
            kind = self.schema.events[name].get(key)
            if kind is None or not isinstance(kept[key], kind):
                self.error_stream.append(f"Undefined or mismatched event property dropped: {name}.{key}")
                del kept[key]
        return kept

    def _fits(self, key: str, what: str) -> bool:
        if len(key.encode()) <= KEY_BYTES and not set(key) & set(".:$'\"\\"):
            return True
        self.error_stream.append(f"Unaccepted {what} dropped: {key[:40]}")
        return False

    def _cut(self, key: str, value: Any) -> Any:
        if not isinstance(value, str) or len(value.encode()) <= VALUE_BYTES:
            return value
        self.error_stream.append(f"Maximum characters exceeded: {key}")
        return value.encode()[:VALUE_BYTES].decode(errors="ignore")

    def _trigger(self, profile: Profile, event: StoredEvent) -> None:
        for campaign in self.campaigns:
            is_out = any(event.properties.get(key) == value for key, value in campaign.unless.items())
            agreed = profile.data.get(campaign.channel, True) is not False
            if campaign.event == event.name and event.is_live and agreed and not is_out:
                self.messages.append((campaign.name, profile.identity))
