"""The fake Brevo's state: an account's attributes, lists, contacts and events. No HTTP.

`granted` lists every consent that a write gave back: un-blocked, re-subscribed by a new address, added to a list they
had left. After a run of ours it must be empty.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from calendly_pipeline_tests.fakes.brevo import values
from calendly_pipeline_tests.fakes.brevo.refusals import Refused, missing_contact, missing_list, taken

SHIPPED = {"FIRSTNAME": "text", "LASTNAME": "text", "SMS": "text"}


@dataclass
class Contact:
    """One contact."""

    contact_id: int
    address: str
    created_at: datetime
    modified_at: datetime
    attributes: dict[str, Any] = field(default_factory=dict)
    list_ids: set[int] = field(default_factory=set)
    left_list_ids: set[int] = field(default_factory=set)
    is_blocked: bool = False
    is_sms_blocked: bool = False


@dataclass
class Event:
    """One custom event; `seen_from` is when a reader sees it first."""

    name: str
    contact_id: int
    happened_at: datetime
    properties: dict[str, Any]
    seen_from: datetime


class World:
    """One Brevo account. `refuses_unknown` False: attributes it does not know are dropped without a word."""

    def __init__(self, *, refuses_unknown: bool = True) -> None:
        self.refuses_unknown = refuses_unknown
        self.keys: set[str] = set()
        self.attributes: dict[tuple[str, str], str] = {("normal", name): kind for name, kind in SHIPPED.items()}
        self.attributes["global", "BLACKLIST"] = ""
        self.folders: dict[int, str] = {}
        self.lists: dict[int, tuple[str, int]] = {}
        self.contacts: dict[int, Contact] = {}
        self.events: list[Event] = []
        self.granted: list[tuple[str, str]] = []
        self._last_id = 0

    def add_key(self, key: str = "xkeysib-0123456789abcdef") -> str:
        """A key of the account."""
        self.keys.add(key)
        return key

    def add_attribute(self, name: str, kind: str, category: str = "normal") -> None:
        """An attribute; names are unique in the account."""
        name = name.upper()
        if any(name == known for _, known in self.attributes):
            raise Refused("Attribute name must be unique")
        self.attributes[category, name] = kind

    def add_folder(self, name: str) -> int:
        """A folder; two may have one name."""
        number = self._next_id()
        self.folders[number] = name
        return number

    def add_list(self, name: str, folder_id: int | None = None) -> int:
        """A list; two may have one name."""
        folder_id = folder_id if folder_id is not None else next(iter(self.folders), None) or self.add_folder("Firm")
        if folder_id not in self.folders:
            raise Refused("Folder ID does not exist", "document_not_found", 404)
        number = self._next_id()
        self.lists[number] = (name, folder_id)
        return number

    def find(self, address: str) -> Contact | None:
        """The contact of an address."""
        return next((c for c in self.contacts.values() if c.address == address.lower()), None)

    def of(self, identifier: str | int, kind: str = "") -> Contact:
        """The contact of an address, an id, or a phone when that is the kind asked for; raises Refused."""
        if kind == "phone_id":
            phone = str(identifier).lstrip("+")
            found = next((c for c in self.contacts.values() if c.attributes.get("SMS") == phone), None)
        elif str(identifier).isdigit():
            found = self.contacts.get(int(identifier))
        else:
            found = self.find(str(identifier))
        if found is None:
            raise missing_contact()
        return found

    def create(self, now: datetime, address: str, body: Mapping[str, Any] | None = None) -> Contact:
        """A new contact; all or nothing."""
        contact = Contact(self._next_id(), address.lower(), now, now)
        self._write(now, contact, body or {})
        self.contacts[contact.contact_id] = contact
        return contact

    def change(self, now: datetime, contact: Contact, body: Mapping[str, Any]) -> None:
        """Set what is named; all or nothing."""
        self._write(now, contact, body)

    def change_all(self, now: datetime, listed: Iterable[tuple[Contact, Mapping[str, Any]]]) -> None:
        """Set what is named of all of them, or of none."""
        pairs = list(listed)
        for contact, body in pairs:
            self._checked(contact, body)
        for contact, body in pairs:
            self._write(now, contact, body)

    def unsubscribe(self, address: str, *list_ids: int) -> None:
        """They left these lists; without any, everything: no campaign reaches them."""
        contact = self.of(address)
        contact.left_list_ids |= set(list_ids) or contact.list_ids
        contact.list_ids -= contact.left_list_ids
        contact.is_blocked = contact.is_blocked or not list_ids

    def change_list(self, list_id: int, addresses: Iterable[str], is_on: bool) -> tuple[list[str], list[str]]:
        """Put contacts on a list or off it; addresses done and failed. None done: refused in one form of words."""
        if list_id not in self.lists:
            raise missing_list()
        done, failed = [], []
        for address in addresses:
            contact = self.find(address)
            if contact is None or (list_id in contact.list_ids) == is_on:
                failed.append(address)
                continue
            (self._join if is_on else self._leave)(contact, {list_id})
            done.append(address)
        if not done:
            word = "already in list" if is_on else "already removed from list"
            raise Refused(f"Contact {word} and/or does not exist")
        return done, failed

    def record(self, now: datetime, given: Mapping[str, Any], seen_from: datetime) -> None:
        """Take down a checked event. One for an address that nobody has makes the contact."""
        who = given["identifiers"]
        contact = self.contacts.get(who.get("contact_id")) or self.find(str(who.get("email_id") or ""))
        if contact is None:
            contact = self.create(now, str(who.get("email_id") or ""))
        if given.get("contact_properties"):
            self._write(now, contact, {"attributes": given["contact_properties"]})
        happened_at = datetime.fromisoformat(given["event_date"]) if given.get("event_date") else now
        properties = dict(given.get("event_properties") or {})
        self.events.append(Event(given["event_name"], contact.contact_id, happened_at, properties, seen_from))

    def _write(self, now: datetime, contact: Contact, body: Mapping[str, Any]) -> None:
        attributes = self._checked(contact, body)
        address = str(body.get("attributes", {}).get("EMAIL", contact.address)).lower()
        if address != contact.address and (contact.is_blocked or contact.left_list_ids):
            self.granted.append((contact.address, "a new address re-subscribed them"))
            contact.is_blocked = False
        contact.address = address
        contact.attributes = {k: v for k, v in {**contact.attributes, **attributes}.items() if v is not None}
        self._block(contact, body)
        self._join(contact, set(body.get("listIds") or ()))
        self._leave(contact, set(body.get("unlinkListIds") or ()))
        contact.modified_at = now

    def _block(self, contact: Contact, body: Mapping[str, Any]) -> None:
        if contact.is_blocked and body.get("emailBlacklisted") is False:
            self.granted.append((contact.address, "un-blocked"))
        if contact.is_sms_blocked and body.get("smsBlacklisted") is False:
            self.granted.append((contact.address, "un-blocked for SMS"))
        contact.is_blocked = bool(body.get("emailBlacklisted", contact.is_blocked))
        contact.is_sms_blocked = bool(body.get("smsBlacklisted", contact.is_sms_blocked))

    def _join(self, contact: Contact, list_ids: set[int]) -> None:
        """The effect on who left a list is not published; here the worst: they are subscribed again."""
        for list_id in sorted(list_ids & contact.left_list_ids):
            self.granted.append((contact.address, f"back on list {list_id}"))
        contact.left_list_ids -= list_ids
        contact.list_ids |= list_ids

    def _leave(self, contact: Contact, list_ids: set[int]) -> None:
        contact.list_ids -= list_ids

    def _checked(self, contact: Contact, body: Mapping[str, Any]) -> dict[str, Any]:
        """Attributes as they will be kept; None: blank. Raises Refused."""
        for list_id in (*(body.get("listIds") or ()), *(body.get("unlinkListIds") or ())):
            if list_id not in self.lists:
                raise missing_list()
        given = {name: value for name, value in (body.get("attributes") or {}).items() if name != "EMAIL"}
        unknown = sorted(name for name in given if ("normal", name) not in self.attributes)
        if unknown and self.refuses_unknown:
            raise Refused(f"Invalid attribute: {', '.join(unknown)}")
        if "EMAIL" in (body.get("attributes") or {}):
            self._require_free_address(str(body["attributes"]["EMAIL"]))
        found: dict[str, Any] = {}
        for name, value in given.items():
            if name in unknown:
                continue
            said = values.kept(self.attributes["normal", name], value)
            if said is not values.DROPPED:
                found[name] = self._free_phone(contact, said) if name == "SMS" and said else said
        return found

    def _require_free_address(self, address: str) -> None:
        """Also the contact's own address is refused (APIv3-php-library, issue 149)."""
        if self.find(address):
            raise Refused("Contact already exist")

    def _free_phone(self, contact: Contact, said: str) -> str:
        phone = values.digits(said)
        others = (c for c in self.contacts.values() if c.contact_id != contact.contact_id)
        if any(other.attributes.get("SMS") == phone for other in others):
            raise taken("SMS")
        return phone

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id
