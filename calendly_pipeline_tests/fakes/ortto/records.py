"""What the fake Ortto keeps: people, fields, activities and their definitions."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

PREFIXES = {
    "text": "str",
    "email": "str",
    "link": "str",
    "single_select": "str",
    "large_text": "txt",
    "integer": "int",
    "decimal": "int",
    "currency": "int",
    "bool": "bol",
    "date": "dtz",
    "time": "tme",
    "phone": "phn",
    "object": "obj",
    "multi_select": "sst",
    "geo": "geo",
}
"""Display type -> prefix of the field's id, as a live account's schema has them."""
BUILT_IN = {
    "str::first": ("First name", "text"),
    "str::last": ("Last name", "text"),
    "str::name": ("Name", "text"),
    "str::email": ("Email", "email"),
    "str::ei": ("External ID", "text"),
    "str::postal": ("Postal code", "text"),
    "str::language": ("Language", "single_select"),
    "str::s-ctx": ("Email subscribe context", "text"),
    "phn::phone": ("Phone number", "phone"),
    "geo::city": ("City", "geo"),
    "geo::country": ("Country", "geo"),
    "dtz::b": ("Birthday", "date"),
    "bol::p": ("Email permission", "bool"),
    "bol::sp": ("SMS permission", "bool"),
    "bol::gdpr": ("GDPR", "bool"),
}
READ_ONLY = {"int::e": ("Engagement", "engagement"), "bol::hb": ("Hard bounced", "bool")}


def kebab(name: str) -> str:
    """A name as it stands in ids."""
    return "-".join(re.findall(r"[a-z0-9]+", name.lower()))


def fits(prefix: str, value: Any) -> bool:
    """Whether a field of this type takes a value."""
    if value is None:
        return True
    if prefix == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if prefix == "dtz":
        return isinstance(value, dict) and {"year", "month", "day"} <= value.keys()
    if prefix == "tme":
        return isinstance(value, str) and _is_instant(value)
    kinds = {"str": str, "txt": str, "bol": bool, "phn": dict, "geo": dict, "obj": (dict, list), "sst": list}
    return isinstance(value, kinds.get(prefix, object))


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


@dataclass
class FieldRow:
    """A field of people."""

    field_id: str
    name: str
    display_type: str
    options: list[str] = field(default_factory=list)
    is_read_only: bool = False


@dataclass
class Person:
    """Somebody; permissions are fields like others."""

    person_id: str
    fields: dict[str, Any]
    tags: set[str] = field(default_factory=set)


@dataclass
class Definition:
    """A kind of activity: attribute's id -> (name, display type)."""

    activity_id: str
    name: str
    attributes: dict[str, tuple[str, str]]


@dataclass
class ActivityRow:
    """An activity on a person; one that is too old waits before it is there."""

    activity_id: str
    person_id: str
    attributes: dict[str, Any]
    key: str
    created: str
    is_waiting: bool = False
