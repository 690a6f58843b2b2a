"""Pages by position join, whatever moves meanwhile."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendly_pipeline.clients.calcom_paging import MOST_PAGES_WITHOUT_NEWS, Joint

Row = dict[str, Any]
MOST_REQUESTS = 5_000


@dataclass
class Moving:
    """A list sorted by `at`, of which something changes before every request."""

    rows: dict[str, int]
    changes: list[str] = field(default_factory=list)
    clock: int = 1_000

    def page(self, take: int, skip: int) -> list[Row]:
        """One page; before it, the next named row changes and goes to the end."""
        if self.changes:
            self.clock += 1
            self.rows[self.changes.pop()] = self.clock
        ordered = sorted(self.rows, key=lambda uid: (self.rows[uid], sum(map(ord, uid)) * (7 + skip) % 101))
        return [{"uid": uid, "at": self.rows[uid]} for uid in ordered[skip : skip + take]]


def read(moving: Moving, take: int) -> tuple[set[str], int]:
    """What a whole listing saw, and how many requests it took; fails when it stops."""
    joint, seen = Joint(take, "at"), set[str]()
    for requests in range(MOST_REQUESTS):
        rows = moving.page(take, joint.skip)
        if not rows:
            return seen, requests + 1
        if joint.fits(rows):
            seen |= {row["uid"] for row in rows}
        assert not joint.is_stuck
    raise AssertionError("the listing does not end")


@given(count=st.integers(0, 120), take=st.integers(1, 60))
def test_every_row_for_any_page_size(count: int, take: int) -> None:
    """A list that rests is read completely."""
    rows = {f"b{number}": number for number in range(count)}
    assert read(Moving(dict(rows)), take)[0] == set(rows)


@settings(deadline=None)
@given(count=st.integers(1, 90), take=st.integers(4, 40), picks=st.lists(st.integers(0, 89), max_size=60))
def test_every_row_while_changed_ones_go_to_the_end(count: int, take: int, picks: list[int]) -> None:
    """Before each request one row leaves its place, so that all behind it come forward: none is missed."""
    rows = {f"b{number}": number for number in range(count)}
    assert read(Moving(dict(rows), [f"b{pick % count}" for pick in picks]), take)[0] == set(rows)


@given(groups=st.lists(st.integers(1, 6), max_size=30), take=st.integers(8, 40))
def test_every_row_though_equal_ones_come_in_any_order(groups: list[int], take: int) -> None:
    """Rows of one value that fit into a page are all read, however each request orders them."""
    rows = {f"b{at}/{number}": at for at, size in enumerate(groups) for number in range(size)}
    assert read(Moving(dict(rows)), take)[0] == set(rows)


@pytest.mark.parametrize("count", [300, 600])
def test_a_great_shift_is_noticed(count: int) -> None:
    """A hundred rows that change between two requests hide none behind them, though they stand where it goes on."""
    moving = Moving({f"b{number}": number for number in range(count)})
    joint, seen = Joint(250, "at"), set[str]()
    for request in range(50):
        if request == 1:
            moving.rows |= {f"b{number}": 2_000 + number for number in range(100)}
        rows = moving.page(250, joint.skip)
        if not rows:
            break
        if joint.fits(rows):
            seen |= {row["uid"] for row in rows}
    assert len(seen) == count


def test_a_bulk_change_does_not_slow_a_listing_down() -> None:
    """Thousands of rows of one value are read at half a page per request at least."""
    moving = Moving({f"b{number}": 1 for number in range(2_000)})
    assert read(moving, 250)[1] < 20


def test_pages_cost_few_rows_twice() -> None:
    """Ten thousand rows take 42 full pages and the empty one."""
    moving = Moving({f"b{number}": number for number in range(10_000)})
    assert read(moving, 250)[1] <= 44


@pytest.mark.parametrize("take", [1, 2, 10, 250])
def test_a_server_that_ignores_the_position_is_noticed(take: int) -> None:
    """The same page three times is stuck."""
    joint = Joint(take, "at")
    page = [{"uid": f"b{number}", "at": number} for number in range(min(take, 60))]
    answers = []
    while not joint.is_stuck:
        answers.append(joint.fits(page))
    assert len(answers) <= 3


def test_a_server_that_answers_at_random_is_noticed() -> None:
    """Pages that never join end after a while."""
    joint = Joint(10, "at")
    for number in range(10 * MOST_PAGES_WITHOUT_NEWS):
        joint.fits([{"uid": f"b{(number * 7 + place) % 30}", "at": place} for place in range(10)])
        if joint.is_stuck:
            return
    raise AssertionError("nobody noticed")
