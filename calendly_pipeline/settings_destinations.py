"""What a firm decides about each destination: `[destinations.<name>]` of pipeline.toml.

A destination whose table is absent is not planned, except LACRM's. Secrets never stand here.
"""

import json
from datetime import date
from typing import Any, Literal

from pydantic import Field, model_validator

from calendly_pipeline.settings_kinds import LowerText, Section
from calendly_pipeline.settings_ortto import NOT_OF_PEOPLE, SHIPPED_FIELDS, TRANSITIONS, OrttoFields, Transition

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


class Destinations(Section):
    """The receiving tools. None: the table is absent."""

    lacrm: LacrmDestination = LacrmDestination()
    ortto: Ortto | None = None

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
