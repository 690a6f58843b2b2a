"""Which metric goes into which custom field of the LACRM card."""

import difflib
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from calendly_pipeline.failures import SettingsError
from calendly_pipeline.settings import Settings
from calendly_pipeline.warehouse import replace_rows

SHIPPED = Path(__file__).with_name("lacrm_fields.toml")
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


def lacrm_fields(settings: Settings) -> list[LacrmField]:
    """The mapping in force; raises SettingsError for a metric or a field that cannot be meant."""
    shipped = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    named = settings.lacrm.fields
    if named is None:
        return [LacrmField(metric, entry["field"], entry["type"]) for metric, entry in shipped.items()]
    for metric in named:
        if metric not in shipped:
            near = difflib.get_close_matches(metric, shipped, n=1, cutoff=0.0)[0]
            raise SettingsError(f"lacrm.fields: there is no metric {metric!r}; the nearest is {near!r}.")
    fields = [LacrmField(metric, field.strip(), shipped[metric]["type"]) for metric, field in named.items()]
    _require_fields_of_our_own(fields)
    return fields


def load_fields(connection: duckdb.DuckDBPyConnection, fields: list[LacrmField]) -> None:
    """Replace `destinations.lacrm_fields`."""
    rows = [{"position": position, **asdict(item)} for position, item in enumerate(fields, 1)]
    replace_rows(connection, {"destinations.lacrm_fields": rows})


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
