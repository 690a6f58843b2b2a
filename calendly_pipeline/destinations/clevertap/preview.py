"""What CleverTap holds of one person after an event: the values a campaign's body is rendered with."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from calendly_pipeline.destinations.clevertap.liquid_dialect import EVENT, PROFILE
from calendly_pipeline.destinations.clevertap.liquid_preview import Fields
from calendly_pipeline.destinations.clevertap.mapping import event_property_names
from calendly_pipeline.failures import InputError
from calendly_pipeline.settings_clevertap import ClevertapDestination


@dataclass(frozen=True)
class Shown:
    """One event, and the profile it goes to."""

    label: str
    values: Mapping[str, Mapping[str, Any]]


def sent_fields(rules: ClevertapDestination) -> Fields:
    """The names we send below `Profile` and `Event`."""
    return {PROFILE: list(rules.profile.values()), EVENT: event_property_names(rules)}


def shown_event(connection: duckdb.DuckDBPyConnection, key: str | None) -> Shown:
    """The newest event of a record key, contact or address, None: of all; raises InputError when there is none."""
    found = connection.execute(
        "select events.label, events.fields, profiles.fields from destinations.wanted as events "
        "left join destinations.wanted as profiles on profiles.destination = events.destination "
        "and profiles.record_key = concat('profile:', (events.fields ->> 'identity')) "
        "where events.destination = 'clevertap' and events.kind = 'event' and ($key::varchar is null "
        "or $key in (events.record_key, events.contact_id) or lower($key) = (events.fields ->> 'identity')) "
        "order by events.happened_at desc, events.record_key limit 1",
        {"key": key},
    ).fetchone()
    if found is None:
        whose = "no event" if key is None else f"no event of {key}"
        raise InputError(
            f"CleverTap would get {whose}.", "`calendly-pipeline send clevertap` lists what it would get; else refresh."
        )
    label, event, profile = found
    properties = json.loads(event)["properties"]
    return Shown(label, {PROFILE: json.loads(profile or "{}"), EVENT: properties})
