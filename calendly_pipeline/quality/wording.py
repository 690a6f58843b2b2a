"""How alerts say names of tools, days and moments."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from calendly_pipeline.settings import Settings

TOOLS = {"calendly": "Calendly", "calcom": "Cal.com", "lacrm": "LACRM"}
NEW_TOKEN = {
    "calendly": "Make a new one in Calendly under Integrations, API & Webhooks",
    "calcom": "Make a new one in Cal.com under Settings, Developer, API keys",
    "lacrm": "Make a new one in LACRM under Settings, Programmer API",
}
EXPORT = {
    "calendly": "export those days again in Calendly (Meetings, Export) and drop the file into data/calendly",
    "calcom": "download those days again in Cal.com (Insights or Bookings) and drop the file into data/calcom",
}
SHOWN_RANGES = 3


def tool(platform: str, account: str = "default") -> str:
    """`Calendly`, or with an account of its own name `Calendly (north)`."""
    name = TOOLS.get(platform, platform)
    return name if account == "default" else f"{name} ({account})"


def days(first: date, last: date) -> str:
    """`3 to 9 November 2026 (7 days)`."""
    count = (last - first).days + 1
    length = f"({count} day{'s' if count > 1 else ''})"
    if first == last:
        return f"{_day(last)} {length}"
    begin = str(first.day)
    if (first.year, first.month) != (last.year, last.month):
        begin = f"{first.day} {first:%B}" if first.year == last.year else _day(first)
    return f"{begin} to {_day(last)} {length}"


def ranges(found: Sequence[tuple[date, date]]) -> str:
    """The newest ranges of days, and how many more there are."""
    newest = sorted(found, reverse=True)[:SHOWN_RANGES]
    more = len(found) - len(newest)
    listed = ", ".join(days(first, last) for first, last in newest)
    return f"{listed} and {more} older ranges" if more else listed


def moment(at: datetime, settings: Settings) -> str:
    """`9 November 2026, 04:07` on the firm's clock."""
    local = at.astimezone(ZoneInfo(settings.firm.time_zone or "UTC"))
    return f"{_day(local.date())}, {local:%H:%M}"


def span(length: timedelta) -> str:
    """`3 hours` or `12 days`, rounded down."""
    hours = int(length.total_seconds() // 3600)
    number, unit = (hours // 24, "day") if hours >= 48 else (hours, "hour")
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
