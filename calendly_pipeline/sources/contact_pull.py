"""The CRM's contacts, pulled: which key, how long, one pull at a time. What is asked: `lacrm_pull`."""

import asyncio

from calendly_pipeline import environment
from calendly_pipeline.clients.http import StaticToken
from calendly_pipeline.clients.lacrm import LacrmClient
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline.failures import PipelineError
from calendly_pipeline.home import Home
from calendly_pipeline.settings import Settings
from calendly_pipeline.sources.lacrm_pull import pull_lacrm
from calendly_pipeline.sources.pull_index import PullIndex
from calendly_pipeline.sources.pull_landing import PullReport, Say
from calendly_pipeline.sources.pulls import Pulled, one_at_a_time
from calendly_pipeline.state import State

PLATFORM, ACCOUNT = "lacrm", "default"
DEADLINE_SECONDS = 900.0
"""The daily pull begins at 05:40 UTC and is over before the contact index is built at 06:00."""


def lacrm_client(settings: Settings, seconds: float | None = None) -> LacrmClient | None:
    """The client of the firm's LACRM, for so many seconds; None without a key."""
    key = environment.secret(settings.lacrm.token_env)
    if key is None:
        return None
    return LacrmClient(
        environment.lacrm_api_url(),
        StaticToken(key),
        per_second=settings.lacrm.requests_per_second,
        deadline=Deadline(seconds),
    )


def pull_contacts(home: Home, settings: Settings, state: State, run: str, say: Say) -> Pulled:
    """Pull the CRM's contacts, if there is a key."""
    try:
        return Pulled((_pull(home, settings, state, run, say),), None)
    except PipelineError as failed:
        return Pulled((PullReport(ACCOUNT, f"failed: {failed}", {}, failure=type(failed).__name__),), failed)


def _pull(home: Home, settings: Settings, state: State, run: str, say: Say) -> PullReport:
    if home.is_sample:
        return PullReport(ACCOUNT, "not configured: the sample firm asks nobody", {})
    client = lacrm_client(settings, DEADLINE_SECONDS)
    if client is None:
        return PullReport(ACCOUNT, f"not configured: {settings.lacrm.token_env} is not set", {})
    index = PullIndex(state, PLATFORM, ACCOUNT)

    async def run_it() -> PullReport:
        async with client:
            lacrm = settings.lacrm
            is_asked = bool(lacrm.household_relationships)
            return await pull_lacrm(client, home, index, run, say, lacrm.max_shrink_share, ask_relationships=is_asked)

    with one_at_a_time(home, PLATFORM, ACCOUNT):
        return asyncio.run(run_it())
