"""An event loop whose sleeps take no time: the clock jumps to the next thing that is due."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")
BEGIN = 1_800_000_000.0


class _Jumping(selectors.DefaultSelector):
    """Waits for nothing; sleeping moves the clock on."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("Everybody waits and nothing is due.")
        self.now += timeout
        return []


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.jumping = _Jumping()
        super().__init__(self.jumping)

    def time(self) -> float:
        return self.jumping.now


class LoopClock:
    """The clock of the running loop."""

    def monotonic(self) -> float:
        """Seconds since the loop was made."""
        return asyncio.get_running_loop().time()

    def unix(self) -> float:
        """The same, counted from a day in 2027."""
        return BEGIN + self.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


def virtually(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end in virtual time; RuntimeError when everybody waits for ever."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(work)
