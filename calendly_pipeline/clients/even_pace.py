"""An even pace for a vendor whose answers tell no limit: so many requests a second, one after the other."""

import asyncio
import math
from collections.abc import Mapping

from calendly_pipeline.clients.pacing import Clock, Deadline, RateBudget

LONGEST_PAUSE_SECONDS = 300.0


class EvenPace(RateBudget):
    """Keeps requests apart, and honours `Retry-After` should one ever come."""

    def __init__(self, per_second: float, clock: Clock | None = None, deadline: Deadline | None = None) -> None:
        super().__init__(1.0, clock, deadline)
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
            self._free_at = now + self.gap_seconds
            return now

    def settle(self, headers: Mapping[str, str] | None, *, refused: bool = False, sent_at: float | None = None) -> None:
        """Take note of a pause that the vendor asks for."""
        try:
            pause = float((headers or {}).get("retry-after", ""))
        except ValueError:
            return
        if math.isfinite(pause) and pause > 0:
            self._free_at = max(self._free_at, self.clock.monotonic() + min(pause, LONGEST_PAUSE_SECONDS))
