"""Reading by position a list that moves: where the next page of bookings begins, and whether it joins the last one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MARGIN_SHARE = 25
"""One row in so many is read twice."""
MOST_REPEATS = 2
"""The same page may come twice more, as when bookings were added in front of it."""
MOST_PAGES_WITHOUT_NEWS = 50
"""After a step back much is read again; more than this is a list that moves faster than it can be read."""

State = tuple[Any, Any]


@dataclass
class Joint:
    """Lets every page begin with rows of the page before.

    Positions shift while pages are read: a booking that changes leaves its place for the end of the list, and all
    behind it come forward by one; bookings of equal `column` come in any order. So a page overlaps the one before by
    all rows of the last value and some more, and a page that does not begin with a row already seen, unchanged, is
    not taken: what lies before it is asked for first. Rows of one value that do not fit into a page may still be
    missed; of bookings at one start there are few, after a bulk change of `updatedAt` a listing by start finds them.
    """

    take: int
    column: str
    skip: int = 0
    _seen: set[State] = field(default_factory=set)
    _last: tuple[State, ...] = ()
    _repeats: int = 0
    _without_news: int = 0
    _steps_back: int = 0

    @property
    def is_stuck(self) -> bool:
        """Pages come and bring nothing new."""
        return self._repeats >= MOST_REPEATS or self._without_news >= MOST_PAGES_WITHOUT_NEWS

    def fits(self, rows: Sequence[Mapping[str, Any]]) -> bool:
        """True: the page joins what was read, and `skip` moves on. False: it does not, and `skip` goes back."""
        states = tuple((row.get("uid"), row.get(self.column)) for row in rows)
        self._without_news += 1
        if self.skip and self.take > 1 and not self._joins(states[0]):
            self.skip = max(0, self.skip - self._margin * 2**self._steps_back)
            self._steps_back += 1
            return False
        self._steps_back = 0
        self._repeats = self._repeats + 1 if states == self._last else 0
        if not self._seen.issuperset(states):
            self._without_news = 0
        self._seen.update(states)
        self._last = states
        self.skip += len(rows) - (min(self._wanted_overlap, self._most_overlap) if len(rows) >= self.take else 0)
        return True

    def _joins(self, first: State) -> bool:
        """Seen as it is now, and before the rows that share the last value, unless those are too many."""
        last = self._last[-1][1]
        if first[1] == last == self._last[0][1] and len(self._last) > 1:
            return True
        return first in self._seen and (first[1] != last or self._wanted_overlap > self._most_overlap)

    @property
    def _margin(self) -> int:
        return max(1, self.take // MARGIN_SHARE)

    @property
    def _most_overlap(self) -> int:
        """One row less than a page; half of one whose rows are all equal, as a bulk change leaves `updatedAt`."""
        return self.take // 2 if self._last[0][1] == self._last[-1][1] else self.take - 1

    @property
    def _wanted_overlap(self) -> int:
        return sum(1 for _, value in self._last if value == self._last[-1][1]) + self._margin
