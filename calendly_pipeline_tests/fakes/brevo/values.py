"""Values of attributes on their way in: kept, blanked, or dropped without a word."""

import re
from datetime import date
from typing import Any

from calendly_pipeline_tests.fakes.brevo.refusals import Refused

DROPPED = object()
"""Of the wrong type: ignored without an error (Brevo's definition)."""


def kept(kind: str, given: Any) -> Any:
    """What is kept of a value; None: blank; DROPPED: the old value stays."""
    if given is None:
        raise Refused("attributes should be of a valid type")
    if given == "":
        return None
    if kind == "date":
        return _day(given)
    if kind == "float":
        return _number(given)
    if kind == "boolean":
        return given if isinstance(given, bool) else DROPPED
    return given if isinstance(given, str) else str(given)


def digits(given: str) -> str:
    """A phone as it is kept, country code first; from `+91…`, `0091…` or `91…`."""
    bare = re.sub(r"[\s().-]", "", given)
    found = re.fullmatch(r"(?:\+|00)?([1-9]\d{6,14})", bare)
    if not found:
        raise Refused("Invalid phone number")
    return found[1]


def _day(given: Any) -> Any:
    try:
        return date.fromisoformat(given).isoformat() if isinstance(given, str) else DROPPED
    except ValueError:
        return DROPPED


def _number(given: Any) -> Any:
    if isinstance(given, bool):
        return DROPPED
    try:
        return float(given)
    except (TypeError, ValueError):
        return DROPPED
