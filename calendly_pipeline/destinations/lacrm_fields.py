"""Which metric goes into which custom field of the LACRM card."""

import difflib
import tomllib
from dataclasses import dataclass
from pathlib import Path

import duckdb

from calendly_pipeline.failures import SettingsError
from calendly_pipeline.settings import Settings

SHIPPED = Path(__file__).with_name("lacrm_fields.toml")


@dataclass(frozen=True)
class LacrmField:
    """One mapped field. LACRM writes custom fields by display name; an id is ignored without an error."""

    metric: str
    field: str
    field_type: str


def lacrm_fields(settings: Settings) -> list[LacrmField]:
    """The mapping in force; raises SettingsError for a metric that does not exist or a field named twice."""
    shipped = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    named = settings.lacrm.fields
    if named is None:
        return [LacrmField(metric, entry["field"], entry["type"]) for metric, entry in shipped.items()]
    for metric in named:
        if metric not in shipped:
            near = difflib.get_close_matches(metric, shipped, n=1, cutoff=0.0)[0]
            raise SettingsError(f"lacrm.fields: there is no metric {metric!r}; the nearest is {near!r}.")
    repeated = {field for field in named.values() if list(named.values()).count(field) > 1}
    if repeated:
        raise SettingsError(f"lacrm.fields: two metrics go into {sorted(repeated)[0]!r}.", "Give each its own field.")
    return [LacrmField(metric, field, shipped[metric]["type"]) for metric, field in named.items()]


def load_fields(connection: duckdb.DuckDBPyConnection, fields: list[LacrmField]) -> None:
    """Replace `destinations.lacrm_fields`."""
    connection.execute("begin")
    connection.execute("delete from destinations.lacrm_fields")
    rows = [(position, item.metric, item.field, item.field_type) for position, item in enumerate(fields, 1)]
    if rows:
        connection.executemany("insert into destinations.lacrm_fields values (?, ?, ?, ?)", rows)
    connection.execute("commit")
