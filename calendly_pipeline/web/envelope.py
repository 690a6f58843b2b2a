"""What a body says of itself: which event, and when. Tolerant of anything; nothing here raises.

What belongs here: reading the outermost fields. What does not: what an event means (SQL over
`sources.webhook_deliveries`).
"""

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

FIELDS = {"calendly": ("event", "created_at"), "calcom": ("triggerEvent", "createdAt")}
"""Where a platform's envelope names the event and its time."""

_KIND = re.compile(r"[A-Za-z0-9_.:-]{1,100}")


def as_text(raw: bytes) -> str:
    r"""The bytes as text any store can hold: bytes that are no UTF-8, and NUL, become `\x..`."""
    return raw.decode("utf-8", errors="backslashreplace").replace("\0", "\\x00")


def kind_and_time(platform: str, text: str) -> tuple[str, datetime | None]:
    """The vendor's name of the event and its time in UTC; '' and None where the body names none that can be read."""
    document = _fields(text)
    kind_field, time_field = FIELDS[platform]
    kind, time = document.get(kind_field), document.get(time_field)
    return kind if isinstance(kind, str) and _KIND.fullmatch(kind) else "", _instant(time)


def _fields(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except RecursionError:  # brackets in brackets, thousands deep
        return {}
    except ValueError:
        return _form_fields(text)
    return found if isinstance(found, dict) else {}


def _form_fields(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, max_num_fields=1000))
    except ValueError:
        return {}


def _instant(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
