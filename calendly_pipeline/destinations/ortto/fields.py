"""What goes into which field of Ortto, and which kinds of activity there are.

A target is the name of a custom field, or the id of any field (it holds a colon). Ids are Ortto's to give: a name is
looked up in the account's schema.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from calendly_pipeline.clients.ortto_records import ActivityDefinition, Schema
from calendly_pipeline.clients.ortto_values import Field, UnfitValue, field_value, may_be_written
from calendly_pipeline.settings_ortto import ATTRIBUTES, METRICS, OWN_ATTRIBUTES, OrttoMetric

OF_TRANSITION = {
    "created": "Meeting booked",
    "rescheduled": "Meeting rescheduled",
    "cancelled": "Meeting cancelled",
    "no_show": "Meeting no-show",
    "no_show_removed": "Meeting no-show taken back",
}
"""Transition -> name of the activity."""

FITTING = {
    "date": ("date", "text"),
    "time": ("time", "date", "text"),
    "integer": ("integer", "decimal", "text"),
    "bool": ("bool", "text"),
    "phone": ("phone", "text"),
    "text": ("text", "large_text", "single_select"),
}
"""Type of a value -> display types of fields that take it."""


@dataclass(frozen=True)
class Mapped:
    """One mapped field."""

    metric: str
    target: str
    kind: OrttoMetric

    @property
    def is_id(self) -> bool:
        """Whether the target is an id."""
        return ":" in self.target


def mapped_fields(fields: Mapping[str, str]) -> list[Mapped]:
    """The mapping of the settings, in its order."""
    return [Mapped(metric, target, METRICS[metric]) for metric, target in fields.items()]


def attributes_of(transition: str) -> dict[str, str]:
    """Name -> display type of a transition's attributes."""
    return {**ATTRIBUTES, **OWN_ATTRIBUTES.get(transition, {})}


def found_fields(mapped: Iterable[Mapped], schema: Schema) -> dict[str, Field]:
    """Target -> field of the account; what it lacks, or has twice, is left out."""
    by_name: dict[str, list[Field]] = {}
    for field in schema.fields.values():
        if ":cm:" in field.field_id:
            by_name.setdefault(field.name, []).append(field)
    found: dict[str, Field] = {}
    for item in mapped:
        same = [schema.fields[item.target]] if item.target in schema.fields else by_name.get(item.target, [])
        if len(same) == 1:
            found[item.target] = same[0]
    return found


def field_mistakes(mapped: Iterable[Mapped], schema: Schema) -> Iterator[str]:
    """What keeps a mapped field from being written, each with its remedy."""
    mapped = list(mapped)
    found = found_fields(mapped, schema)
    of_id: dict[str, str] = {}
    for item in mapped:
        field = found.get(item.target)
        if field is None:
            yield _missing(item, schema)
            continue
        if field.field_id in of_id:
            yield f"{item.metric} and {of_id[field.field_id]} both go into {field.field_id}; give each its own field"
        of_id[field.field_id] = item.metric
        yield from _unfit(item, field)


def activity_mistakes(transitions: Iterable[str], schema: Schema) -> Iterator[str]:
    """What keeps an activity from being put on people, each with its remedy."""
    for transition in transitions:
        name = OF_TRANSITION[transition]
        definition = schema.activities.get(name)
        if definition is None:
            yield f"Ortto has no activity {name!r}; make it with --create-fields"
            continue
        for attribute, kind in attributes_of(transition).items():
            field = definition.attributes.get(attribute)
            if field is None:
                yield f"activity {name!r} has no attribute {attribute!r}; add it in Ortto as {kind}"
            elif field.display_type != kind:
                yield f"activity {name!r}: {attribute!r} is {field.display_type}, not {kind}; make it anew in Ortto"


def attribute_values(definition: ActivityDefinition, values: Mapping[str, Any], time_zone: str) -> dict[str, Any]:
    """Attributes by id, as they are sent; raises UnfitValue."""
    named = {definition.attributes[name]: value for name, value in values.items() if name in definition.attributes}
    return {field.field_id: field_value(field, value, time_zone) for field, value in named.items() if value is not None}


def _missing(item: Mapped, schema: Schema) -> str:
    if item.is_id:
        return f"{item.metric}: Ortto has no field {item.target!r}; see the ids under Settings, Fields"
    same = [field.field_id for field in schema.fields.values() if field.name == item.target]
    if len(same) > 1:
        return f"{item.metric}: Ortto has several fields {item.target!r}; name one by its id: {', '.join(same)}"
    return f"{item.metric}: Ortto has no custom field {item.target!r}; make it with --create-fields"


def _unfit(item: Mapped, field: Field) -> Iterator[str]:
    if not may_be_written(field.field_id, value=True):
        yield f"{item.metric} would go into {field.field_id}, which says what somebody agreed to; that is never written"
    elif field.is_read_only:
        yield f"{item.metric}: {field.field_id} is read only; map another field"
    elif field.display_type not in FITTING[item.kind.display_type]:
        fitting = " or ".join(FITTING[item.kind.display_type])
        yield f"{item.metric}: {item.target!r} is of type {field.display_type}; it takes {fitting}"
    elif field.options:
        lacking = [option for option in item.kind.options if option not in field.options]
        if lacking or not item.kind.options:
            named = ", ".join(lacking) or "a list of what may come"
            yield f"{item.metric}: {item.target!r} lacks options: {named}; add them, or make it a text"


def same_value(field: Field, value: Any, held: Any, time_zone: str) -> bool:
    """Whether a value of ours, as the field takes it, is what stands there."""
    try:
        made = field_value(field, value, time_zone)
    except UnfitValue:
        return False
    if isinstance(made, dict) and isinstance(held, dict):
        return _core(made) == _core(held)
    return made == held


def _core(value: Mapping[str, Any]) -> Any:
    """What an object says, whichever of its two forms it has and whatever else it carries."""
    if "year" in value:
        return value.get("year"), value.get("month"), value.get("day")
    if "phone" in value or "n" in value:
        return str(value.get("phone") or f"{value.get('c', '')}{value.get('n', '')}").lstrip("+")
    return value.get("name", value)
