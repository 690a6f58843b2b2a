"""What a firm decides about Brevo: `[destinations.brevo]`, which of our fields there are, and of which type.

What belongs here: keys, and mistakes in them that need no look at the account.
"""

import difflib
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from calendly_pipeline.settings_destination import Destination
from calendly_pipeline.settings_kinds import LowerText, Section

AttributeType = Literal["text", "date", "float", "boolean"]
Transition = Literal["booked", "rescheduled", "cancelled", "no_show", "no_show_removed", "completed"]

FIELDS: dict[str, AttributeType] = {
    "first_name": "text",
    "last_name": "text",
    "phone": "text",
    "company": "text",
    "event_type": "text",
    "meeting_type": "text",
    "meeting_date": "date",
    "meeting_at": "text",
    "status": "text",
    "host_name": "text",
    "host_email": "text",
    "time_zone": "text",
    "booked_on": "date",
    "first_meeting_on": "date",
    "last_meeting_on": "date",
    "next_meeting_on": "date",
    "meetings_count": "float",
    "meetings_this_quarter_count": "float",
    "meetings_12m_count": "float",
    "last_portfolio_review_on": "date",
    "next_portfolio_review_on": "date",
    "review_due_on": "date",
    "review_status": "text",
    "no_show_12m_count": "float",
    "cancellation_12m_count": "float",
    "reschedule_12m_count": "float",
    "is_reschedule_escalation": "boolean",
    "last_meeting_type": "text",
    "last_host_name": "text",
}
"""Our field -> type of the attribute it needs. Fields of the booking first, then metrics of the matched contact.

`meeting_data_through_on` is none of them: it moves every day, and would write every contact every day.
"""
SHIPPED_ATTRIBUTES = {
    "first_name": "FIRSTNAME",
    "last_name": "LASTNAME",
    "phone": "SMS",
    "company": "COMPANY",
    "event_type": "CALENDLY_EVENT_TYPE",
    "meeting_date": "MEETING_DATE",
    "status": "BOOKING_STATUS",
}
SHIPPED_QUESTIONS = {r"\b(role|job|title|position|occupation)\b": "JOB_TITLE"}
PHONES = ("SMS", "WHATSAPP", "LANDLINE_NUMBER")
"""Attributes that hold a phone with its country code and may stand on one contact only."""
CONSENT = ("EMAIL", "EXT_ID", "OPT_IN", "DOUBLE_OPT-IN", "DOUBLE_OPT_IN", "BLACKLIST")
"""Attributes that say who somebody is or what they agreed to."""


def _attribute(name: str) -> str:
    """The attribute's name as Brevo spells it; raises ValueError."""
    name = name.strip()
    if name.upper() in CONSENT:
        raise ValueError(f"{name!r} says who somebody is or what they agreed to and is never written; name another")
    if not re.fullmatch(r"[A-Z][A-Z0-9_-]{0,49}", name):
        raise ValueError(f"{name!r} is no name of an attribute: capital letters, digits and '_', e.g. {_shout(name)!r}")
    return name


def _our_field(name: str) -> str:
    if name not in FIELDS:
        near = difflib.get_close_matches(name, FIELDS, n=1, cutoff=0.0)[0]
        raise ValueError(f"there is no field {name!r}; the nearest is {near!r}")
    return name


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from None
    return text


def _event_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name):
        raise ValueError(f"{name!r} is no name of an event: letters, digits, '_' and '-' only")
    return name


BrevoAttribute = Annotated[str, AfterValidator(_attribute)]
OurField = Annotated[str, AfterValidator(_our_field)]
Pattern = Annotated[str, AfterValidator(_pattern)]
EventName = Annotated[str, AfterValidator(_event_name)]
ListName = str | int


class BrevoList(Section):
    """Bookings of some event types, and the list they put somebody on. The first that fits; every condition holds."""

    list: ListName = Field(description="Name or id of the list.")
    event_type: LowerText | None = Field(default=None, description="Id, slug or name of the event type.")
    name_pattern: Pattern | None = Field(default=None, description="Regular expression over its name.")

    @model_validator(mode="after")
    def _names_something(self) -> "BrevoList":
        if self.event_type is None and self.name_pattern is None:
            raise ValueError(f"the list {self.list!r} names no event type; for all others use default_list")
        return self


class BrevoReengagement(Section):
    """People whose meeting did not come about are put on a list, with a link to book again, until they do."""

    list: ListName = Field(description="Name or id of the list.")
    after: tuple[Literal["cancelled", "no_show"], ...] = ("cancelled", "no_show")
    window_days: int = Field(default=14, gt=0, description="For so many days after it.")
    most_per_year: int = Field(default=2, gt=0, description="At most so many times in 365 days for one address.")
    link_attribute: BrevoAttribute | None = Field(
        default=None, description="Attribute for a single-use Calendly link; left out: no link is made."
    )
    event_type: LowerText | None = Field(
        default=None, description="Id, slug or name of the event type it books; default: the one that was booked."
    )
    account: str = Field(default="default", description="Calendly account that makes the links.")


class BrevoEvents(Section):
    """Custom events of what happens to a booking. Automations of Brevo may begin with them."""

    enabled: bool = True
    max_age_days: int = Field(default=3, gt=0, description="What happened longer ago is not sent: no backfill.")
    names: dict[Transition, EventName] = Field(default={}, description="What happened -> name of the event.")


def duplicates(names: list[str]) -> list[str]:
    """Names that stand there twice."""
    return sorted({name for name in names if names.count(name) > 1})


def _shout(name: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") or "MEETING_DATE"


class BrevoDestination(Destination):
    """Brevo: attributes, lists by event type, a list of people to ask again, custom events."""

    attributes: dict[OurField, BrevoAttribute] = Field(
        default=SHIPPED_ATTRIBUTES, description="Our field -> attribute; what is left out is not sent."
    )
    questions: dict[Pattern, BrevoAttribute] = Field(
        default=SHIPPED_QUESTIONS, description="Regular expression over a booking question -> attribute for the answer."
    )
    lists: tuple[BrevoList, ...] = Field(default=(), description="Which bookings put somebody on which list.")
    default_list: ListName | None = Field(default=None, description="List of all other bookings: its name or id.")
    folder: str = Field(default="Meetings", description="Folder of the lists that --create-fields creates.")
    reengagement: BrevoReengagement | None = Field(default=None, description="Left out: nobody is asked again.")
    events: BrevoEvents = BrevoEvents()
    requests_per_second: float = Field(
        default=10.0, gt=0, description="What Brevo allows for contacts: 10, 20 or 60 by plan."
    )

    def attribute_types(self) -> dict[str, AttributeType]:
        """Every mapped attribute and the type it must have."""
        found: dict[str, AttributeType] = {name: FIELDS[field] for field, name in self.attributes.items()}
        found |= dict.fromkeys(self.questions.values(), "text")
        if self.reengagement is not None and self.reengagement.link_attribute is not None:
            found[self.reengagement.link_attribute] = "text"
        return found

    @model_validator(mode="after")
    def _maps_each_attribute_once(self) -> "BrevoDestination":
        asked = sorted(set(self.questions.values()))
        link = [self.reengagement.link_attribute] if self.reengagement and self.reengagement.link_attribute else []
        twice = duplicates([*self.attributes.values(), *asked, *link])
        if twice:
            raise ValueError(f"two fields go into {', '.join(twice)}; give each its own attribute")
        wrong = [name for name in (*asked, *link) if name in PHONES]
        wrong += [name for field, name in self.attributes.items() if name in PHONES and field != "phone"]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} takes a phone only; map `phone`, which is read from answers as well")
        return self

    @model_validator(mode="after")
    def _rules_name_mapped_attributes(self) -> "BrevoDestination":
        mapped = self.attribute_types()
        unknown = sorted({*(self.touchable or ()), *self.field_strategies} - mapped.keys())
        if unknown:
            raise ValueError(
                f"touchable and field_strategies name {', '.join(unknown)}, which nothing is mapped to; "
                f"mapped are {', '.join(mapped)}"
            )
        return self
