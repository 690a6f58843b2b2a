"""Jobs, schedules and sensors. They select by group, never by list.

What belongs here: when something runs. What does not: what it does.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import dagster as dg

from calendly_pipeline.automation_salesforce import USERS_PULL, salesforce_automation
from calendly_pipeline.destinations import DESTINATIONS
from calendly_pipeline.destinations.assets import send_config, sent_key
from calendly_pipeline.failures import PipelineError
from calendly_pipeline.interrupted_runs import end_interrupted_runs
from calendly_pipeline.quality.alert_sensor import alerts
from calendly_pipeline.resources import FirmResource
from calendly_pipeline.sources.assets import MODE_TAG
from calendly_pipeline.sources.pull_order import Mode, months_of

if TYPE_CHECKING:
    from calendly_pipeline.settings import Settings

STORE_TAG = "pipeline/store"
"""Run tag: the store a run writes; `dagster.yaml` lets one run at a time write each."""

NOT_FINISHED = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
)
PULLS = dg.AssetSelection.assets(["sources", "calendly_pull"], ["sources", "calcom_pull"])
CONTACT_PULL = dg.AssetSelection.assets(["sources", "lacrm_pull"])
SENDS = dg.AssetSelection.assets(*(sent_key(name) for name in DESTINATIONS))
NETWORK = PULLS | CONTACT_PULL | USERS_PULL | SENDS
DESK = dg.AssetSelection.assets(["contacts", "desk"])
"""Published at the very end: it shows what a decision changed downstream."""

refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all() - NETWORK,
    tags={STORE_TAG: "warehouse"},
    description="Everything, from what was dropped, pulled and delivered to the plans for the CRM. Sends nothing.",
)
contact_index = dg.define_asset_job(
    "contact_index",
    selection=(dg.AssetSelection.groups("meetings", "contacts") - DESK).upstream().required_multi_asset_neighbors()
    - NETWORK,
    tags={STORE_TAG: "warehouse"},
    description="The unified contact index and what it is built from.",
)
ingest = dg.define_asset_job(
    "ingest",
    selection=PULLS,
    tags={STORE_TAG: "landing"},
    description="Network only: what the booking tools' APIs say, into landing.",
)

contact_index_pull = dg.define_asset_job(
    "contact_index_pull",
    selection=CONTACT_PULL,
    tags={STORE_TAG: "lacrm"},
    description="Network only: what the CRM's API says of its contacts, into landing.",
)


sends = [
    dg.define_asset_job(
        f"send_{name}",
        selection=dg.AssetSelection.assets(sent_key(name)),
        tags={STORE_TAG: f"send_{name}"},
        description=f"Network only: what {name} lacks by its plan. Sends nothing unless `apply` is set.",
    )
    for name in DESTINATIONS
]

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
contact_pull_daily = dg.ScheduleDefinition(
    name="contact_pull_daily",
    job=contact_index_pull,
    cron_schedule="40 5 * * *",  # it has 15 minutes, so it is over when the index is built
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)


def pull_tags(settings: "Settings", mode: Mode, today: date) -> dict[str, str]:
    """Run tags of a scheduled pull: its mode, and the months it lists."""
    first, last = months_of(settings.ingest, mode, today)
    return month_range(first, last, mode)


def month_range(first: date, last: date, mode: Mode) -> dict[str, str]:
    """Run tags of a pull of the months [first, last] as one run."""
    return {
        "dagster/asset_partition_range_start": f"{first:%Y-%m}",
        "dagster/asset_partition_range_end": f"{last:%Y-%m}",
        MODE_TAG: mode,
    }


def _ingest_schedule(name: str, cron: str, mode: Mode) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=name,
        job=ingest,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def pull(context: dg.ScheduleEvaluationContext, firm: FirmResource) -> dg.RunRequest:
        today = context.scheduled_execution_time
        return dg.RunRequest(run_key=f"{name}-{today:%Y%m%dT%H%M}", tags=pull_tags(firm.settings, mode, today.date()))

    return pull


ingest_hourly = _ingest_schedule("ingest_hourly", "7 * * * *", "window")
ingest_nightly = _ingest_schedule("ingest_nightly", "37 2 * * *", "wide")
ingest_weekly = _ingest_schedule("ingest_weekly", "47 3 * * 0", "everything")


@dg.sensor(job=refresh, minimum_interval_seconds=15, default_status=dg.DefaultSensorStatus.RUNNING)
def dropped_files(context: dg.SensorEvaluationContext, firm: FirmResource) -> dg.SensorResult | dg.SkipReason:
    """New or changed files in the drop folders start one refresh, whatever their number, once they have settled."""
    from calendly_pipeline.sources.landing import landed_state  # brings SQLAlchemy

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


@dg.sensor(job=refresh, minimum_interval_seconds=15, default_status=dg.DefaultSensorStatus.RUNNING)
def arrived_deliveries(context: dg.SensorEvaluationContext, firm: FirmResource) -> dg.SensorResult | dg.SkipReason:
    """Deliveries of webhooks start one refresh, whatever their number; while one runs, they wait for the next."""
    from calendly_pipeline.sources.deliveries import newest_delivery_id  # brings SQLAlchemy

    with firm.state() as state:
        newest = newest_delivery_id(state)
    if newest <= int(context.cursor or 0):
        return dg.SkipReason("No delivery waits.")
    if _is_refreshing(context.instance):
        return dg.SkipReason("Deliveries wait until the present refresh is done.")
    run = dg.RunRequest(run_key=f"deliveries-{newest}", tags={"pipeline/cause": "webhook deliveries"})
    return dg.SensorResult(run_requests=[run], cursor=str(newest))


@dg.sensor(job=refresh, minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def made_decisions(context: dg.SensorEvaluationContext, firm: FirmResource) -> dg.SensorResult | dg.SkipReason:
    """Decisions start one refresh once nobody has decided for one look; those that a refresh has taken start none."""
    from calendly_pipeline.contacts.decisions import newest_decision_id  # brings SQLAlchemy
    from calendly_pipeline.contacts.review_snapshot import published_decision_id

    with firm.state() as state:
        newest = newest_decision_id(state)
    if newest <= published_decision_id(firm.home.desk):
        return dg.SkipReason("Every decision is in the tables.")
    last_started, _, last_seen = (context.cursor or "|").partition("|")
    if str(newest) == last_started:
        return dg.SkipReason("A refresh was started for every decision.")
    if str(newest) != last_seen:
        return dg.SensorResult(
            skip_reason=dg.SkipReason("Somebody is deciding; waiting until they pause."),
            cursor=f"{last_started}|{newest}",
        )
    if _is_refreshing(context.instance):
        return dg.SkipReason("Decisions wait until the present refresh is done.")
    run = dg.RunRequest(run_key=f"decisions-{newest}", tags={"pipeline/cause": "decisions"})
    return dg.SensorResult(run_requests=[run], cursor=f"{newest}|{newest}")


def _is_refreshing(instance: dg.DagsterInstance) -> bool:
    active = dg.RunsFilter(job_name=refresh.name, statuses=list(NOT_FINISHED))
    return bool(instance.get_runs(active, limit=1))


@dg.sensor(job=ingest, minimum_interval_seconds=900, default_status=dg.DefaultSensorStatus.RUNNING)
def disabled_webhooks(context: dg.SensorEvaluationContext, firm: FirmResource) -> dg.SensorResult | dg.SkipReason:
    """A webhook that Calendly has disabled starts one pull, which brings what was missed and turns the check red."""
    from calendly_pipeline.sources.webhook_subscriptions import disabled_now  # brings the HTTP library

    if firm.home.is_sample:
        return dg.SkipReason("The sample firm asks nobody.")
    try:
        with firm.state() as state:
            disabled = disabled_now(firm.settings, state)
    except PipelineError as error:
        return dg.SkipReason(f"The subscriptions could not be looked at: {error}")
    seen = json.dumps(sorted(f"{item.uri} {item.updated_at}" for item in disabled))
    if not disabled:
        return dg.SensorResult(skip_reason=dg.SkipReason("Every subscription works."), cursor=seen)
    remedy = "Mend the receiver, then run: calendly-pipeline webhooks repair"
    if seen == context.cursor:
        return dg.SkipReason(f"Still disabled: {', '.join(item.url for item in disabled)}. {remedy}")
    tags = pull_tags(firm.settings, "window", datetime.now(UTC).date())
    context.log.warning(f"Disabled by Calendly: {', '.join(item.url for item in disabled)}. {remedy}")
    run = dg.RunRequest(
        run_key=f"disabled-{hashlib.sha256(seen.encode()).hexdigest()[:16]}",
        tags={**tags, "pipeline/cause": "a disabled webhook"},
    )
    return dg.SensorResult(run_requests=[run], cursor=seen)


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[refresh],
    request_jobs=sends,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def refreshed(context: dg.RunStatusSensorContext, firm: FirmResource) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """After every refresh, one send to each destination that is switched on in pipeline.toml."""
    switched_on = [name for name, section in firm.settings.destinations.configured().items() if section.enabled]
    if firm.home.is_sample or not switched_on:
        yield dg.SkipReason("No destination is switched on.")
        return
    for name in switched_on:
        yield dg.RunRequest(
            run_key=f"send-{name}-{context.dagster_run.run_id}",
            job_name=f"send_{name}",
            run_config=send_config(name, apply=True),
            tags={"pipeline/cause": "a refresh"},
        )


@dg.sensor(minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def interrupted_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Runs of the command line whose process is gone are marked as failed, so that others need not wait for them."""
    ended = end_interrupted_runs(context.instance)
    return dg.SkipReason(f"Ended: {', '.join(ended)}." if ended else "No run was interrupted.")


def automation() -> dg.Definitions:
    """All of the above."""
    send_links = sends[DESTINATIONS.index("salesforce_links")]
    own = dg.Definitions(
        jobs=[refresh, contact_index, contact_index_pull, ingest, *sends],
        schedules=[
            every_four_hours,
            contact_pull_daily,
            contact_index_daily,
            ingest_hourly,
            ingest_nightly,
            ingest_weekly,
        ],
        sensors=[
            dropped_files,
            arrived_deliveries,
            made_decisions,
            disabled_webhooks,
            refreshed,
            interrupted_runs,
            alerts,
        ],
    )
    return dg.Definitions.merge(own, salesforce_automation(NETWORK, STORE_TAG, send_links))
