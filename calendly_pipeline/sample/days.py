"""The sample's clock and calendar: its fixed present, office days, free slots."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from calendly_pipeline.sample.dice import Dice

AS_OF = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
ZONE_NAME = "America/New_York"
ZONE = ZoneInfo(ZONE_NAME)
FIRST_DAY = date(2025, 1, 6)
LAST_BOOKING_DAY = date(2026, 6, 26)
LAST_DAY = date(2026, 9, 25)
CALCOM_FROM = date(2026, 3, 2)
UNEXPORTED = (date(2025, 9, 1), date(2025, 9, 30))
"""First and last day of the month that no export holds."""

# Days on which a rule would change its answer with the hour or with "within" read another way, so nothing is booked.
_BOUNDARIES = {date(2025, 6, 30), date(2025, 7, 30), date(2025, 7, 31), date(2026, 6, 30)}
_HOLIDAYS = {
    date(2025, 1, 20), date(2025, 5, 26), date(2025, 6, 19), date(2025, 7, 4), date(2025, 9, 1), date(2025, 11, 27),
    date(2025, 12, 25), date(2025, 12, 26), date(2026, 1, 1), date(2026, 1, 19), date(2026, 5, 25), date(2026, 6, 19),
    date(2026, 7, 3), date(2026, 9, 7),
}  # fmt: skip


def local(day: date, hour: int, minute: int = 0) -> datetime:
    """The UTC instant of a wall-clock time at the firm; the first of two, and past a gap by the gap."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def day_of(instant: datetime) -> date:
    """The firm's day of an instant."""
    return instant.astimezone(ZONE).date()


def iso(instant: datetime) -> str:
    """An instant as ISO text to the second, ending in Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_office_day(day: date) -> bool:
    """Whether the firm meets clients on that day."""
    return day.weekday() < 5 and day not in _HOLIDAYS and day not in _BOUNDARIES


class Diary:
    """Who is taken at which hour, so that no host is in two meetings at once."""

    def __init__(self) -> None:
        self._taken: set[tuple[str, date, int]] = set()

    def claim(self, host: str, instant: datetime) -> None:
        """Mark the hour of an instant as taken."""
        self._taken.add((host, day_of(instant), instant.astimezone(ZONE).hour))

    def free_slot(self, dice: Dice, host: str, first: date, minutes: int) -> datetime:
        """A free slot between 9 and 17 on the first office day from `first` on that has one."""
        day = first
        while True:
            if is_office_day(day):
                for hour in dice.shuffled(range(9, 17)):
                    if (host, day, hour) not in self._taken:
                        return local(day, hour, 30 if minutes <= 30 and dice.chance(0.4) else 0)
            day += timedelta(days=1)


def office_minute(dice: Dice, day: date) -> datetime:
    """Some minute of a day at which a person books or cancels."""
    return local(day, dice.between(7, 21), dice.below(60))
