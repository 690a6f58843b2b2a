"""What a firm decides about each destination: `[destinations.<name>]` of pipeline.toml.

A destination whose table is absent is not planned, except LACRM's. Secrets never stand here.
"""

import json
from datetime import date
from typing import Any, Literal

from pydantic import Field, model_validator

from calendly_pipeline.settings_brevo import (
    FIELDS,
    PHONES,
    SHIPPED_ATTRIBUTES,
    SHIPPED_QUESTIONS,
    AttributeType,
    BrevoAttribute,
    BrevoEvents,
    BrevoList,
    BrevoReengagement,
    ListName,
    OurField,
    Pattern,
    duplicates,
)
from calendly_pipeline.settings_kinds import Section

MergeStrategy = Literal["append_only", "overwrite", "ignore_existing"]


class Destination(Section):
    """What every destination has."""

    enabled: bool = Field(default=False, description="Send after every refresh, without anybody asking.")
    max_change_share: float = Field(
        default=0.25, gt=0, le=1, description="A send that would change a larger share of what was written stops."
    )
    merge_strategy: MergeStrategy = Field(
        default="overwrite",
        description="append_only fills what is blank; ignore_existing only adds records; overwrite replaces.",
    )
    field_strategies: dict[str, MergeStrategy] = Field(default={}, description="Field -> its own merge strategy.")
    touchable: tuple[str, ...] | None = Field(default=None, description="Fields that may be written; default: all.")
    keep_existing: bool = Field(default=False, description="Never replace a value that somebody else wrote.")
    retention_days: int | None = Field(
        default=None, gt=0, description="Send only what happened within so many days; default: everything."
    )
    retention_from: date | None = Field(default=None, description="Or: only what happened on or after this day,")
    retention_until: date | None = Field(default=None, description="and on or before this one (firm's zone).")


class LacrmDestination(Destination):
    """Less Annoying CRM: the contact cards, and notes or events of meetings."""

    meetings: Literal["off", "notes", "events"] = Field(
        default="off", description="Also write a note, or an event, for every meeting that a client came to."
    )
    create_contacts: bool = Field(
        default=False, description="Create cards for people whom somebody called a new contact at the desk."
    )


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


class Destinations(Section):
    """The receiving tools. None: the table is absent."""

    lacrm: LacrmDestination = LacrmDestination()
    brevo: BrevoDestination | None = None

    def configured(self) -> dict[str, Destination]:
        """Name -> settings of every destination that is planned."""
        found = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: section for name, section in found.items() if section is not None}

    def sql_parameters(self) -> dict[str, Any]:
        """`$destinations`: the common keys as a JSON list; and per destination a parameter of its name: its table as
        JSON, null when it is absent.
        """
        common = [
            {"destination": name, **_jsonable(section, set(Destination.model_fields))}
            for name, section in self.configured().items()
        ]
        own = {name: getattr(self, name) for name in type(self).model_fields}
        return {
            "destinations": json.dumps(common),
            **{name: None if section is None else json.dumps(_jsonable(section)) for name, section in own.items()},
        }


DESTINATIONS = tuple(Destinations.model_fields)
"""Their names, in the order of the documents."""


def _jsonable(section: Section, names: set[str] | None = None) -> dict[str, Any]:
    return section.model_dump(mode="json", include=names)
