"""What keeps a send from doing harm: the share of records it may change, and consent."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from calendly_pipeline.destinations.records import Record
from calendly_pipeline.failures import ConsentRefused, SendRefused

FEW = 20
"""So many changes are never too many: in a small firm one is a large share."""


def require_few_changes(destination: str, changed: int, written: int, max_share: float) -> None:
    """Raise SendRefused when a send would change too large a share of the records written before.

    New records do not count: a first send cut off half-way must be able to go on.
    """
    if changed > FEW and changed > max_share * written:
        raise SendRefused(
            f"{destination}: {changed} of the {written} records written before would change, more than the "
            f"{max_share:.0%} that destinations.{destination}.max_change_share allows; nothing was sent.",
            f"Look at them with `calendly-pipeline send {destination}`; if they are right, add --allow-large-change.",
        )


def require_no_consent_key(records: Iterable[Record], consent_keys: frozenset[str]) -> None:
    """Raise ConsentRefused when a payload holds, at any depth, a key that says what somebody consented to."""
    for record in records:
        for key in _keys(record.payload):
            if key.strip().lower() in consent_keys:
                raise ConsentRefused(
                    f"{record.destination}: a {record.kind} would write {key!r}, which says what somebody consented "
                    "to; nothing was sent.",
                    f"Take it out of [destinations.{record.destination}].",
                )


def _keys(value: Any) -> Iterable[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _keys(inner)
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        for inner in value:
            yield from _keys(inner)
