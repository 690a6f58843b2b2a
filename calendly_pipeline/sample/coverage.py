"""Which days the files vouch for: an export without a named range does from its first to its last start day."""

from datetime import date, timedelta

from calendly_pipeline.sample.days import AS_OF, day_of
from calendly_pipeline.sample.files import shows
from calendly_pipeline.sample.world import Export, Firm


def uncovered_days(firm: Firm) -> dict[str, list[date]]:
    """Per platform, the days between its first covered day and the present that no file vouches for."""
    ranges: dict[str, list[tuple[date, date]]] = {"calendly": [], "calcom": []}
    for export in firm.exports:
        ranges[export.platform] += _range(firm, export)
    return {platform: _gaps(found) for platform, found in ranges.items()}


def start_days(firm: Firm, export: Export) -> list[date]:
    """The days on which the meetings of a file start, in order."""
    return sorted({day_of(meeting.starts_at) for meeting in firm.meetings if shows(export, meeting)})


def _range(firm: Firm, export: Export) -> list[tuple[date, date]]:
    if export.kind == "insights":
        return [(export.first_on, export.last_on)]
    days = start_days(firm, export)
    return [(days[0], days[-1])] if export.kind == "calendly" and days else []


def _gaps(ranges: list[tuple[date, date]]) -> list[date]:
    first, last = min(start for start, _ in ranges), day_of(AS_OF)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [day for day in days if not any(start <= day <= end for start, end in ranges)]
