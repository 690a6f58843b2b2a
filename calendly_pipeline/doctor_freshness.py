"""What `calendly-pipeline doctor` says of freshness: late contents, how far the numbers reach, alerts and channels."""

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from calendly_pipeline import environment
from calendly_pipeline.failures import PipelineError
from calendly_pipeline.findings import Finding
from calendly_pipeline.home import Home
from calendly_pipeline.quality.alert_store import notices_of, recent_alerts
from calendly_pipeline.quality.contents import late_contents, reach_of_numbers
from calendly_pipeline.quality.facts import gather
from calendly_pipeline.quality.wording import moment
from calendly_pipeline.settings import Settings
from calendly_pipeline.state import State


def freshness(home: Home, settings: Settings, as_of: datetime) -> Iterator[Finding]:
    """One finding per cause, and what was told of it."""
    try:
        state = State(environment.state_url(home))
    except ArgumentError:
        return  # the state store's own finding says it
    try:
        state.upgrade()
        facts = gather(home, settings, state, as_of)
        late = late_contents(facts, settings, as_of)
        yield from late or [Finding("ok", "freshness", "every source in use is up to date")]
        yield from reach_of_numbers(facts, settings, as_of)
        yield from _alerts(state, settings, as_of, {finding.cause for finding in late})
    except (PipelineError, SQLAlchemyError) as error:
        yield Finding("warning", "freshness", f"could not be looked at ({type(error).__name__})")
    finally:
        state.close()


def _alerts(state: State, settings: Settings, as_of: datetime, said: Collection[str]) -> Iterator[Finding]:
    """Alerts that only a run or Dagster's daemon could raise, and notices that did not arrive."""
    known = recent_alerts(state, as_of)
    for alert in known:
        if alert.closed_at is None and alert.cause not in said:
            since = moment(alert.opened_at, settings)
            yield Finding("error", f"alert since {since}", alert.text)
    over = {alert.alert_id for alert in known if alert.closed_at is not None}
    for notice in notices_of(state, known):
        if notice.outcome == "failed" and not (notice.event == "opened" and notice.alert_id in over):
            tried = f"alert {notice.alert_id} could not be told, {notice.attempts_count} times tried"
            text = f"{tried}: {notice.answer} Then run `calendly-pipeline alerts test`"
            yield Finding("warning", f"channel {notice.channel}", text)
        elif notice.outcome == "unknown":
            text = f"nobody knows whether alert {notice.alert_id} arrived: {notice.answer}"
            text += "; see `calendly-pipeline alerts list`"
            yield Finding("warning", f"channel {notice.channel}", text)
