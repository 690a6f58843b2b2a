"""Jobs, schedules and sensors. They select by group, never by list.

What belongs here: when something runs. What does not: what it does.
"""

import hashlib
import json

import dagster as dg

from calendly_pipeline.resources import FirmResource
from calendly_pipeline.sources.landing import landed_state

refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    description="Everything, from the dropped files to the plans for the CRM. Sends nothing.",
)
contact_index = dg.define_asset_job(
    "contact_index",
    selection=dg.AssetSelection.groups("contacts").upstream().required_multi_asset_neighbors(),
    description="The unified contact index and what it is built from.",
)

every_four_hours = dg.ScheduleDefinition(
    name="refresh_every_four_hours",
    job=refresh,
    cron_schedule="0 */4 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
contact_index_daily = dg.ScheduleDefinition(
    name="contact_index_daily",
    job=contact_index,
    cron_schedule="0 6 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)


@dg.sensor(job=refresh, minimum_interval_seconds=15, default_status=dg.DefaultSensorStatus.RUNNING)
def dropped_files(context: dg.SensorEvaluationContext, firm: FirmResource) -> dg.SensorResult | dg.SkipReason:
    """New or changed files in the drop folders start one refresh, whatever their number, once they have settled."""
    found = firm.home.dropped_files_state()
    fingerprint = hashlib.sha256(json.dumps(found).encode()).hexdigest()
    last_started, _, last_seen = (context.cursor or "|").partition("|")
    if not context.cursor and set(found) <= landed_state(firm.home):
        return dg.SensorResult(
            skip_reason=dg.SkipReason("Every file is landed."), cursor=f"{fingerprint}|{fingerprint}"
        )
    if not found or fingerprint == last_started:
        return dg.SkipReason("No file is new or changed.")
    if fingerprint != last_seen:
        return dg.SensorResult(
            skip_reason=dg.SkipReason("Files are new or changed; waiting until they stay as they are."),
            cursor=f"{last_started}|{fingerprint}",
        )
    run = dg.RunRequest(run_key=f"dropped-files-{fingerprint[:16]}", tags={"pipeline/cause": "dropped files"})
    return dg.SensorResult(run_requests=[run], cursor=f"{fingerprint}|{fingerprint}")


def automation() -> dg.Definitions:
    """All of the above."""
    return dg.Definitions(
        jobs=[refresh, contact_index], schedules=[every_four_hours, contact_index_daily], sensors=[dropped_files]
    )
