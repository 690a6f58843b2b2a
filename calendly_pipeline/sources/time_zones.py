"""Calendly's own names for time zones -> IANA names.

Exports name the invitee's zone as the booking page shows it (`Eastern Time - US & Canada`), the API by its IANA name.
The labels are those of the booking page's list, checked against the offsets it showed in January 2025. One label covers
several countries: its zone is the one of the first place named, or of the place most bookings come from.
"""

import csv
from functools import cache
from pathlib import Path
from zoneinfo import available_timezones

TABLE = Path(__file__).with_name("calendly_time_zones.csv")


def iana_zone(label: str) -> str | None:
    """The IANA name of a zone as Calendly names it; None for a name that is not known."""
    return _zones().get(_key(label))


def zone_labels() -> list[tuple[str, str]]:
    """Every known name and its IANA name; no two differ only in case."""
    with TABLE.open(encoding="utf-8", newline="") as lines:
        rows = [(row["label"], row["iana"]) for row in csv.DictReader(lines)]
    listed = {_key(label) for label, _ in rows}
    names = ((spelling, zone) for zone in _iana_names() for spelling in dict.fromkeys((zone, zone.replace("_", " "))))
    return rows + [(spelling, zone) for spelling, zone in names if _key(spelling) not in listed]


@cache
def _zones() -> dict[str, str]:
    return {_key(label): zone for label, zone in zone_labels()}


def _iana_names() -> list[str]:
    return sorted(available_timezones() - {"Factory", "localtime"})  # these two name no zone


def _key(label: str) -> str:
    return " ".join(label.split()).casefold()
