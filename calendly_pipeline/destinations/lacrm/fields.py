"""Which metric goes into which custom field of the LACRM card."""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from calendly_pipeline.failures import SettingsError
from calendly_pipeline.settings import Settings
from calendly_pipeline.warehouse import replace_rows

SHIPPED = Path(__file__).with_name("fields.toml")
IDENTITY = frozenset(
    (
        "name",
        "salutation",
        "firstname",
        "middlename",
        "lastname",
        "suffix",
        "companyname",
        "jobtitle",
        "email",
        "phone",
        "address",
        "website",
        "birthday",
        "backgroundinfo",
        "assignedto",
        "contactid",
        "companyid",
        "iscompany",
    )
)
"""What makes a card somebody's, in lower case without blanks. Writing a list such as Email would replace it whole."""


@dataclass(frozen=True)
class LacrmField:
    """One mapped field. LACRM writes custom fields by display name; an id is ignored without an error."""

    metric: str
    field: str
    field_type: str
    options: tuple[str, ...] = ()
    """Values that are written into a choice."""


FITTING = {
    "Text": ("Text", "TextArea"),
    "Dropdown": ("Dropdown", "RadioList"),
    "Number": ("Number",),
    "Date": ("Date",),
}
"""Our type -> types of LACRM that take such a value."""


def lacrm_fields(settings: Settings) -> list[LacrmField]:
    """The mapping in force; raises SettingsError for a metric or a field that cannot be meant."""
    shipped = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    named = settings.lacrm.fields
    if named is None:
        return [_field(metric, entry["field"], entry) for metric, entry in shipped.items()]
    for metric in named:
        if metric not in shipped:
            near = difflib.get_close_matches(metric, shipped, n=1, cutoff=0.0)[0]
            raise SettingsError(f"lacrm.fields: there is no metric {metric!r}; the nearest is {near!r}.")
    fields = [_field(metric, field.strip(), shipped[metric]) for metric, field in named.items()]
    _require_fields_of_our_own(fields)
    return fields


def load_fields(connection: duckdb.DuckDBPyConnection, fields: list[LacrmField]) -> None:
    """Replace `destinations.lacrm_fields`."""
    named = ("metric", "field", "field_type")
    rows = [
        {"position": position, **{name: getattr(item, name) for name in named}}
        for position, item in enumerate(fields, 1)
    ]
    replace_rows(connection, {"destinations.lacrm_fields": rows})


def mistakes(fields: Iterable[LacrmField], there: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What keeps the mapped fields from being written, each with its remedy; `there`: LACRM's custom fields by name."""
    return [text for field in fields if (text := _mistake(field, there))]


def _mistake(field: LacrmField, there: Mapping[str, Mapping[str, Any]]) -> str | None:
    found = there.get(field.field)
    if found is None:
        near = difflib.get_close_matches(field.field, there, n=1)
        hint = f"; the nearest that is there is {near[0]!r}" if near else ""
        return (
            f"{field.metric}: LACRM has no contact field {field.field!r}{hint}. An admin creates it as "
            f"{field.field_type} in LACRM, or `calendly-pipeline send lacrm --create-fields --apply` does"
        )
    if found.get("Type") not in FITTING[field.field_type]:
        return (
            f"{field.metric}: {field.field!r} is a {found.get('Type')} field and must be {field.field_type}; a field's "
            "type cannot be changed, so create another and name it in lacrm.fields"
        )
    lacking = [option for option in field.options if option not in _options(found)]
    if lacking:
        return f"{field.metric}: the choice {field.field!r} lacks {', '.join(map(repr, lacking))}; add them in LACRM"
    return None


def _options(found: Mapping[str, Any]) -> list[str]:
    """Options were seen as plain texts and as objects (lacrm-mcp)."""
    listed = found.get("Options") or []
    return [str(item.get("Value", item.get("Name"))) if isinstance(item, dict) else str(item) for item in listed]


def _field(metric: str, field: str, entry: Mapping[str, Any]) -> LacrmField:
    return LacrmField(metric, field, entry["type"], tuple(entry.get("options", ())))


def _require_fields_of_our_own(fields: list[LacrmField]) -> None:
    seen: set[str] = set()
    for item in fields:
        if not item.field:
            raise SettingsError(f"lacrm.fields: {item.metric} goes into no field.", "Name one, or leave the line out.")
        if "".join(item.field.casefold().split()) in IDENTITY:
            raise SettingsError(
                f"lacrm.fields: {item.metric} would go into {item.field!r}, which says who the person is.",
                "Only custom fields are written; name one.",
            )
        if item.field.casefold() in seen:
            raise SettingsError(f"lacrm.fields: two metrics go into {item.field!r}.", "Give each its own field.")
        seen.add(item.field.casefold())
