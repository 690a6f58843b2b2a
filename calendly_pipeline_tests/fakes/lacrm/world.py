"""The fake LACRM's state: whose contact is whose, and what each change touches. No HTTP.

Every verb takes the time it happens at. A change of a contact moves its `updated_at`, also where every value stays the
same, and is one more Contact.Update for other people's hooks (`fired`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from calendly_pipeline_tests.fakes.lacrm import values
from calendly_pipeline_tests.fakes.lacrm.records import (
    CHOICES,
    FIELD_TYPES,
    VALUELESS,
    Contact,
    CustomField,
    Event,
    Key,
    Note,
    Numbers,
    User,
    parsed_name,
)
from calendly_pipeline_tests.fakes.lacrm.refusals import Refused

PLAIN = {"Job Title": "job_title", "Background Info": "background", "Birthday": "birthday"}


class World:
    """One LACRM account."""

    def __init__(self, seed: int = 1, time_zone: str = "America/New_York") -> None:
        self.numbers = Numbers(seed)
        self.time_zone = time_zone
        self.users: dict[int, User] = {}
        self.keys: dict[str, Key] = {}
        self.fields: dict[str, CustomField] = {}
        self.contacts: dict[str, Contact] = {}
        self.notes: dict[str, Note] = {}
        self.events: dict[str, Event] = {}
        self.calendars: dict[int, str] = {}
        self.groups: dict[str, str] = {}
        self.members: set[tuple[str, str]] = set()
        self.relationships: dict[str, dict[str, Any]] = {}
        self.fired: list[tuple[str, str]] = []

    def add_user(self, name: str, address: str, *, is_admin: bool = False) -> User:
        """A user with a primary calendar."""
        first, _, last = name.partition(" ")
        user = User(self.numbers.user_id(), first, last, address, is_admin, self.time_zone)
        self.users[user.user_id] = user
        self.calendars[user.user_id] = self.numbers.uid()
        return user

    def add_key(self, user: User, key: str = "", *, may_write: bool = True) -> str:
        """A key of the user's."""
        key = key or self.numbers.key()
        self.keys[key] = Key(user.user_id, may_write)
        return key

    def add_field(self, name: str, field_type: str = "Text", **details: Any) -> CustomField:
        """A custom field, of contacts unless `record_type` says otherwise; see CustomField."""
        if field_type not in FIELD_TYPES:
            raise Refused(f"'{field_type}' is not a valid field type", "field type")
        if any(f.name == name and f.record_type == details.get("record_type", "Contact") for f in self.live_fields()):
            raise Refused(f"A field called '{name}' exists already", "field name")
        if details.get("is_required") and field_type in ("Checkbox", "TextArea"):
            raise Refused(f"A {field_type} cannot be required", "field required")
        if details.get("options") and field_type not in CHOICES:
            raise Refused(f"A {field_type} has no options", "field options")
        field = CustomField(self.numbers.uid(), name, field_type, **details)
        self.fields[field.field_id] = field
        return field

    def rename_field(self, name: str, new_name: str) -> None:
        """Values stay; whoever writes by the old name is ignored from now on."""
        self.field(name).name = new_name

    def remove_field(self, name: str) -> None:
        """The field goes, and its data with it."""
        gone = self.field(name)
        del self.fields[gone.field_id]
        for contact in self.contacts.values():
            contact.custom.pop(gone.field_id, None)

    def live_fields(self) -> list[CustomField]:
        """Fields that are not archived."""
        return [field for field in self.fields.values() if not field.is_archived]

    def field(self, name: str, record_type: str = "Contact") -> CustomField:
        """A field by its display name; raises KeyError."""
        return next(f for f in self.live_fields() if (f.name, f.record_type) == (name, record_type))

    def fields_of(self, contact: Contact) -> dict[str, CustomField]:
        """Display name -> field that holds values, for this kind of record."""
        kind = "Company" if contact.is_company else "Contact"
        return {f.name: f for f in self.live_fields() if f.record_type == kind and f.field_type not in VALUELESS}

    def add(
        self,
        now: datetime,
        name: str = "",
        *emails: str,
        is_company: bool = False,
        assigned_to: int | None = None,
        written: Mapping[str, Any] | None = None,
        **access: Any,
    ) -> Contact:
        """A contact, or a company named by `name`; `written` as EditContact takes it; `access`: readers, writers."""
        owner = assigned_to or next(iter(self.users))
        contact = Contact(self.numbers.uid(), is_company, owner, parsed_name(""), now, now)
        contact.readers, contact.writers = (_users(access.pop(kind, None)) for kind in ("readers", "writers"))
        own = {"Company Name": name} if is_company else {"Name": name}
        self._write(now, contact, {**own, "Email": list(emails), **(written or {})})
        self.contacts[contact.contact_id] = contact
        self.fired.append(("Contact.Create", contact.contact_id))
        return contact

    def edit(self, now: datetime, contact_id: str, written: Mapping[str, Any]) -> None:
        """Set what is named; None blanks; lists are replaced whole; a name that is no field is ignored. Or Refused."""
        contact = self.contacts[contact_id]
        self._write(now, contact, written)
        self.fired.append(("Contact.Update", contact_id))

    def delete(self, contact_id: str) -> None:
        """The contact goes, and what was attached to it."""
        del self.contacts[contact_id]
        self.notes = {key: note for key, note in self.notes.items() if note.contact_id != contact_id}
        for event in list(self.events.values()):
            event.attendees = [a for a in event.attendees if a["IsUser"] or a["AttendeeId"] != contact_id]
        self.members = {(group, member) for group, member in self.members if member != contact_id}
        self.fired.append(("Contact.Delete", contact_id))

    def merge(self, now: datetime, kept_id: str, gone_id: str) -> None:
        """One contact takes over what another has and it lacks; the other is gone, its id with it."""
        kept, gone = self.contacts[kept_id], self.contacts[gone_id]
        for mine, theirs in ((kept.emails, gone.emails), (kept.phones, gone.phones), (kept.places, gone.places)):
            there = {entry.get("Text", str(entry)).casefold() for entry in mine}
            mine += [entry for entry in theirs if entry.get("Text", str(entry)).casefold() not in there]
        kept.custom = {**gone.custom, **kept.custom}
        kept.updated_at = now
        for note in self.notes.values():
            note.contact_id = kept_id if note.contact_id == gone_id else note.contact_id
        for event in self.events.values():
            for attendee in event.attendees:
                if attendee["AttendeeId"] == gone_id:
                    attendee["AttendeeId"] = kept_id
        self.members |= {(group, kept_id) for group, member in self.members if member == gone_id}
        self.fired.append(("Contact.Update", kept_id))
        self.delete(gone_id)

    def value(self, contact_id: str, name: str) -> Any:
        """What stands in a custom field; None: blank."""
        contact = self.contacts[contact_id]
        return contact.custom.get(self.fields_of(contact)[name].field_id)

    def company_named(self, name: str) -> Contact | None:
        """The company of exactly this name."""
        return next((c for c in self.contacts.values() if c.is_company and c.company_name == name), None)

    def ids(self, *, companies: bool | None = None) -> list[str]:
        """Ids of all contacts, sorted."""
        return sorted(c.contact_id for c in self.contacts.values() if companies in (None, c.is_company))

    def _write(self, now: datetime, contact: Contact, written: Mapping[str, Any]) -> None:
        """All or nothing: what is refused is refused before anything is set."""
        fields = self.fields_of(contact)
        custom = {fields[k].field_id: values.custom_value(fields[k], v) for k, v in written.items() if k in fields}
        lists: dict[str, Any] = {k: values.texts(written[k], k) for k in ("Email", "Phone", "Website") if k in written}
        place = values.places(written["Address"]) if "Address" in written else None
        owner = self._owner(written["AssignedTo"]) if "AssignedTo" in written else contact.assigned_to
        if "Name" in written and not contact.is_company:
            contact.name = parsed_name(str(written["Name"] or ""))
        if "Company Name" in written:
            self._set_company(now, contact, str(written["Company Name"] or ""))
        for key, attribute in PLAIN.items():
            if key in written:
                setattr(contact, attribute, str(written[key] or ""))
        contact.emails = lists.get("Email", contact.emails)
        contact.phones = lists.get("Phone", contact.phones)
        contact.websites = lists.get("Website", contact.websites)
        contact.places = contact.places if place is None else place
        contact.assigned_to = owner
        contact.custom = {k: v for k, v in {**contact.custom, **custom}.items() if v is not None}
        contact.updated_at = now

    def _owner(self, said: Any) -> int:
        """A user id, as a number or as text."""
        owner = int(said) if str(said).isdigit() else None
        if owner not in self.users:
            raise Refused("'AssignedTo' is not a valid user", "assigned to")
        return owner

    def _set_company(self, now: datetime, contact: Contact, name: str) -> None:
        """A person's company is the one of exactly this name; a new name makes a new company."""
        contact.company_name = name
        if contact.is_company:
            return
        company = self.company_named(name) if name else None
        if name and company is None:
            company = self.add(now, name, is_company=True, assigned_to=contact.assigned_to)
        contact.company_id = company.contact_id if company else ""


def _users(listed: Iterable[int] | None) -> frozenset[int] | None:
    return None if listed is None else frozenset(listed)
