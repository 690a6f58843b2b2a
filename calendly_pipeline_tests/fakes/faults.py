"""Faults on demand: a seeded share of all requests, or the next few to one path."""

import random
from collections import Counter
from dataclasses import dataclass

KINDS = ("429", "500", "502", "truncated", "cut", "lost", "half", "slow", "stale")
"""What can happen to a request.

429, 500: the vendor's own body; nothing was done.
502: a page of HTML from the front end, without the vendor's headers; nothing was done.
truncated: done, and answered with half of the JSON as if it were whole.
cut: the connection ends without an answer; nothing was done.
lost: done, but the connection ends without an answer.
half: done, and the connection ends in the middle of the body.
slow: done, and answered after `slow_seconds`.
stale: answered by a copy that lags: the state that the server's `keep_state` kept. For reads only.
"""
STORM = ("429", "500", "502", "truncated", "cut", "half", "slow")


@dataclass
class Planned:
    """One order to fail the next requests to a path."""

    left: int
    kind: str
    path_contains: str
    after: int = 0


class Faults:
    """Chooses the fault of each request; the same seed and order of requests choose the same."""

    def __init__(
        self, seed: int = 0, share: float = 0.0, kinds: tuple[str, ...] = STORM, slow_seconds: float = 0.3
    ) -> None:
        _known(*kinds)
        self.share = share
        self.kinds = kinds
        self.slow_seconds = slow_seconds
        self.retry_seconds = 1  # what an invented 429 says about the window
        self.counts: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._planned: list[Planned] = []

    def fail_next(self, n: int, kind: str, path_contains: str = "", after: int = 0) -> None:
        """Fail the next `n` requests whose path holds the text, once `after` of them have passed."""
        _known(kind)
        self._planned.append(Planned(n, kind, path_contains, after))

    def stop(self) -> None:
        """No more faults, neither planned nor at random."""
        self.share = 0.0
        self._planned.clear()

    def next_for(self, path: str) -> str | None:
        """The fault of this request, if any."""
        kind = self._planned_for(path)
        if kind is None and self.share and self._random.random() < self.share:
            kind = self._random.choice(self.kinds)
        if kind is not None:
            self.counts[kind] += 1
        return kind

    def _planned_for(self, path: str) -> str | None:
        for planned in self._planned:
            if planned.path_contains not in path:
                continue
            if planned.after:
                planned.after -= 1
                continue
            planned.left -= 1
            if planned.left <= 0:
                self._planned.remove(planned)
            return planned.kind
        return None


def _known(*kinds: str) -> None:
    unknown = set(kinds) - set(KINDS)
    if unknown:
        raise ValueError(f"No such fault: {', '.join(sorted(unknown))}; known: {', '.join(KINDS)}")
