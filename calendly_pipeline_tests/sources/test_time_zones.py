"""Calendly's names for time zones."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from calendly_pipeline.sources.time_zones import iana_zone, zone_labels

JANUARY = datetime(2025, 1, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("label", "zone"),
    [
        ("Eastern Time - US & Canada", "America/New_York"),
        ("Central Time - US & Canada", "America/Chicago"),
        ("Mountain Time - US & Canada", "America/Denver"),
        ("Pacific Time - US & Canada", "America/Los_Angeles"),
        ("Arizona, Yukon Time", "America/Phoenix"),
        ("UK, Ireland, Lisbon Time", "Europe/London"),
        ("Central European Time", "Europe/Berlin"),
        ("India, Sri Lanka Time", "Asia/Kolkata"),
        ("India Standard Time", "Asia/Kolkata"),
        ("China, Singapore, Perth", "Asia/Shanghai"),
        ("UTC Time", "UTC"),
        ("  arizona,  YUKON time ", "America/Phoenix"),
        ("America/New_York", "America/New_York"),
        ("america/new_york", "America/New_York"),
        ("America/Argentina/Buenos Aires", "America/Argentina/Buenos_Aires"),
        ("UTC", "UTC"),
    ],
)
def test_known_labels(label: str, zone: str) -> None:
    """The labels of the booking page and IANA names are known, however they are spelt."""
    assert iana_zone(label) == zone


@pytest.mark.parametrize("label", ["", "Eastern Time", "Middle Earth Time", "GMT-5", "-05:00", "localtime", "Factory"])
def test_unknown_labels(label: str) -> None:
    """A label that is not known is no zone; none is guessed."""
    assert iana_zone(label) is None


def test_every_zone_of_the_table_exists() -> None:
    """Each row of the table names a zone this machine's time zone database has."""
    assert {zone for _, zone in zone_labels()} <= available_timezones()


def test_every_iana_name_is_itself() -> None:
    """An IANA name means itself, also where the table lists it."""
    names = available_timezones() - {"Factory", "localtime"}
    assert {name: iana_zone(name) for name in names} == {name: name for name in names}


def test_no_label_is_listed_twice() -> None:
    """No two labels differ only in case, so joining on them never doubles a row."""
    labels = [label.lower() for label, _ in zone_labels()]
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize(
    ("label", "hours"),
    [
        ("Newfoundland Time", -3.5),
        ("Saskatchewan, Guatemala, Costa Rica Time", -6),
        ("Bogota, Jamaica, Lima Time", -5),
        ("Caracas Time", -4),
        ("Atlantic Standard Time", -4),
        ("Asuncion Time", -3),
        ("Central Africa Time", 2),
        ("West Africa Time", 1),
        ("Baghdad, East Africa Time", 3),
        ("Jordan Time", 3),
        ("Syria Time", 3),
        ("Lebanon Time", 2),
        ("Indochina Time", 7),
        ("Pakistan, Maldives Time", 5),
        ("Turkey Time", 3),
        ("Sydney, Melbourne Time", 11),
        ("Azores Time", -1),
    ],
)
def test_offsets(label: str, hours: float) -> None:
    """A label's zone keeps the clock that the booking page showed beside it in January 2025."""
    zone = iana_zone(label)
    assert zone is not None
    assert JANUARY.astimezone(ZoneInfo(zone)).utcoffset() == timedelta(hours=hours)
