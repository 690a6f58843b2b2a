"""A vendor with a fixed-window limit in virtual time, and those who ask it at the same time."""

import asyncio
import math
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from calendly_pipeline.clients.pacing import Deadline, RateBudget
from calendly_pipeline_tests.clients.virtual_time import LoopClock, virtually

MOST_ATTEMPTS = 30
PAUSE_SECONDS = 0.25


@dataclass
class Vendor:
    """Counts requests per window, and tells what is left in whole seconds."""

    limit: int
    seconds: float = 60.0
    is_aligned: bool = False  # windows begin at multiples of `seconds`, else with the first request after the last one
    rounds: Callable[[float], int] = math.ceil
    says: str = "seconds"  # or "timestamp", "nothing"
    clock: LoopClock = field(default_factory=LoopClock)
    accepted: Counter[float] = field(default_factory=Counter)  # by begin of the window, everybody's
    ours: Counter[float] = field(default_factory=Counter)
    refused: Counter[float] = field(default_factory=Counter)  # of ours
    _began: float = -math.inf

    def take(self, is_ours: bool = True) -> tuple[bool, httpx.Headers]:
        """One request: whether it passes, and the headers of its answer."""
        now = self.clock.monotonic()
        if now >= self._began + self.seconds:
            self._began = now // self.seconds * self.seconds if self.is_aligned else now
        passes = self.accepted[self._began] < self.limit
        self.accepted[self._began] += passes
        if is_ours:
            (self.ours if passes else self.refused)[self._began] += 1
        return passes, self._headers(now)

    def _headers(self, now: float) -> httpx.Headers:
        if self.says == "nothing":
            return httpx.Headers()
        left = self._began + self.seconds - now
        reset = self.rounds(self.clock.unix() + left if self.says == "timestamp" else left)
        told = (self.limit, self.limit - self.accepted[self._began], reset)
        names = ("Limit", "Remaining", "Reset")
        return httpx.Headers({f"X-RateLimit-{name}": str(value) for name, value in zip(names, told, strict=True)})


@dataclass
class Crowd:
    """So many askers with one budget; a request that is refused is asked again, as the client does."""

    vendor: Vendor
    askers: int = 24
    share: float = 1.0
    latency: tuple[float, float] = (0.08, 0.08)  # shortest and longest
    slow_share: float = 0.0  # of all requests, which take `slow_seconds`
    slow_seconds: float = 5.0
    lost_share: float = 0.0  # of all requests, counted by the vendor and never answered
    others_per_second: float = 0.0  # requests of the firm's other tools
    seconds: float | None = None  # of the run
    seed: int = 1
    served: int = 0
    failed: int = 0
    lost: int = 0
    took: float = 0.0
    most_at_once: int = 0

    def ask(self, count: int) -> "Crowd":
        """All requests are served, or fail after too many attempts."""
        virtually(self._ask(count))
        return self

    async def _ask(self, count: int) -> None:
        clock = self.vendor.clock
        self.chance = random.Random(self.seed)
        self.budget = RateBudget(self.share, clock, Deadline(self.seconds, clock))
        self.left, self.at_once = count, 0
        others = asyncio.create_task(self._others())
        async with asyncio.TaskGroup() as group:
            for _ in range(self.askers):
                group.create_task(self._asker())
        self.took = clock.monotonic()
        others.cancel()

    async def _asker(self) -> None:
        while self.left:
            self.left -= 1
            for _ in range(MOST_ATTEMPTS):
                if await self._once():
                    self.served += 1
                    break
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                self.failed += 1

    async def _once(self) -> bool:
        sent_at = await self.budget.acquire("Vendor", "GET /")
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        there = self.chance.uniform(*self.latency) / 2
        await asyncio.sleep(there)
        passes, headers = self.vendor.take()
        back = self.slow_seconds if self.chance.random() < self.slow_share else self.chance.uniform(*self.latency) / 2
        await asyncio.sleep(back)
        self.at_once -= 1
        if self.chance.random() < self.lost_share:
            self.lost += 1
            self.budget.settle(None)
            return False
        self.budget.settle(headers, refused=not passes, sent_at=sent_at)
        return passes

    async def _others(self) -> None:
        while self.others_per_second:
            await asyncio.sleep(self.chance.expovariate(self.others_per_second))
            self.vendor.take(is_ours=False)
