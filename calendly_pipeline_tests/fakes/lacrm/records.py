"""What the fake LACRM keeps: users, contacts, custom fields, notes, events."""

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

EMAIL_TYPES = ("Work", "Personal", "Other")
PHONE_TYPES = ("Work", "Mobile", "Home", "Fax", "Other")
PLACE_TYPES = ("Work", "Home", "Other")
FIELD_TYPES = (
    "Dropdown",
    "Checkbox",
    "Number",
    "Date",
    "Text",
    "TextArea",
    "ContactLink",
    "FileLink",
    "Currency",
    "Section",
    "RadioList",
    "Signature",
    "SectionHeader",
    "TextBlock",
)
VALUELESS = ("Section", "SectionHeader", "TextBlock")
CHOICES = ("Dropdown", "RadioList", "Checkbox")
SALUTATIONS = frozenset(("mr.", "mrs.", "ms.", "dr.", "prof."))
SUFFIXES = frozenset(("jr.", "sr.", "ii", "iii", "iv"))
NAME_PARTS = ("Salutation", "FirstName", "MiddleName", "LastName", "Suffix")


class Numbers:
    """Ids from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def uid(self) -> str:
        """31 digits: an int64 or a float would destroy it (LACRM API documentation)."""
        return str(self._random.randint(10**30, 10**31 - 1))

    def user_id(self) -> int:
        """A number that fits an int (LACRM API documentation)."""
        return self._random.randint(100_000, 999_999)

    def key(self) -> str:
        """An API key."""
        return f"{self._random.randint(10_000, 99_999)}-{self._random.getrandbits(160):040x}"


@dataclass
class User:
    """Somebody of the firm."""

    user_id: int
    first_name: str
    last_name: str
    address: str
    is_admin: bool = False
    time_zone: str = "America/New_York"


@dataclass
class Key:
    """An API key of a user; `may_write` False is a key whose permissions were narrowed."""

    user_id: int
    may_write: bool = True


@dataclass
class CustomField:
    """A custom field of contacts or companies."""

    field_id: str
    name: str
    field_type: str
    record_type: str = "Contact"
    options: list[str] = field(default_factory=list)
    is_required: bool = False
    is_archived: bool = False


@dataclass
class Contact:
    """A contact or company. `custom` goes by the field's id, so that a renamed field keeps its values."""

    contact_id: str
    is_company: bool
    assigned_to: int
    name: dict[str, str]
    created_at: datetime
    updated_at: datetime
    emails: list[dict[str, str]] = field(default_factory=list)
    phones: list[dict[str, str]] = field(default_factory=list)
    places: list[dict[str, str]] = field(default_factory=list)
    websites: list[dict[str, str]] = field(default_factory=list)
    company_name: str = ""
    company_id: str = ""
    job_title: str = ""
    background: str = ""
    birthday: str = ""
    custom: dict[str, Any] = field(default_factory=dict)
    readers: frozenset[int] | None = None  # users who see it besides admins; None: everybody
    writers: frozenset[int] | None = None  # users who may change it besides admins; None: everybody who sees it


@dataclass
class Note:
    """A note of one contact."""

    note_id: str
    contact_id: str
    user_id: int
    text: str
    shown_at: datetime
    created_at: datetime
    is_rich: bool = False


@dataclass
class Event:
    """A calendar event; contacts and users attend it."""

    event_id: str
    values: dict[str, Any]
    attendees: list[dict[str, Any]]
    calendar_id: str
    created_at: datetime
    updated_at: datetime


def parsed_name(text: str) -> dict[str, str]:
    """The name object of a name written as one text."""
    words = text.split()
    parts: dict[str, str] = dict.fromkeys(NAME_PARTS, "")
    if len(words) > 1 and words[0].casefold() in SALUTATIONS:
        parts["Salutation"] = words.pop(0)
    if len(words) > 1 and words[-1].casefold() in SUFFIXES:
        parts["Suffix"] = words.pop()
    if words:
        parts["FirstName"] = words[0]
        parts["MiddleName"] = " ".join(words[1:-1])
        parts["LastName"] = words[-1] if len(words) > 1 else ""
    return parts


def full_name(name: dict[str, str]) -> str:
    """A name object as one text."""
    return " ".join(name[part] for part in NAME_PARTS if name.get(part))
