"""A rate that must not fall from one run to the next: what tables of one run cannot tell, because a broken rule
changes the past as well.

What is remembered is Dagster's own history of the check: every evaluation keeps its rate and the rate it
was held against. Whoever deletes that history loses a comparison, no data, and the next run begins anew. A fall is held
against the last good rate until the rate is back; after `ACCEPTED_AFTER` it is taken for the new normal, because people
do delete a quarter of their contacts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import dagster as dg

from calendly_pipeline.models import asset_key
from calendly_pipeline.resources import FirmResource, WarehouseResource, as_of
from calendly_pipeline.sql_files import tables_read
from calendly_pipeline.warehouse import run_query

ACCEPTED_AFTER = timedelta(days=7)
LOOKED_AT = 50


@dataclass(frozen=True)
class RateCheck:
    """`query` gives one row: the rate (0-1; null when there are too few rows to tell) and of how many rows."""

    name: str
    table: str
    query: str
    largest_fall: float
    description: str


@dataclass(frozen=True)
class Reference:
    """The rate that is compared with, and since when it is."""

    rate: float
    at: datetime


def rate_check(check: RateCheck) -> dg.AssetChecksDefinition:
    """The asset check: a warning when the rate fell by more than `largest_fall` since the last good run."""
    key = dg.AssetCheckKey(asset_key(check.table), check.name)

    @dg.asset_check(
        asset=key.asset_key,
        name=check.name,
        description=check.description,
        additional_deps=[asset_key(table) for table in tables_read(check.query) if table != check.table],
    )
    def rate_holds(
        context: dg.AssetCheckExecutionContext, firm: FirmResource, warehouse: WarehouseResource
    ) -> dg.AssetCheckResult:
        with warehouse.get_connection() as connection:
            rate, rows_count = run_query(connection, check.query, firm.sql_parameters(context)).fetchall()[0]
        now = as_of(context)
        return _result(check, rate, rows_count, now, reference(_last_metadata(context.instance, key), now))

    return rate_holds


def reference(last: Mapping[str, Any] | None, now: datetime) -> Reference | None:
    """What to compare with, from the metadata of the last evaluation; None: nothing yet."""
    if last is None or last.get("rate") is None:
        return None
    was = Reference(float(last["rate"]), now)
    if last.get("passed") or not last.get("reference_at"):
        return was
    kept = Reference(float(last["reference_rate"]), datetime.fromisoformat(last["reference_at"]))
    return kept if now - kept.at < ACCEPTED_AFTER else was


def _result(
    check: RateCheck, rate: float | None, rows_count: int, now: datetime, held_against: Reference | None
) -> dg.AssetCheckResult:
    fell = rate is not None and held_against is not None and rate < held_against.rate - check.largest_fall
    told: dict[str, Any] = {"bad_rows": int(fell), "rows": rows_count, "largest_fall": check.largest_fall}
    if rate is not None:
        told |= {"rate": rate}
    if held_against is not None:
        told |= {"reference_rate": held_against.rate, "reference_at": held_against.at.isoformat()}
    return dg.AssetCheckResult(passed=not fell, severity=dg.AssetCheckSeverity.WARN, metadata=told)


def _last_metadata(instance: dg.DagsterInstance, key: dg.AssetCheckKey) -> dict[str, Any] | None:
    """Of the newest evaluation; a run that is under way, or died, has records without one."""
    for record in instance.event_log_storage.get_asset_check_execution_history(check_key=key, limit=LOOKED_AT):
        event = record.event.dagster_event if record.event else None
        if event is not None and event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            evaluation = event.asset_check_evaluation_data
            return {"passed": evaluation.passed, **{name: value.value for name, value in evaluation.metadata.items()}}
    return None
