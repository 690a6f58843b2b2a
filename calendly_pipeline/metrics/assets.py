"""The metrics stage in Dagster."""

import base64
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg

from calendly_pipeline.metrics.charts import hosts_chart, outcomes_chart, weekly_chart
from calendly_pipeline.metrics.expectations import SUITES
from calendly_pipeline.models import OWNERS, asset_key, materialised, stage_definitions
from calendly_pipeline.quality.expectation_checks import expectation_checks
from calendly_pipeline.resources import FirmResource, WarehouseResource, as_of
from calendly_pipeline.warehouse import replace_rows

STAGE = "metrics"
DRAWN = ("weekly_meetings", "event_type_outcomes", "host_load")


def metrics() -> dg.Definitions:
    """SQL models and checks of this folder, and three pictures."""
    return stage_definitions(Path(__file__).parent, [charts], expectation_checks(SUITES))


@dg.asset(
    key=[STAGE, "charts"],
    deps=[asset_key(f"{STAGE}.{table}") for table in DRAWN],
    group_name=STAGE,
    kinds={"python", "matplotlib"},
    owners=OWNERS,
)
def charts(context: dg.AssetExecutionContext, firm: FirmResource, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Meetings per week, outcomes by event type, and hours per host, as pictures; one row per picture."""
    today = as_of(context).astimezone(ZoneInfo(firm.settings.firm.time_zone or "UTC")).date()
    with warehouse.get_connection() as connection:
        weeks, types, hosts = (_rows(connection, f"{STAGE}.{table}") for table in DRAWN)
        pictures = (weekly_chart(weeks, today), outcomes_chart(types), hosts_chart(hosts, today))
        counts = (len(weeks), len(types), len(hosts))
        drawn = [{"chart": name, "rows_count": count} for name, count in zip(DRAWN, counts, strict=True)]
        replace_rows(connection, {"metrics.charts": drawn})
        shown = {name: _markdown(name, picture) for name, picture in zip(DRAWN, pictures, strict=True)}
        return materialised(connection, "metrics.charts", None, **shown)


def _rows(connection: Any, table: str) -> list[dict[str, Any]]:
    found = connection.execute(f"select * from {table} order by all")  # noqa: S608 - our own table name
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _markdown(name: str, picture: bytes) -> dg.MetadataValue:
    encoded = base64.b64encode(picture).decode("ascii")
    return dg.MetadataValue.md(f"![{name.replace('_', ' ')}](data:image/png;base64,{encoded})")
