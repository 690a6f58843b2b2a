"""What Ortto's fields hold: a value of ours in the form that a field's type takes.

The type prefix of a field's id and its display type come from the account's own schema (recorded answers of
`/instance-schema/get` and `/person/custom-field/get`, phpdevkits/ortto-sdk); ids are never built here. Whole numbers go
as they are, decimals and money as 1,000 times the value ("the Ortto API treats decimal values as integers multiplied by
1,000", person/merge page; a production plug-in does the same).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

LONGEST_TEXT = 500
"""A `text` field; longer ones are `large_text` (custom field page)."""
LARGEST_OBJECT_BYTES = 15_000
THOUSANDS = ("decimal", "currency", "price")
NOT_CONSENT = frozenset(("bol::gdpr",))
CONTEXT_OF_CONSENT = frozenset(("str::s-ctx", "str::soi-ctx"))
"""Why somebody was subscribed; nobody is, by us."""


class UnfitValue(ValueError):
    """A value that a field cannot hold; the text says why and names the field."""


@dataclass(frozen=True)
class Field:
    """A field of people, or an attribute of an activity."""

    field_id: str
    """`type::name` when built in, `type:cm:name` when custom."""
    name: str
    display_type: str
    options: tuple[str, ...] = ()
    is_read_only: bool = False

    @property
    def prefix(self) -> str:
        """The type in its id: str, txt, int, bol, dtz, tme, phn, geo, obj, sst, stl."""
        return self.field_id.partition(":")[0]


def may_be_written(field_id: str, value: Any) -> bool:
    """Whether a value grants no permission: of Ortto's own switches only `bol::gdpr` may be anything but False."""
    if field_id in CONTEXT_OF_CONSENT:
        return False
    is_switch = field_id.startswith("bol::") and field_id not in NOT_CONSENT
    return value is False if is_switch else True


def field_value(field: Field, value: Any, time_zone: str = "UTC") -> Any:
    """The value as the field takes it, None to clear it; raises UnfitValue.

    Dates are days as they stand and carry `time_zone`; instants go in UTC.
    """
    if value is None:
        return None
    made = FORMS.get(field.prefix)
    if made is None or field.is_read_only:
        why = "is read only" if field.is_read_only else f"is of type {field.display_type}, which is not written"
        raise UnfitValue(f"{field.field_id} {why}")
    return made(field, value, time_zone)


def _text(field: Field, value: Any, time_zone: str) -> str:
    if not isinstance(value, (str, int, float, Decimal, bool, date, datetime)):
        raise UnfitValue(f"{field.field_id} takes text, not {type(value).__name__}")
    text = value if isinstance(value, str) else _said(value)
    if field.options and text not in field.options:
        raise UnfitValue(f"{field.field_id} has no option {text!r}; it has {', '.join(field.options)}")
    if field.prefix == "str" and len(text) > LONGEST_TEXT:
        raise UnfitValue(f"{field.field_id} takes {LONGEST_TEXT} characters, not {len(text)}; make it a large_text")
    return text


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return value.isoformat() if isinstance(value, date) else str(value)


def _number(field: Field, value: Any, time_zone: str) -> int:
    try:
        number = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise UnfitValue(f"{field.field_id} takes a number, not {value!r}")
    scaled = number * 1000 if field.display_type in THOUSANDS else number
    if scaled != scaled.to_integral_value():
        most = "three decimals" if field.display_type in THOUSANDS else "whole numbers"
        raise UnfitValue(f"{field.field_id} takes {most}, not {value!r}")
    return int(scaled)


def _switch(field: Field, value: Any, time_zone: str) -> bool:
    if not isinstance(value, bool):
        raise UnfitValue(f"{field.field_id} takes true or false, not {value!r}")
    return value


def _day(field: Field, value: Any, time_zone: str) -> dict[str, Any]:
    if isinstance(value, datetime):
        day = _instant(value).astimezone(ZoneInfo(time_zone)).date()
    elif isinstance(value, date):
        day = value
    else:
        day = _parsed(field, value, date.fromisoformat, "a date")
    return {"year": day.year, "month": day.month, "day": day.day, "timezone": time_zone}


def _moment(field: Field, value: Any, time_zone: str) -> str:
    if isinstance(value, str):
        value = _parsed(field, value, datetime.fromisoformat, "a time")
    if not isinstance(value, datetime):
        raise UnfitValue(f"{field.field_id} takes a time, not {value!r}")
    return instant_text(_instant(value))


def _phone(field: Field, value: Any, time_zone: str) -> dict[str, Any]:
    """The whole number with its country code, digits only."""
    if not isinstance(value, str) or not value.startswith("+") or not value[1:].isdigit():
        raise UnfitValue(f"{field.field_id} takes a number in E.164, not {value!r}")
    return {"phone": value[1:], "parse_with_country_code": True}


def _place(field: Field, value: Any, time_zone: str) -> dict[str, str]:
    return {"name": _text(field, value, time_zone)}


def _object(field: Field, value: Any, time_zone: str) -> Any:
    size = len(json.dumps(value).encode())
    if not isinstance(value, (dict, list)) or size > LARGEST_OBJECT_BYTES:
        raise UnfitValue(f"{field.field_id} takes an object of at most {LARGEST_OBJECT_BYTES} bytes")
    return value


def _texts(field: Field, value: Any, time_zone: str) -> list[str]:
    if not isinstance(value, (list, tuple)):
        raise UnfitValue(f"{field.field_id} takes a list of texts, not {value!r}")
    return [_text(field, one, time_zone) for one in value]


def _parsed(field: Field, value: Any, read: Callable[[str], Any], wanted: str) -> Any:
    try:
        return read(value)
    except (TypeError, ValueError) as error:
        raise UnfitValue(f"{field.field_id} takes {wanted}, not {value!r}") from error


def _instant(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def instant_text(value: datetime) -> str:
    """An instant as Ortto writes them, in whole seconds: `2026-06-30T12:00:00Z`."""
    return f"{_instant(value).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


FORMS: Mapping[str, Callable[[Field, Any, str], Any]] = {
    "str": _text,
    "txt": _text,
    "int": _number,
    "bol": _switch,
    "dtz": _day,
    "tme": _moment,
    "phn": _phone,
    "geo": _place,
    "obj": _object,
    "sst": _texts,
    "stl": _texts,
}
