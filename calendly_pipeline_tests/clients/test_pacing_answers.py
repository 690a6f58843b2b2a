"""What single answers do to the rate budget, and how the deadline ends a wait."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import httpx
import pytest

from calendly_pipeline.clients.pacing import Deadline, RateBudget, Window, read_window
from calendly_pipeline.failures import DeadlineReached
from calendly_pipeline_tests.clients.virtual_time import BEGIN, LoopClock, virtually

CLOCK = LoopClock()


def told(remaining: object, reset: object = 60, limit: object = 100, name: str = "") -> dict[str, str]:
    """The headers of an answer."""
    values = {"limit": limit, "remaining": remaining, "reset": reset}
    return {f"x-ratelimit-{key}{name}": str(value) for key, value in values.items()}


def read(*headers: dict[str, str]) -> Window | None:
    """What these headers say at the beginning of the virtual time."""

    async def run() -> Window | None:
        return read_window(httpx.Headers([pair for some in headers for pair in some.items()]), CLOCK)

    return virtually(run())


async def waited(budget: RateBudget, *, patience: float = 1000.0) -> float:
    """How long the next request waits; TimeoutError when it is longer than the patience."""
    begun = CLOCK.monotonic()
    async with asyncio.timeout(patience):
        await budget.acquire("Vendor", "GET /")
    return round(CLOCK.monotonic() - begun, 2)


async def sent(budget: RateBudget, count: int) -> list[float]:
    """So many requests that are under way, and when they went."""
    return [await budget.acquire("Vendor", "GET /") for _ in range(count)]


def fresh(share: float = 1.0, seconds: float | None = None) -> RateBudget:
    """A budget that knows nothing yet."""
    return RateBudget(share, CLOCK, Deadline(seconds, CLOCK))


def plays(scene: Coroutine[Any, Any, None]) -> None:
    """Run a scene in virtual time."""
    virtually(scene)


def test_the_tightest_of_several_limits_counts() -> None:
    """Of several named limits the one with the least left is kept; of equals the one that lasts longest."""
    assert read(told(9, 60, 100, "-default"), told(3, 600, 1000, "-long")) == Window(1000, 3, 600)
    assert read(told(0, 5, 10, "-short"), told(0, 3000, 1000, "-long")) == Window(1000, 0, 3000)
    assert read(told(0, 3000, 1000, "-long"), told(0, 5, 10, "-short")) == Window(1000, 0, 3000)


def test_headers_that_say_nothing() -> None:
    """No headers, half of them and words are no window, and one that is garbled does not hide another."""
    assert read({}) is None
    assert read({"x-ratelimit-remaining": "5"}) is None
    for garbled in ("many", "", "nan", "inf"):
        assert read(told(garbled)) is None
        assert read(told(1, reset=garbled)) is None
        assert read(told(2, limit=garbled, name="-odd"), told(7)) == Window(100, 7, 60)


def test_reset_is_seconds_or_a_time() -> None:
    """A Unix time is counted from the vendor's clock when it is told, else from ours; a window in the past is over."""
    date = {"date": "Fri, 15 Jan 2027 08:00:10 GMT"}  # ten seconds after BEGIN
    assert read(told(1, BEGIN + 40)) == Window(100, 1, 40)
    assert read(told(1, BEGIN + 40), date) == Window(100, 1, 30)
    assert read(told(1, BEGIN - 40)) == Window(100, 1, 0)
    assert read(told(1, 10**8)) == Window(100, 1, 3600)


def test_the_first_request_goes_alone() -> None:
    """Nobody follows before the first answer told how much there is; then as many as that."""

    async def scene() -> None:
        budget = fresh()
        (at,) = await sent(budget, 1)
        with pytest.raises(TimeoutError):
            await waited(budget, patience=5)
        budget.settle(told(3), sent_at=at)
        await sent(budget, 3)
        with pytest.raises(TimeoutError):
            await waited(budget, patience=5)

    plays(scene())


def test_answers_out_of_order() -> None:
    """The least that any answer of a window left counts, in whatever order they come."""

    async def scene() -> None:
        budget = fresh()
        at = await sent(budget, 1)
        budget.settle(told(4), sent_at=at[0])
        at = await sent(budget, 4)
        for remaining in (0, 2, 3, 1):
            budget.settle(told(remaining, 55), sent_at=at[0])
        assert await waited(budget) == pytest.approx(55, abs=0.1)

    plays(scene())


def test_an_old_answer_in_a_new_window() -> None:
    """What an answer of the window before says costs a short pause at most."""

    async def scene() -> None:
        budget = fresh()
        (at,) = await sent(budget, 1)
        budget.settle(told(50, 2), sent_at=at)
        (late, early) = await sent(budget, 2)
        await asyncio.sleep(2.5)
        budget.settle(told(99, 60), sent_at=early + 2.4)
        budget.settle(told(0, 1), sent_at=late)
        assert await waited(budget) <= 1.1
        budget.settle(told(97, 58), sent_at=CLOCK.monotonic())
        assert await waited(budget) == 0

    plays(scene())


def test_an_old_answer_with_much_room() -> None:
    """A slow answer from the beginning of the window does not open a window that is spent."""

    async def scene() -> None:
        budget = fresh()
        (at,) = await sent(budget, 1)
        budget.settle(told(2), sent_at=at)
        slow, quick = await sent(budget, 2)
        budget.settle(told(0), sent_at=quick)
        await asyncio.sleep(20)
        budget.settle(told(1), sent_at=slow)
        assert await waited(budget) == pytest.approx(40, abs=0.1)

    plays(scene())


def test_a_lost_answer_frees_its_place_and_counts() -> None:
    """The vendor may have counted the request: one less is left, and nobody waits for its answer."""

    async def scene() -> None:
        budget = fresh()
        (at,) = await sent(budget, 1)
        budget.settle(None)
        (at,) = await sent(budget, 1)
        budget.settle(told(2), sent_at=at)
        await sent(budget, 1)
        budget.settle(None)
        assert await waited(budget) == 0
        budget.settle(None)
        assert await waited(budget) == pytest.approx(60, abs=0.1)

    plays(scene())


def test_refused_is_empty_whatever_is_said() -> None:
    """After a refusal nothing goes before the window ends, even when the vendor says that much is left."""

    async def scene() -> None:
        for reset, pause in ((30, 30), (0, 1)):
            budget = fresh()
            (at,) = await sent(budget, 1)
            budget.settle(told(50, reset), refused=True, sent_at=at)
            assert await waited(budget) == pytest.approx(pause, abs=0.1)

    plays(scene())


def test_headers_after_none() -> None:
    """An answer that tells of no limit lets all go; the first one that does puts the limit in force."""

    async def scene() -> None:
        budget = fresh()
        await sent(budget, 1)
        budget.settle({})
        at = await sent(budget, 5)
        for remaining in range(4, -1, -1):
            budget.settle(told(remaining), sent_at=at[0])
        assert await waited(budget) == pytest.approx(60, abs=0.1)

    plays(scene())


def test_refused_without_a_word() -> None:
    """A refusal without headers makes requests go one at a time until one passes."""

    async def scene() -> None:
        budget = fresh()
        await sent(budget, 1)
        budget.settle({}, refused=True)
        await sent(budget, 1)
        with pytest.raises(TimeoutError):
            await waited(budget, patience=5)
        budget.settle({})
        await sent(budget, 10)

    plays(scene())


def test_the_deadline_ends_a_wait_before_it_begins() -> None:
    """A wait that would end after the deadline is not begun; every asker hears it, and none is counted as under way."""

    async def scene() -> None:
        budget = fresh(seconds=300)
        (at,) = await sent(budget, 1)
        budget.settle(told(0, 400), sent_at=at)
        asked = [budget.acquire("Vendor", "GET /things") for _ in range(3)]
        errors = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(error) for error in errors] == [DeadlineReached] * 3
        assert str(errors[0]).startswith("Vendor GET /things: the 5 minutes of this run are over.")
        assert CLOCK.monotonic() == 0
        assert budget.waited_seconds == 0

    plays(scene())


def test_a_wait_within_the_deadline_is_waited() -> None:
    """What ends in time is waited for, and noted; once the time is over nothing goes any more."""

    async def scene() -> None:
        budget = fresh(seconds=100)
        (at,) = await sent(budget, 1)
        budget.settle(told(0, 60), sent_at=at)
        assert await waited(budget) == pytest.approx(60, abs=0.1)
        assert budget.waited_seconds == pytest.approx(60, abs=0.1)
        budget.deadline.require(30, "Vendor", "GET /")
        await asyncio.sleep(40)
        with pytest.raises(DeadlineReached):
            budget.deadline.require(0, "Vendor", "GET /")

    plays(scene())


def test_an_asker_that_gives_up_frees_the_queue() -> None:
    """A request that is cancelled while it waits leaves its turn to the next."""

    async def scene() -> None:
        budget = fresh()
        (at,) = await sent(budget, 1)
        waiting = [asyncio.create_task(waited(budget)) for _ in range(2)]
        await asyncio.sleep(1)
        waiting[0].cancel()
        budget.settle(told(5), sent_at=at)
        assert await waiting[1] == 1

    plays(scene())
