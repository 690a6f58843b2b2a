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
