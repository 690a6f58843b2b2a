"""An even pace, for a vendor whose answers tell no limit or only that of a second: so many requests, evenly spread."""

import asyncio
import math
from collections.abc import Mapping

from calendly_pipeline.clients.pacing import SHORTEST_PAUSE_SECONDS, Clock, Deadline, RateBudget, read_window

LONGEST_PAUSE_SECONDS = 300.0
MADE_UP_SECONDS = 0.01
"""A sleep ends a little late; so much of it is made up for, or every request would be late by all that went before."""


class EvenPace(RateBudget):
    """Keeps requests apart, and pauses when the vendor asks for it: by `Retry-After`, or by a window used up."""

    def __init__(
        self,
        per_second: float,
        clock: Clock | None = None,
        deadline: Deadline | None = None,
        prefix: str = "x-ratelimit",
    ) -> None:
        super().__init__(1.0, clock, deadline, prefix)
        self.gap_seconds = 1.0 / per_second
        self._free_at = -math.inf
        self._one = asyncio.Lock()

    async def acquire(self, vendor: str, request: str) -> float:
        """Wait for this request's turn."""
        async with self._one:
            seconds = max(self._free_at - self.clock.monotonic(), 0.0)
            if seconds:
                self.deadline.require(seconds, vendor, request)
                self.waited_seconds += seconds
                await self.clock.sleep(seconds)
            now = self.clock.monotonic()
            overslept = min(now - self._free_at, MADE_UP_SECONDS) if seconds else 0.0
            self._free_at = now + self.gap_seconds - overslept
            return now

    def settle(self, headers: Mapping[str, str] | None, *, refused: bool = False, sent_at: float | None = None) -> None:
        """Take note of a pause that the vendor asks for."""
        pause = self._asked_pause(headers or {}, refused)
        if math.isfinite(pause) and pause > 0:
            self._free_at = max(self._free_at, self.clock.monotonic() + min(pause, LONGEST_PAUSE_SECONDS))

    def _asked_pause(self, headers: Mapping[str, str], refused: bool) -> float:
        """Seconds; a window of a second that is used up asks for none: the even pace is what keeps it."""
        window = read_window(headers, self.clock, self.prefix)
        if window and (refused or (window.remaining <= 0 and window.reset_seconds > SHORTEST_PAUSE_SECONDS)):
            return window.reset_seconds
        try:
            return float(headers.get("retry-after", ""))
        except ValueError:
            return 0.0
