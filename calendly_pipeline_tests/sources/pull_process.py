"""One pull as a process of its own, for tests that kill it: `python -m ... URL TOKEN HOME FIRST LAST`."""

import asyncio
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from calendly_pipeline.clients.calendly import CalendlyClient
from calendly_pipeline.clients.http import StaticToken
from calendly_pipeline.home import Home
from calendly_pipeline.sources import pull_landing
from calendly_pipeline.sources.calendly_pull import pull_calendly
from calendly_pipeline.sources.pull_index import PullIndex
from calendly_pipeline.sources.pull_order import Order
from calendly_pipeline.state import State


def main() -> None:
    """Pull, flushing often so that a kill falls between flushes, into them and after them."""
    url, token, root, first, last = sys.argv[1:6]
    pull_landing.FLUSH_PAGES = 20
    home = Home(Path(root))
    state = State(f"sqlite:///{home.data / 'state.db'}")
    now = datetime.now(UTC)
    order = Order("backfill", date.fromisoformat(first), date.fromisoformat(last), now, f"{now:%H%M%S%f}")

    async def run() -> None:
        async with CalendlyClient(url, StaticToken(token), limit_share=1.0, concurrency=8) as client:
            sys.stdout.write("started\n")
            sys.stdout.flush()
            await pull_calendly(client, home, PullIndex(state, "calendly", "default"), order, lambda _: None)

    asyncio.run(run())


if __name__ == "__main__":
    main()
