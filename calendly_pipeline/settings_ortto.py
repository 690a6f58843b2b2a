"""What a firm decides about Ortto: `[destinations.ortto]`, what it may map, and the kinds of activity."""

import difflib
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from calendly_pipeline.settings_destination import Destination
from calendly_pipeline.settings_kinds import LowerText

Transition = Literal["created", "rescheduled", "cancelled", "no_show", "no_show_removed"]
TRANSITIONS: tuple[Transition, ...] = ("created", "rescheduled", "cancelled", "no_show", "no_show_removed")
FORM_CONSENT = "form_consent"
"""In a person's record, not in Ortto: the consent question of a booking form was answered yes."""

ATTRIBUTES = {
    "Event type": "text",
    "Invitee name": "text",
    "Host": "text",
    "Start time": "time",
    "End time": "time",
    "Duration in minutes": "integer",
    "Location": "text",
    "Created at": "time",
    "Answers": "large_text",
    "Booking tool": "text",
}
"""Attribute of every activity -> its display type: those of Ortto's own Calendly activities, and which tool."""

OWN_ATTRIBUTES = {
    "rescheduled": {"Previous start time": "time"},
    "cancelled": {"Cancel reason": "text", "Cancelled by": "text", "Canceller type": "text"},
}
NOT_OF_PEOPLE = (
    FORM_CONSENT,
    "transition",
    "address",
    "created",
    *ATTRIBUTES,
    *(name for attributes in OWN_ATTRIBUTES.values() for name in attributes),
)
"""What stands in records beside fields of people."""


@dataclass(frozen=True)
class OrttoMetric:
    """What a mapped value is, and the custom field that is made for it."""

    display_type: str
    options: tuple[str, ...] = ()


_TEXT, _DAY, _COUNT = OrttoMetric("text"), OrttoMetric("date"), OrttoMetric("integer")
METRICS = {
    "first_name": _TEXT,
    "last_name": _TEXT,
    "phone": OrttoMetric("phone"),
    "company": _TEXT,
    "booking_status": OrttoMetric("text", ("booked", "rescheduled", "completed", "no_show", "cancelled")),
    "event_type": _TEXT,
    "meeting_at": OrttoMetric("time"),
    "host_name": _TEXT,
    "first_meeting_on": _DAY,
    "last_meeting_on": _DAY,
    "next_meeting_on": _DAY,
    "meetings_count": _COUNT,
    "meetings_this_quarter_count": _COUNT,
    "meetings_12m_count": _COUNT,
    "last_portfolio_review_on": _DAY,
    "next_portfolio_review_on": _DAY,
    "review_due_on": _DAY,
    "review_status": OrttoMetric("text", ("current", "due", "overdue", "none")),
    "no_show_12m_count": _COUNT,
    "cancellation_12m_count": _COUNT,
    "reschedule_12m_count": _COUNT,
    "is_reschedule_escalation": OrttoMetric("bool"),
    "last_meeting_type": _TEXT,
    "last_host_name": _TEXT,
    "meeting_data_through_on": _DAY,
}
"""What may be mapped: booking fields of the newest booking, then metrics of the contact."""

SHIPPED_FIELDS = {
    "first_name": "str::first",
    "last_name": "str::last",
    "booking_status": "Booking status",
    "event_type": "Meeting event type",
    "meeting_at": "Meeting time",
    "last_meeting_on": "Last meeting",
    "next_meeting_on": "Next meeting",
    "meetings_12m_count": "Meetings in 12 months",
    "review_due_on": "Review due",
    "review_status": "Review status",
}
"""Ids of Ortto's own fields, and names of custom ones."""


def _known_metrics(fields: dict[str, str]) -> dict[str, str]:
    for metric in fields:
        if metric not in METRICS:
            near = difflib.get_close_matches(metric, METRICS, n=1, cutoff=0.0)[0]
            raise ValueError(f"there is no metric {metric!r}; the nearest is {near!r}")
    targets = [target.strip() for target in fields.values()]
    twice = sorted({target for target in targets if targets.count(target) > 1 or not target})
    if twice:
        raise ValueError(f"two metrics go into {twice[0]!r}; give each its own field")
    return dict(zip(fields, targets, strict=True))


OrttoFields = Annotated[dict[str, str], AfterValidator(_known_metrics)]


class OrttoDestination(Destination):
    """Ortto: people by e-mail address, and what they did to their bookings as activities."""

    keep_existing: bool = Field(default=True, description="Never replace a value that somebody else wrote.")
    retention_days: int | None = Field(
        default=90, gt=0, description="Send only what happened within so many days; default: 90, as Ortto keeps it."
    )
    fields: OrttoFields = Field(default=SHIPPED_FIELDS, description="Metric -> custom field's name, or a field's id.")
    activities: tuple[Transition, ...] = Field(default=TRANSITIONS, description="What is put on people as activities.")
    skip_non_existing: bool = Field(default=False, description="Only people who are in Ortto already.")
    skip_unsubscribed: bool = Field(default=False, description="Nothing is written to people who unsubscribed.")
    consent_question: str | None = Field(
        default=None,
        description="Booking question that asks for consent to e-mail; default: nobody new is opted in.",
    )
    consent_answers: tuple[LowerText, ...] = Field(default=("yes",), description="Answers that give it.")
    requests_per_second: float = Field(default=10.0, gt=0, description="The plan's limit: 10 (Professional) or 30.")

    @model_validator(mode="before")
    @classmethod
    def _settled(cls, given: Any) -> Any:
        """A window alone replaces the default of 90 days; `touchable` is about fields of people alone."""
        if not isinstance(given, dict):
            return given
        has_window = bool({"retention_from", "retention_until"} & given.keys())
        days = {"retention_days": None} if has_window else {}
        touchable = given.get("touchable")
        always = {"touchable": [*touchable, *NOT_OF_PEOPLE]} if isinstance(touchable, (list, tuple)) else {}
        return {**days, **given, **always}
