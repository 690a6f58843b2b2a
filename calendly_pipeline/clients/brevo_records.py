"""What Brevo keeps, as records, and the one place where a contact's body is built.

Consent is out of reach here: no record has a place for a blocklist key, an address is never changed, contacts are never
merged. `emailBlacklisted: false` un-blocks, and a new address re-subscribes whoever was blocked (Brevo's definition).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from calendly_pipeline.failures import Rejected
from calendly_pipeline.settings_brevo import CONSENT

Value = str | float | int | bool


@dataclass(frozen=True)
class Attribute:
    """One attribute of the account. `kind` is empty for calculated and global ones."""

    name: str
    category: str
    kind: str

    @property
    def is_plain(self) -> bool:
        """Whether it may be written like any other value."""
        return self.category == "normal"


@dataclass(frozen=True)
class ContactList:
    """One list."""

    list_id: int
    name: str
    folder_id: int


@dataclass(frozen=True)
class BrevoContact:
    """One contact, as read."""

    contact_id: int
    address: str
    """Lower case; empty for a contact without one."""
    attributes: Mapping[str, Any]
    list_ids: frozenset[int]
    left_list_ids: frozenset[int]
    """Lists they unsubscribed from."""
    is_blocked: bool
    """No campaign reaches them: unsubscribed, complained or blocked by somebody."""
    is_sms_blocked: bool

    @property
    def has_unsubscribed(self) -> bool:
        """Whether they ever said no to anything."""
        return self.is_blocked or bool(self.left_list_ids)


@dataclass(frozen=True)
class ContactUpdate:
    """What is written to one contact: attributes, and lists joined and left."""

    address: str
    attributes: Mapping[str, Value] = field(default_factory=dict)
    list_ids: tuple[int, ...] = ()
    unlink_list_ids: tuple[int, ...] = ()

    def body(self) -> dict[str, Any]:
        """Attributes and lists as the API takes them; raises Rejected for what is never written."""
        touched = sorted(name for name in self.attributes if name.upper() in CONSENT)
        if touched:
            said = f"{', '.join(touched)} is never written: it says who somebody is or what they agreed to"
            raise Rejected("Brevo", "contact", said, "Leave it out of destinations.brevo.")
        given = {
            "attributes": dict(self.attributes),
            "listIds": list(self.list_ids),
            "unlinkListIds": list(self.unlink_list_ids),
        }
        return {key: value for key, value in given.items() if value}


@dataclass(frozen=True)
class BrevoEvent:
    """Something that happened to a contact. Brevo knows no key of events: what is sent twice is there twice."""

    name: str
    address: str
    happened_at: datetime
    properties: Mapping[str, Any] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The event as the API takes it. It never sets attributes of the contact."""
        return {
            "event_name": self.name,
            "event_date": self.happened_at.astimezone(UTC).isoformat(timespec="seconds"),
            "identifiers": {"email_id": self.address},
            "event_properties": dict(self.properties),
        }


@dataclass(frozen=True)
class SeenEvent:
    """An event as read back."""

    name: str
    contact_id: int | None
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class ListChange:
    """Who is on the list now, or off it, and whom Brevo named as failed. Lower case."""

    done: frozenset[str]
    failed: frozenset[str]


def attribute_of(row: Mapping[str, Any]) -> Attribute:
    """One row of GET /contacts/attributes."""
    return Attribute(str(row["name"]), str(row["category"]), str(row.get("type") or ""))


def contact_of(row: Mapping[str, Any]) -> BrevoContact:
    """One contact of GET /contacts or GET /contacts/{identifier}."""
    return BrevoContact(
        contact_id=int(row["id"]),
        address=str(row.get("email") or "").lower(),
        attributes=dict(row.get("attributes") or {}),
        list_ids=_ids(row.get("listIds")),
        left_list_ids=_ids(row.get("listUnsubscribed")),
        is_blocked=bool(row["emailBlacklisted"]),
        is_sms_blocked=bool(row.get("smsBlacklisted")),
    )


def event_of(row: Mapping[str, Any]) -> SeenEvent:
    """One event of GET /events."""
    number = row.get("contact_id")
    name, properties = str(row.get("event_name") or ""), row.get("event_properties") or {}
    return SeenEvent(name, int(number) if number is not None else None, properties)


def refused_events(answer: Any) -> dict[int, str]:
    """Index in the batch -> why, out of a partial answer's `errors`; empty when all were taken."""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    found: dict[int, str] = {}
    for error in errors or []:
        indexes = error.get("eventIndex")
        for index in indexes if isinstance(indexes, list) else [indexes]:
            found[int(index)] = str(error.get("message") or "refused")
    return found


def _ids(listed: Collection[Any] | None) -> frozenset[int]:
    return frozenset(int(number) for number in listed or ())
