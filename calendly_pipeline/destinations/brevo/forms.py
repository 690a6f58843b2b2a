"""Values on their way to Brevo and back: what is compared and written must be in one form."""

from collections.abc import Mapping
from typing import Any

from calendly_pipeline.clients.brevo_records import Value


def brevo_form(name: str, value: Any, types: Mapping[str, str]) -> Any:
    """A value as Brevo tells it, in the form that our plan has. None: blank."""
    if value is None or value == "":
        return None
    if name == "SMS":
        return f"+{str(value).lstrip('+')}"
    kind = types.get(name)
    if kind == "date":
        return str(value)[:10]
    if kind == "float":
        return _number(value)
    return value if kind == "boolean" else str(value)


def sent_form(payload: Mapping[str, Any]) -> dict[str, Value]:
    """A payload as it is written: a blank is an empty text."""
    return {name: "" if value is None else value for name, value in payload.items()}


def _number(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        return value
