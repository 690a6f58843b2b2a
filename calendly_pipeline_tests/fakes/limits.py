"""A fixed-window limit per key, told in the vendor's own headers and never with Retry-After."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

Headers = list[tuple[bytes, bytes]]

CALENDLY_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def calcom_headers(name: str = "Default") -> tuple[str, str, str]:
    """The three header names of one of Cal.com's named limits (Cal.com API reference)."""
    return (f"X-RateLimit-Limit-{name}", f"X-RateLimit-Remaining-{name}", f"X-RateLimit-Reset-{name}")


class Taken(NamedTuple):
    """What the limiter said to one request."""

    allowed: bool
    limit: int
    remaining: int
    reset_seconds: int


@dataclass
class Window:
    """The running window of one key."""

    opened_at: float
    used: int = 0
    blocked_until: float = 0.0


@dataclass
class Limit:
    """So many requests per key and window; a window opens with its first request."""

    per_window: int
    window_seconds: float = 60.0
    names: tuple[str, str, str] = CALENDLY_HEADERS
    block_seconds: float = 0.0  # Cal.com blocks a key this long once it went over
    reset_as: str = "seconds"  # or "timestamp": Cal.com's two descriptions disagree
    clock: Callable[[], float] = time.monotonic
    per_key: dict[str, int] = field(default_factory=dict)  # another budget for one key
    served: int = 0
    refused: int = 0
    windows: dict[str, Window] = field(default_factory=dict)

    def take(self, key: str) -> Taken:
        """Count one request of this key and say whether it may pass."""
        now = self.clock()
        window = self.windows.get(key)
        if window is None or now >= max(window.opened_at + self.window_seconds, window.blocked_until):
            window = self.windows[key] = Window(now)
        allowance = self.per_key.get(key, self.per_window)
        allowed = window.used < allowance and now >= window.blocked_until
        if allowed:
            window.used += 1
            self.served += 1
        else:
            self.refused += 1
            if self.block_seconds and not window.blocked_until:
                window.blocked_until = now + self.block_seconds
        ends = max(window.opened_at + self.window_seconds, window.blocked_until)
        return Taken(allowed, allowance, allowance - window.used, math.ceil(ends - now))

    def headers(self, taken: Taken) -> Headers:
        """The vendor's three headers."""
        reset = taken.reset_seconds if self.reset_as == "seconds" else int(time.time()) + taken.reset_seconds
        values = (taken.limit, taken.remaining, reset)
        return [(name.lower().encode(), str(value).encode()) for name, value in zip(self.names, values, strict=True)]

    def spend(self, key: str, count: int) -> None:
        """Let another tool of the firm use up part of this key's running window."""
        window = self.windows.setdefault(key, Window(self.clock()))
        window.used = min(window.used + count, self.per_key.get(key, self.per_window))
