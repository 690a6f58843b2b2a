"""What goes to Ortto and comes from it: activities, their definitions, subscriptions, the schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from calendly_pipeline.clients.ortto_answers import Result
from calendly_pipeline.clients.ortto_values import Field, instant_text


class MergeStrategy(IntEnum):
    """What happens to the values of a person who is there already."""

    APPEND_ONLY = 1
    OVERWRITE = 2
    IGNORE_EXISTING = 3


@dataclass(frozen=True)
class Subscription:
    """What a person has agreed to; `may_email` None: the answer did not say."""

    person_id: str
    may_email: bool | None


@dataclass(frozen=True)
class Activity:
    """Something a person did; the same `key` and `created` again is the same activity (activities/create page)."""

    activity_id: str
    person_id: str
    attributes: Mapping[str, Any]
    key: str
    created: datetime

    def body(self) -> dict[str, Any]:
        """As it is sent."""
        return {
            "activity_id": self.activity_id,
            "person_id": self.person_id,
            "attributes": dict(self.attributes),
            "key": self.key,
            "created": instant_text(self.created),
        }


@dataclass(frozen=True)
class ActivityDefinition:
    """A kind of activity and the attributes it has, by name."""

    activity_id: str
    name: str
    attributes: Mapping[str, Field]


@dataclass(frozen=True)
class Schema:
    """What the account knows: fields of people by id, and custom activities by name."""

    fields: Mapping[str, Field]
    activities: Mapping[str, ActivityDefinition]


def read_result(item: Mapping[str, Any]) -> Result:
    """From an item of an answer."""
    return Result(str(item.get("status") or ""), str(item.get("error") or ""))


def read_field(row: Mapping[str, Any]) -> Field:
    """From a row of the schema."""
    options = tuple(str(option) for option in row.get("dic_items") or ())
    kind = str(row.get("display_type") or "")
    return Field(str(row["id"]), str(row.get("name") or ""), kind, options, bool(row.get("read_only")))


def read_definition(activity_id: str, row: Mapping[str, Any]) -> ActivityDefinition:
    """From the schema (attributes have an `id`) or from the answer to its making (`field_id`)."""
    attributes = [
        read_field({"id": item.get("field_id") or item.get("id"), **item}) for item in row.get("attributes") or ()
    ]
    return ActivityDefinition(activity_id, str(row["name"]), {field.name: field for field in attributes})
