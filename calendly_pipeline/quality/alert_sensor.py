"""The sensor that tells people: once when something goes stale or fails, once when it is over.

What was told is in the state store, not in the sensor's cursor: two daemons, or one that starts again, share it.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from calendly_pipeline import environment
from calendly_pipeline.findings import Finding
from calendly_pipeline.home import Home
from calendly_pipeline.quality.contents import OF_WAREHOUSE, TABLES, late_contents
from calendly_pipeline.quality.facts import gather
from calendly_pipeline.quality.run_findings import Seen, explained, run_findings
from calendly_pipeline.resources import FirmResource

if TYPE_CHECKING:
    from calendly_pipeline.quality.telling import Told
    from calendly_pipeline.settings import Settings
    from calendly_pipeline.state import State


@dg.sensor(minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def alerts(context: dg.SensorEvaluationContext, firm: FirmResource) -> dg.SkipReason:
    """Looks every minute whether data went stale, a run or a check failed, and tells the channels of pipeline.toml."""
    from calendly_pipeline.quality.channels import channels  # brings the mail library
    from calendly_pipeline.quality.telling import tell  # brings SQLAlchemy

    if firm.home.is_sample:
        return dg.SkipReason("The sample firm alerts nobody.")
    if context.repository_def is None:
        raise RuntimeError("The sensor was given no repository to look at.")
    as_of = environment.fixed_as_of() or datetime.now(UTC)
    settings = firm.settings
    with firm.state() as state:
        seen = everything_wrong(firm.home, settings, state, context.instance, context.repository_def, as_of)
        ways = channels(settings, context.log.warning)
        told = tell(seen.findings, seen.unjudged, state, settings, ways, as_of)
    for channel, why in told.failed.items():
        context.log.error(f"{channel} could not be told: {why}")
    return dg.SkipReason(_summary(seen.findings, told))


def everything_wrong(
    home: Home,
    settings: "Settings",
    state: "State",
    instance: dg.DagsterInstance,
    repository: dg.RepositoryDefinition,
    as_of: datetime,
) -> Seen:
    """What Dagster knows, then what the data says; of one cause the first finding speaks."""
    facts = gather(home, settings, state, as_of)
    seen = run_findings(instance, repository, settings, is_in_use=facts.is_in_use)
    seen.findings += explained(seen.findings, late_contents(facts, settings, as_of))
    if facts.warehouse in ("busy", "unreadable"):
        seen.unjudged += [*OF_WAREHOUSE, TABLES]
    return seen


def _summary(findings: list[Finding], told: "Told") -> str:
    causes = sorted({finding.cause for finding in findings if finding.cause})
    opened, closed = len(told.changes.to_open), len(told.changes.to_close)
    said = f"{opened} opened, {closed} closed. " if opened or closed else ""
    return f"{said}Wrong now: {', '.join(causes)}." if causes else f"{said}Nothing is wrong."
