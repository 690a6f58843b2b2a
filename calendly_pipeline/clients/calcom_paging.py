"""Reading by position a list that moves: where the next page of bookings begins, and whether it joins the last one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MARGIN_SHARE = 25
"""One row in so many is read twice."""
LONGEST_STANDSTILL = 2
"""The same page may come twice more, as when bookings were added in front of it."""


@dataclass
class Joint:
    """Lets every page begin with rows of the page before.

    Positions shift while pages are read: a booking that changes leaves its place for the end of the list, and all
    behind it come forward by one; bookings of equal `column` come in any order. So a page overlaps the one before by
    all rows of the last value and some more, and a page that does not begin with a row already seen, unchanged, is
    not taken: what lies before it is asked for first.
    """

    take: int
    column: str
    skip: int = 0
    _seen: set[tuple[Any, Any]] = field(default_factory=set)
    _last: tuple[Any, ...] = ()
    _standstill: int = 0
    _steps_back: int = 0

    @property
    def is_stuck(self) -> bool:
        """The same page came again and again."""
        return self._standstill >= LONGEST_STANDSTILL

    def fits(self, rows: Sequence[Mapping[str, Any]]) -> bool:
        """True: the page joins what was read, and `skip` moves on. False: it does not, and `skip` goes back."""
        states = tuple((row["uid"], row.get(self.column)) for row in rows)
        if self.skip and self.take > 1 and states[0] not in self._seen:
            self.skip = max(0, self.skip - self._margin * 2**self._steps_back)
            self._steps_back += 1
            return False
        self._steps_back = 0
        self._standstill = self._standstill + 1 if states == self._last else 0
        self._last = states
        self._seen.update(states)
        self.skip += len(rows) - (self._overlap(rows) if len(rows) >= self.take else 0)
        return True

    @property
    def _margin(self) -> int:
        return max(1, self.take // MARGIN_SHARE)

    def _overlap(self, rows: Sequence[Mapping[str, Any]]) -> int:
        """Rows to read again: those that share the last value, and the margin; at least one row further it goes."""
        equal = sum(1 for row in rows if row.get(self.column) == rows[-1].get(self.column))
        return min(self.take - 1, equal + self._margin)
