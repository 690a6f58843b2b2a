"""What is told: one message for everything that a channel has not heard of yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from calendly_pipeline.quality.alerts import News
from calendly_pipeline.quality.wording import moment, span
from calendly_pipeline.settings import Settings

SENDER = "calendly-pipeline"


@dataclass(frozen=True)
class Message:
    """A subject line, the whole text, and the same as data."""

    subject: str
    text: str
    body: dict[str, Any]


def message_of(news: Sequence[News], settings: Settings) -> Message:
    """The message that tells these news."""
    opened = [item.alert for item in news if item.event == "opened"]
    recovered = [item.alert for item in news if item.event == "recovered"]
    lines: list[str] = []
    if opened:
        lines += ["Needs attention:", *(f"- {alert.text}." for alert in opened)]
    if recovered:
        lines += [""] * bool(opened) + ["Over again:"]
    for alert in recovered:
        lasted = span((alert.closed_at or alert.opened_at) - alert.opened_at)
        lines.append(f"- {alert.subject}, as of {moment(alert.opened_at, settings)}, after {lasted}.")
    return Message(_subject(news), "\n".join(lines), {"sender": SENDER, "alerts": [_item(item) for item in news]})


def test_message() -> Message:
    """What `alerts test` sends."""
    text = "This is a test: alerts of the meeting pipeline reach this channel. Nothing is wrong."
    return Message("Test of alerts", text, {"sender": SENDER, "is_test": True, "alerts": []})


def _subject(news: Sequence[News]) -> str:
    counts = {
        "needs attention": [item.alert.subject for item in news if item.event == "opened"],
        "over again": [item.alert.subject for item in news if item.event == "recovered"],
    }
    return "; ".join(
        f"{subjects[0] if len(subjects) == 1 else len(subjects)} {what}"
        for what, subjects in counts.items()
        if subjects
    )


def _item(news: News) -> dict[str, Any]:
    alert = news.alert
    return {
        "alert_id": alert.alert_id,
        "event": news.event,
        "cause": alert.cause,
        "subject": alert.subject,
        "text": alert.text,
        "opened_at": alert.opened_at.isoformat(),
        "closed_at": alert.closed_at.isoformat() if alert.closed_at else None,
    }
