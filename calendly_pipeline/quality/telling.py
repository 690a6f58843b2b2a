"""One look: what the findings change is kept, and every channel is told what it has not heard yet."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from calendly_pipeline.failures import PipelineError
from calendly_pipeline.findings import Finding
from calendly_pipeline.quality.alert_store import (
    apply_changes,
    claim,
    give_up_lost,
    notices_of,
    open_alerts,
    recent_alerts,
    settle,
)
from calendly_pipeline.quality.alerts import Changes, News, decide, due_notices
from calendly_pipeline.quality.channels import Channel
from calendly_pipeline.quality.messages import Message, message_of
from calendly_pipeline.settings import Settings
from calendly_pipeline.state import State


@dataclass(frozen=True)
class Told:
    """What one look did; `sent` and `failed` count notices, by channel."""

    changes: Changes
    sent: dict[str, int]
    failed: dict[str, str]
    """Channel -> why."""


def tell(
    findings: Iterable[Finding],
    unjudged: Collection[str],
    state: State,
    settings: Settings,
    ways: Sequence[Channel],
    as_of: datetime,
) -> Told:
    """Open, close and tell. A channel that fails keeps no other from being told; it is tried again by the next look."""
    give_up_lost(state, as_of)
    changes = decide(findings, open_alerts(state), unjudged)
    apply_changes(state, changes, as_of)
    known = recent_alerts(state, as_of)
    due = due_notices(known, notices_of(state, known), [way.name for way in ways], as_of, settings)
    told = Told(changes, {}, {})
    for way in ways:
        claimed = claim(state, way.name, due.get(way.name, []), as_of)
        if claimed:
            _send(way, claimed, state, settings, as_of, told)
    return told


def _send(way: Channel, news: list[News], state: State, settings: Settings, as_of: datetime, told: Told) -> None:
    outcome, answer = attempt(way, message_of(news, settings))
    if outcome == "sent":
        told.sent[way.name] = len(news)
    else:
        told.failed[way.name] = answer
    settle(state, way.name, news, outcome, answer, as_of)


def attempt(way: Channel, message: Message) -> tuple[str, str]:
    """Send once: `sent` or `failed`, and what the receiver said.

    A fault of our own is named by its kind only: its words may hold anything.
    """
    try:
        return "sent", way.send(message)
    except PipelineError as error:
        return "failed", str(error)
    except Exception as error:  # kept with the notice, and tried again
        return "failed", f"{way.name}: {type(error).__name__}"
