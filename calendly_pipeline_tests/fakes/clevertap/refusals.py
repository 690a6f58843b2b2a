"""What the fake CleverTap refuses of one record, with the vendor's codes (its list of API errors)."""

import re
from typing import Any

EPOCH = range(10**9, 10**10)
"""Unix seconds have ten digits; thirteen are milliseconds."""
IDENTIFIERS = ("identity", "objectId", "FBID", "GPID")
SYSTEM_EVENTS = frozenset(
    name.casefold()
    for name in (
        "App Launched",
        "App Installed",
        "App Uninstalled",
        "Notification Sent",
        "Notification Viewed",
        "Notification Clicked",
        "Notification Bounced",
        "Session Concluded",
        "Stayed",
        "UTM Visited",
        "Reachable By",
        "Web Page Viewed",
    )
)
MEANINGS = {
    509: "Event Name is mandatory",
    512: "Event structure is not valid",
    513: "Trying to raise a restricted system event",
    514: "Gender is not valid",
    515: "Email is not valid",
    516: "Phone is not valid",
    520: "Age is not valid",
    522: "Too many event properties",
    523: "Identity is missing",
    524: "Type is neither event nor profile",
    525: "ts is not a valid epoch",
    526: "objectId is not valid",
    528: "Event is discarded in this account",
    555: "Server error",
}


class RecordRefused(Exception):
    """One record that is not stored."""

    def __init__(self, code: int) -> None:
        super().__init__(f"ErrorCode: {code} - {MEANINGS[code]}.")
        self.code = code


def require_valid(record: Any, most_properties: int, discarded: frozenset[str]) -> None:
    """Raise RecordRefused for the first thing that is wrong."""
    if not isinstance(record, dict) or record.get("type") not in ("event", "profile"):
        raise RecordRefused(524)
    _require_identity(record)
    ts = record.get("ts")
    if ts is not None and (not isinstance(ts, int) or isinstance(ts, bool) or ts not in EPOCH):
        raise RecordRefused(525)
    if record["type"] == "event":
        _require_event(record, most_properties, discarded)
    else:
        _require_profile(record)


def _require_identity(record: dict[str, Any]) -> None:
    given = [key for key in IDENTIFIERS if record.get(key) not in (None, "")]
    if len(given) != 1:
        raise RecordRefused(523)
    if given == ["objectId"] and not re.fullmatch(r"-?[0-9a-f]{32}|[0-9a-f-]{36}", str(record["objectId"])):
        raise RecordRefused(526)


def _require_event(record: dict[str, Any], most_properties: int, discarded: frozenset[str]) -> None:
    name, properties = record.get("evtName"), record.get("evtData", {})
    if not isinstance(name, str) or not name.strip():
        raise RecordRefused(509)
    if not isinstance(properties, dict):
        raise RecordRefused(512)
    if name.strip().casefold() in SYSTEM_EVENTS:
        raise RecordRefused(513)
    if name in discarded:
        raise RecordRefused(528)
    if len(properties) > most_properties:
        raise RecordRefused(522)


def _require_profile(record: dict[str, Any]) -> None:
    data = record.get("profileData")
    if not isinstance(data, dict):
        raise RecordRefused(512)
    checks = {
        "Email": (515, r"[^@\s]+@[^@\s]+\.[^@\s]+"),
        "Phone": (516, r"\+[1-9]\d{6,14}"),
        "Gender": (514, r"[MFOUmfou]"),
        "Age": (520, r"\d{1,3}"),
    }
    for key, (code, pattern) in checks.items():
        if data.get(key) not in (None, "") and not re.fullmatch(pattern, str(data[key])):
            raise RecordRefused(code)
