"""Which alerts should be open now, and who is to be told what: decided from what is given, nothing read or written.

findings + open alerts          -> which to open, which to close     (`decide`)
alerts + notices + clock        -> what each channel is to be told   (`due_notices`)
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from calendly_pipeline.findings import Finding
from calendly_pipeline.settings import Settings

Event = Literal["opened", "recovered"]
Told = Mapping[tuple[int, Event, str], "Notice"]
"""Alert, event and channel -> the notice of it."""
SATURDAY = 5
QUICK_ATTEMPTS = 3
SLOW_WAIT = timedelta(hours=1)


@dataclass(frozen=True)
class Alert:
    """Something that was wrong from `opened_at` on; `closed_at` None: it still is."""

    alert_id: int
    cause: str
    subject: str
    text: str
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True)
class Notice:
    """One event of one alert on one channel: intent, sent, failed or unknown."""

    alert_id: int
    event: Event
    channel: str
    outcome: str
    attempted_at: datetime
    answer: str = ""
    attempts_count: int = 1

    def is_to_be_sent(self, as_of: datetime) -> bool:
        """A failure is tried again by the next looks, then once an hour: a wrong password must not lock an account."""
        waited = self.attempts_count < QUICK_ATTEMPTS or as_of - self.attempted_at >= SLOW_WAIT
        return self.outcome == "failed" and waited


@dataclass(frozen=True)
class Changes:
    """What opens and what closes."""

    to_open: tuple[Finding, ...]
    to_close: tuple[Alert, ...]


@dataclass(frozen=True)
class News:
    """An event to be told."""

    alert: Alert
    event: Event


def decide(findings: Iterable[Finding], open_alerts: Sequence[Alert], unjudged: Collection[str] = ()) -> Changes:
    """One alert per cause: the first finding of a cause speaks for it.

    `unjudged` are causes, or beginnings of causes, that could not be looked at: their alerts stay as they are.
    """
    alerted = [finding for finding in findings if finding.cause and finding.level != "ok"]
    present = {finding.cause for finding in alerted}
    already = {alert.cause for alert in open_alerts}
    fresh: dict[str, Finding] = {}
    for finding in alerted:
        if finding.cause not in already and not finding.is_consequence:
            fresh.setdefault(finding.cause, finding)
    over = (alert for alert in open_alerts if alert.cause not in present)
    return Changes(tuple(fresh.values()), tuple(alert for alert in over if not alert.cause.startswith(tuple(unjudged))))


def due_notices(
    alerts: Sequence[Alert], notices: Iterable[Notice], channels: Sequence[str], as_of: datetime, settings: Settings
) -> Mapping[str, list[News]]:
    """Channel -> what it has not been told yet. Nothing in quiet hours.

    What was over before anybody was told of it is told to nobody.
    """
    if is_quiet(as_of, settings):
        return {}
    told: Told = {(notice.alert_id, notice.event, notice.channel): notice for notice in notices}
    due = {channel: [news for alert in alerts for news in _news(alert, channel, told, as_of)] for channel in channels}
    return {channel: news for channel, news in due.items() if news}


def is_quiet(as_of: datetime, settings: Settings) -> bool:
    """Whether nobody is to be told at this moment on the firm's clock."""
    local = as_of.astimezone(ZoneInfo(settings.firm.time_zone or "UTC"))
    if settings.alerts.quiet_weekends and local.weekday() >= SATURDAY:
        return True
    if settings.alerts.quiet_hours is None:
        return False
    begin, end = settings.alerts.quiet_hours
    if begin < end:
        return begin <= local.time() < end
    return local.time() >= begin or local.time() < end


def _news(alert: Alert, channel: str, told: Told, as_of: datetime) -> Iterator[News]:
    opened = told.get((alert.alert_id, "opened", channel))
    recovered = told.get((alert.alert_id, "recovered", channel))
    if alert.closed_at is None:
        if alert.due_at <= as_of and (opened is None or opened.is_to_be_sent(as_of)):
            yield News(alert, "opened")
    elif opened and opened.outcome in ("sent", "unknown") and (recovered is None or recovered.is_to_be_sent(as_of)):
        yield News(alert, "recovered")
