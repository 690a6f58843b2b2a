"""A pull of the CRM's contacts in a process of its own, to be killed: URL, key, home."""

import asyncio
import sys
from pathlib import Path

from calendly_pipeline.clients.http import StaticToken
from calendly_pipeline.clients.lacrm import LacrmClient
from calendly_pipeline.home import Home
from calendly_pipeline.sources.lacrm_pull import pull_lacrm
from calendly_pipeline.sources.pull_index import PullIndex
from calendly_pipeline.state import State


async def main(url: str, key: str, root: str) -> None:
    """Say `started`, then pull with pages of five, a hundred requests a second."""
    home = Home(Path(root))
    state = State(f"sqlite:///{home.data / 'state.db'}")
    async with LacrmClient(f"{url}/v2/", StaticToken(key), per_second=100.0) as client:
        client.page_size = 5
        sys.stdout.write("started\n")
        sys.stdout.flush()
        await pull_lacrm(client, home, PullIndex(state, "lacrm", "default"), "killed", lambda _: None)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
