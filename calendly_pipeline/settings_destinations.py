"""What a firm decides about each destination: `[destinations.<name>]` of pipeline.toml.

A destination whose table is absent is not planned, except LACRM's. Secrets never stand here.
"""

import json
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from calendly_pipeline.settings_kinds import Section

MergeStrategy = Literal["append_only", "overwrite", "ignore_existing"]
ApiName = Annotated[str, Field(pattern=r"^[A-Za-z]\w{0,79}$")]
"""Of an object or a field of Salesforce."""
LinkField = Literal["email", "link", "name", "type"]


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


class SalesforceLinks(Destination):
    """Salesforce: a row for every Calendly link, and the link field of its users."""

    api_version: Annotated[str, Field(pattern=r"^\d{2,3}\.0$")] = Field(
        default="64.0", description="Version of the REST API."
    )
    object: ApiName = Field(default="Calendly__CalendlyLink__c", description="API name of the object of the links.")
    external_id_field: ApiName | None = Field(
        default=None, description="API name of its external id; default: the only one it has."
    )
    user_field: ApiName | Literal[""] = Field(
        default="Calendly__CalendlyLink__c", description="Field of User that takes the profile link; blank: none."
    )
    fields: dict[LinkField, str] = Field(
        default={},
        description="What goes into which field, by API name or label. email and link are found by their labels.",
    )
    batch_size: int = Field(
        default=200,
        ge=1,
        le=200,
        description="Most rows a request; fewer where triggers or flows are slow.",
    )
    mirror: bool = Field(
        default=False, description="Blank what we wrote once its link is gone from Calendly; else it stays."
    )

    @model_validator(mode="after")
    def _two_in_one_field(self) -> Self:
        named = [name.strip().lower() for name in self.fields.values()]
        if len(set(named)) < len(named):
            raise ValueError("two entries name the same field")
        return self


class Destinations(Section):
    """The receiving tools. None: the table is absent."""

    lacrm: LacrmDestination = LacrmDestination()
    salesforce_links: SalesforceLinks | None = None

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
