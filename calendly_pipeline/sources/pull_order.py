"""What a pull is asked to do: which months, and what it reads again.

What belongs here: windows and modes. What does not: any call (`calendly_pull`, `calcom_pull`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from calendly_pipeline.settings import Ingest

Platform = Literal["calendly", "calcom"]  # the booking tools
Mode = Literal["window", "wide", "everything", "backfill"]
MODES: tuple[Mode, ...] = ("window", "wide", "everything", "backfill")


@dataclass(frozen=True)
class Order:
    """What to pull: everything that starts in the months [first, last]."""

    mode: Mode
    first: date
    """First day of the first month."""
    last: date
    """First day of the last month."""
    now: datetime
    run: str
    no_show_days: int = 7

    @property
    def start(self) -> datetime:
        """Begin of the first month, UTC."""
        return _midnight(self.first)

    @property
    def end(self) -> datetime:
        """End of the last month, UTC."""
        return _midnight(next_month(self.last))

    def months(self) -> Iterator[tuple[str, datetime, datetime]]:
        """Key (`2026-03`), begin and end of every month."""
        month = self.first
        while month <= self.last:
            following = next_month(month)
            yield month.strftime("%Y-%m"), _midnight(month), _midnight(following)
            month = following

    def must_reread(self, ends_at: datetime, read_at: datetime) -> bool:
        """Whether the invitees of an event that looks unchanged are read again: a no-show does not touch the event."""
        age = self.now - read_at
        is_over = ends_at <= self.now
        if self.mode == "window":
            is_recent = ends_at >= self.now - timedelta(days=self.no_show_days)
            return is_over and is_recent and age > timedelta(minutes=50)
        if self.mode == "wide":
            return is_over and age > timedelta(hours=20)
        return age > timedelta(hours=20 if self.mode == "everything" else 6)


def months_of(ingest: "Ingest", mode: Mode, today: date) -> tuple[date, date]:
    """First and last month (their first days) that a scheduled pull lists."""
    back = {"window": ingest.look_back_days, "wide": ingest.wide_look_back_days}.get(mode)
    first = ingest.history_since if back is None else today - timedelta(days=back)
    last = today + timedelta(days=ingest.look_ahead_days)
    return first.replace(day=1), last.replace(day=1)


def next_month(month: date) -> date:
    """First day of the month after."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
