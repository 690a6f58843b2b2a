"""Seeded choices that come out the same on every machine and every Python.

Only `random.Random.random` is used: its sequence is promised to stay, that of `choice` or `shuffle` is not.
"""

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A named, independent stream of choices: another stream's use does not move this one."""

    def __init__(self, seed: int, purpose: str) -> None:
        self._random = random.Random(f"{seed}/{purpose}")

    def below(self, limit: int) -> int:
        """A whole number from 0 to `limit` - 1."""
        return int(self._random.random() * limit)

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def chance(self, probability: float) -> bool:
        """True in that share of calls."""
        return self._random.random() < probability

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, all equally likely."""
        return options[self.below(len(options))]

    def weighted(self, options: Sequence[tuple[T, float]]) -> T:
        """One of the options, as likely as its weight says."""
        point = self._random.random() * sum(weight for _, weight in options)
        for option, weight in options:
            point -= weight
            if point < 0:
                return option
        return options[-1][0]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in another order."""
        mixed = list(items)
        for last in range(len(mixed) - 1, 0, -1):
            other = self.below(last + 1)
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed

    def digits(self, count: int) -> str:
        """A number of so many digits, as text, not beginning with 0."""
        return str(self.between(1, 9)) + "".join(str(self.below(10)) for _ in range(count - 1))

    def uuid(self) -> str:
        """A version 4 UUID."""
        parts = [self.below(2**32) for _ in range(4)]
        parts[1] = (parts[1] & 0xFFFF0FFF) | 0x4000
        parts[2] = (parts[2] & 0x3FFFFFFF) | 0x80000000
        text = "".join(f"{part:08x}" for part in parts)
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def short_id(self) -> str:
        """An id of 22 letters and digits, as Cal.com gives its bookings."""
        letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
        return "".join(self.pick(letters) for _ in range(22))
