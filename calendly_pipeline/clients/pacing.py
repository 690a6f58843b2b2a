"""How fast a vendor may be asked: the rate budget, and the time a run has.

What belongs here: waiting. What does not: what is asked, or what an answer says.
"""

import asyncio
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import Protocol

from calendly_pipeline.failures import DeadlineReached

LONGEST_WINDOW_SECONDS = 3600.0
UNIX_TIMES_BEGIN = 1e9
REFUSED_PAUSE_SECONDS = 0.25
"""A refused request does not queue again sooner."""
SHORTEST_PAUSE_SECONDS = 1.0
"""Vendors name whole seconds, some rounded down: a window that ends in 0 may last one more."""
ONE_WINDOW_SECONDS = 1.5
"""Ends that lie no further apart are one window's: whole seconds blur them."""


class Clock(Protocol):
    """Time as the pacing sees it; tests bring their own."""

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    def unix(self) -> float:
        """Seconds since 1970."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's clock."""

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def unix(self) -> float:
        """Seconds since 1970."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True)
class Window:
    """What one answer says of the vendor's present window."""

    limit: int
    remaining: int
    reset_seconds: float


def read_window(headers: Mapping[str, str], clock: Clock, prefix: str = "x-ratelimit") -> Window | None:
    """The tightest window named by `<prefix>-{Limit,Remaining,Reset}`, with or without a suffix; None: none.

    Calendly sends bare names and the seconds left (recorded); Cal.com adds the limit's name, and its reset is said to
    be seconds in one place and a Unix time in another, so both are understood.
    """
    windows = []
    for name, value in headers.items():
        lower = name.lower()
        if not lower.startswith(f"{prefix}-remaining"):
            continue
        suffix = lower.removeprefix(f"{prefix}-remaining")
        limit = _number(headers.get(f"{prefix}-limit{suffix}"))
        remaining, reset = _number(value), _number(headers.get(f"{prefix}-reset{suffix}"))
        if limit is None or remaining is None or reset is None:
            continue
        left = reset - _vendor_time(headers, clock) if reset > UNIX_TIMES_BEGIN else reset
        windows.append(Window(int(limit), int(remaining), min(max(left, 0.0), LONGEST_WINDOW_SECONDS)))
    return min(windows, key=lambda window: (window.remaining, -window.reset_seconds), default=None)


@dataclass
class Deadline:
    """The time a run has; `seconds` None: all of it."""

    seconds: float | None = None
    clock: Clock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        """The time begins to run."""
        self.started = self.clock.monotonic()

    def require(self, seconds: float, vendor: str, request: str) -> None:
        """Raise DeadlineReached when so many seconds more would end after it."""
        if self.seconds is None:
            return
        left = self.started + self.seconds - self.clock.monotonic()
        if seconds > left or left <= 0:
            raise DeadlineReached(
                vendor,
                request,
                f"the {self.seconds / 60:.0f} minutes of this run are over",
                "What was landed counts; the next run goes on.",
            )


@dataclass
class Patience(Deadline):
    """A deadline that also ends a single wait which is too long, such as one for the next hour."""

    longest_wait_seconds: float = 60.0

    def require(self, seconds: float, vendor: str, request: str) -> None:
        """Raise DeadlineReached when so many seconds more are too many, or would end after the deadline."""
        if seconds > self.longest_wait_seconds:
            said = f"the limit is used up for {seconds / 60:.0f} minutes"
            raise DeadlineReached(vendor, request, said, "What was sent counts; the next run goes on.")
        super().require(seconds, vendor, request)


class RateBudget:
    """Keeps requests inside the vendor's window, and leaves a share of the limit to the firm's other tools.

    The first request of a window goes alone: its answer tells how much there is, and no more than one request is
    refused when the window turns out not to have begun.
    """

    def __init__(
        self,
        share: float = 0.8,
        clock: Clock | None = None,
        deadline: Deadline | None = None,
        prefix: str = "x-ratelimit",
    ) -> None:
        self.share = share
        self.prefix = prefix
        self.clock = clock or SystemClock()
        self.deadline = deadline or Deadline()
        self.waited_seconds = 0.0
        self._turn = asyncio.Lock()
        self._answered = asyncio.Event()
        self._in_flight = 0
        self._window: Window | None = None
        self._ends_at = 0.0
        self._is_unlimited = False

    async def acquire(self, vendor: str, request: str) -> float:
        """Wait until one more request fits, and tell when it may go; every acquire is followed by one `settle`."""
        async with self._turn:
            while not self._fits():
                if self._in_flight:
                    self._answered.clear()
                    await self._answered.wait()
                else:
                    await self._wait_for_window(vendor, request)
            self._in_flight += 1
            return self.clock.monotonic()

    def settle(self, headers: Mapping[str, str] | None, *, refused: bool = False, sent_at: float | None = None) -> None:
        """Take note of an answer's headers; None: no answer came. `sent_at` is what `acquire` told."""
        self._in_flight -= 1
        self._answered.set()
        if headers is None:
            self._count_lost()
            return
        window = read_window(headers, self.clock, self.prefix)
        if window is None:
            self._is_unlimited = self._window is None and not refused
            return
        self._is_unlimited = False
        self._note(replace(window, remaining=0) if refused else window, refused, sent_at)

    def _note(self, window: Window, refused: bool, sent_at: float | None) -> None:
        now = self.clock.monotonic()
        ends_at = now + max(window.reset_seconds, SHORTEST_PAUSE_SECONDS)
        ends_at_least = (now if sent_at is None else sent_at) + window.reset_seconds
        if self._window is None or ends_at_least > self._ends_at + ONE_WINDOW_SECONDS:
            self._window, self._ends_at = window, ends_at  # a slow answer of the old window does not pass for a new one
            return
        self._window = replace(window, remaining=min(window.remaining, self._window.remaining))
        self._ends_at = ends_at if refused else min(ends_at, self._ends_at)

    def _count_lost(self) -> None:
        """The vendor may have counted a request whose answer was lost."""
        if self._window is not None:
            self._window = replace(self._window, remaining=self._window.remaining - 1)

    def _fits(self) -> bool:
        if self._is_unlimited:
            return True
        if self._window is not None and self.clock.monotonic() >= self._ends_at and not self._in_flight:
            self._window = None
        if self._window is None:
            return self._in_flight == 0
        reserved = math.ceil(round(self._window.limit * (1 - self.share), 6))
        return self._window.remaining - self._in_flight > reserved

    async def _wait_for_window(self, vendor: str, request: str) -> None:
        seconds = max(self._ends_at - self.clock.monotonic(), 0.0) + 0.02
        self.deadline.require(seconds, vendor, request)
        self.waited_seconds += seconds
        await self.clock.sleep(seconds)


def _vendor_time(headers: Mapping[str, str], clock: Clock) -> float:
    """Unix time by the vendor's clock, in whole seconds as its window ends are: ours may differ, and a request that
    comes a moment too early costs a blocked minute at Cal.com.
    """
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return clock.unix()


def _number(text: str | None) -> float | None:
    try:
        number = math.nan if text is None else float(text.strip())
    except ValueError:
        return None
    return number if math.isfinite(number) else None
