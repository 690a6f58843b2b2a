"""What a firm decides about CleverTap: `[destinations.clevertap]`."""

from typing import Literal, get_args

from pydantic import Field

from calendly_pipeline.settings_destination import Destination
from calendly_pipeline.settings_kinds import MeetingType

Transition = Literal["scheduled", "rescheduled", "cancelled", "no_show", "no_show_removed", "completed"]


class ClevertapDestination(Destination):
    """CleverTap: an event for what becomes of every booking, and the profiles they belong to."""

    region: Literal["eu1", "in1", "sg1", "us1", "aps3", "mec1"] = Field(
        default="eu1", description="The account's region, as the dashboard's address begins; eu1 is the default host."
    )
    subject: Literal["host", "invitee", "both"] = Field(
        default="invitee", description="Whose profile an event belongs to, known there by lower-cased e-mail address."
    )
    transitions: tuple[Transition, ...] = Field(
        default=get_args(Transition), description="What becomes an event; what is left out is not sent."
    )
    event_name: str = Field(
        default="{{ event_type.name }} {{ transition }}",
        description="Liquid; knows event_type.name, event_type.slug, meeting_type and transition.",
    )
    event_names: dict[MeetingType, str] = Field(default={}, description="Meeting type -> its own event name.")
    answers: dict[str, str] = Field(default={}, description="Booking question -> event property for its answer.")
    profile: dict[str, str] = Field(
        default={"name": "Name", "email": "Email", "phone": "Phone"},
        description="What we know of a person -> profile key; `{}` writes no profiles.",
    )
    absent_after_hours: float = Field(
        default=24,
        ge=0,
        description="An event of unknown outcome that cannot be read back after so long did not arrive.",
    )


class Ortto(Destination):
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
