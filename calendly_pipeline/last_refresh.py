"""Whether the last refresh may be acted on."""

from datetime import UTC, datetime, timedelta

import dagster as dg

from calendly_pipeline.failures import SendRefused

REFRESH_JOB = "refresh"
OLDEST = timedelta(hours=24)
ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def require_fresh(instance: dg.DagsterInstance, now: datetime | None = None) -> None:
    """Raise SendRefused unless the last refresh that ended passed its blocking checks and is under 24 hours old."""
    found = instance.get_run_records(dg.RunsFilter(job_name=REFRESH_JOB, statuses=ENDED), limit=1)
    remedy = "Run `calendly-pipeline run` first."
    if not found:
        raise SendRefused("No refresh has run yet; nothing was sent.", remedy)
    record = found[0]
    if record.dagster_run.status != dg.DagsterRunStatus.SUCCESS:
        raise SendRefused("The last refresh did not succeed; nothing was sent.", f"See its checks. {remedy}")
    age = (now or datetime.now(UTC)) - record.create_timestamp.astimezone(UTC)
    if age > OLDEST:
        hours = age.total_seconds() / 3600
        raise SendRefused(f"The last refresh is {hours:.0f} hours old; nothing was sent.", remedy)
