"""What may be written over what stands there: merge strategies for adapters that read before they write."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from calendly_pipeline.destinations.records import Outcome, Record
from calendly_pipeline.settings_destination import Destination


def narrowed(record: Record, present: Mapping[str, Any] | None, rules: Destination) -> Record | Outcome:
    """The record without the fields that must not, or need not, be written; an Outcome when none is left.

    `present`: field -> what stands there now, blanks left out or None; None when the record is not there at all.
    Values of `present` and payload are compared as they are: bring them into one form first.
    """
    if present is None:
        return record
    held = {name: value for name, value in present.items() if not _is_blank(value)}
    left = {name: value for name, value in record.payload.items() if _may_write(name, value, held, record, rules)}
    standing = {name: value for name, value in record.payload.items() if _is_same(held.get(name), value)}
    if left:
        return replace(record, payload=left, standing=standing, before={name: held.get(name) for name in left})
    if standing and len(standing) == len(record.payload):
        return Outcome(record.key, "accepted", "stands there already", payload=dict(record.payload))
    return Outcome(record.key, "skipped", "what stands there is left alone (merge strategy)")


def _may_write(name: str, value: Any, held: Mapping[str, Any], record: Record, rules: Destination) -> bool:
    now = held.get(name)
    if _is_same(now, value) or (rules.touchable is not None and name not in rules.touchable):
        return False
    is_ours = now is not None and record.written.get(name) == now
    strategy = rules.field_strategies.get(name, rules.merge_strategy)
    if _is_blank(value):
        return is_ours and strategy == "overwrite"
    if _is_blank(now):
        return strategy != "ignore_existing"
    return strategy == "overwrite" and (is_ours or not rules.keep_existing)


def _is_same(now: Any, value: Any) -> bool:
    return now == value or (_is_blank(now) and _is_blank(value))


def _is_blank(value: Any) -> bool:
    return value is None or value in ("", [], {})
