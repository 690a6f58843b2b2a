"""Alerts and notices in the state store, so that two daemons or a restart tell nobody twice.

A notice is claimed (`intent`) before it is sent and settled after; whoever comes second claims nothing. An intent that
was never settled belongs to a process that died while it sent: nobody knows whether it arrived, so it is shown, and not
sent again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from calendly_pipeline.findings import Finding
from calendly_pipeline.quality.alerts import Alert, Changes, News, Notice
from calendly_pipeline.state import State, alert_notices, alerts, in_utc

REMEMBERED = timedelta(days=7)
"""A channel that was down may be told so late that something is over."""
LOST_AFTER = timedelta(minutes=10)

_alert, _notice = alerts.c, alert_notices.c


def open_alerts(state: State) -> list[Alert]:
    """Alerts that are not over, oldest first."""
    return _alerts(state, _alert.closed_at.is_(None))


def recent_alerts(state: State, as_of: datetime) -> list[Alert]:
    """Open alerts and those that closed a short while ago, oldest first."""
    return _alerts(state, sa.or_(_alert.closed_at.is_(None), _alert.closed_at > as_of - REMEMBERED))


def notices_of(state: State, told_of: Sequence[Alert]) -> list[Notice]:
    """What was told of these alerts."""
    columns = [_notice[name] for name in Notice.__dataclass_fields__]
    query = sa.select(*columns).where(_notice.alert_id.in_([alert.alert_id for alert in told_of]))
    with state.engine.connect() as connection:
        found = connection.execute(query.order_by(*columns[:3])).mappings()
        return [Notice(**{**dict(row), "attempted_at": in_utc(row["attempted_at"])}) for row in found]


def apply_changes(state: State, changes: Changes, as_of: datetime) -> None:
    """Open and close; what another process opened or closed in the meantime stays as it is."""
    dialect = postgresql if state.engine.dialect.name == "postgresql" else sqlite
    once = dialect.insert(alerts).on_conflict_do_nothing(
        index_elements=[_alert.cause], index_where=_alert.closed_at.is_(None)
    )
    with state.transaction() as connection:
        for finding in changes.to_open:
            connection.execute(once.values(_opened(finding, as_of)))
        for alert in changes.to_close:
            connection.execute(_still_open(alert).values(closed_at=as_of))


def claim(state: State, channel: str, news: Sequence[News], as_of: datetime) -> list[News]:
    """Note the intent to send; return what nobody else has claimed."""
    with state.transaction() as connection:
        return [item for item in news if _claimed(state, connection, channel, item, as_of)]


def settle(state: State, channel: str, news: Sequence[News], outcome: str, answer: str, as_of: datetime) -> None:
    """Note how sending went."""
    with state.transaction() as connection:
        for item in news:
            changed = sa.update(alert_notices).where(*_key(channel, item))
            connection.execute(changed.values(outcome=outcome, answer=answer, settled_at=as_of))


def give_up_lost(state: State, as_of: datetime) -> None:
    """Intents whose process is gone become `unknown`."""
    lost = sa.update(alert_notices).where(_notice.outcome == "intent", _notice.attempted_at < as_of - LOST_AFTER)
    with state.transaction() as connection:
        connection.execute(lost.values(outcome="unknown", answer="the process ended while it sent", settled_at=as_of))


def _claimed(state: State, connection: sa.Connection, channel: str, item: News, as_of: datetime) -> bool:
    again = (
        sa.update(alert_notices)
        .where(*_key(channel, item), _notice.outcome == "failed")
        .values(outcome="intent", attempts_count=_notice.attempts_count + 1, attempted_at=as_of, settled_at=None)
    )
    if connection.execute(again).rowcount:
        return True
    dialect = postgresql if state.engine.dialect.name == "postgresql" else sqlite
    first = {"alert_id": item.alert.alert_id, "event": item.event, "channel": channel}
    claim_once = dialect.insert(alert_notices).on_conflict_do_nothing()
    values = {**first, "outcome": "intent", "attempts_count": 1, "attempted_at": as_of}
    return connection.execute(claim_once.values(values)).rowcount == 1


def _key(channel: str, item: News) -> tuple[sa.ColumnElement[bool], ...]:
    return (_notice.alert_id == item.alert.alert_id, _notice.event == item.event, _notice.channel == channel)


def _opened(finding: Finding, as_of: datetime) -> dict[str, Any]:
    kept = {"cause": finding.cause, "level": finding.level, "subject": finding.subject, "text": finding.text}
    return {**kept, "opened_at": as_of, "due_at": as_of + finding.grace}


def _still_open(alert: Alert) -> sa.Update:
    return sa.update(alerts).where(_alert.alert_id == alert.alert_id, _alert.closed_at.is_(None))


def _alerts(state: State, condition: sa.ColumnElement[bool]) -> list[Alert]:
    columns = [_alert[name] for name in Alert.__dataclass_fields__]
    query = sa.select(*columns).where(condition).order_by(_alert.alert_id)
    with state.engine.connect() as connection:
        return [_read(row) for row in connection.execute(query).mappings()]


def _read(row: sa.RowMapping) -> Alert:
    moments = {name: in_utc(row[name]) for name in ("opened_at", "due_at", "closed_at")}
    return Alert(**{**dict(row), **moments})
