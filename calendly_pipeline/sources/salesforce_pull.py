"""Salesforce's users into landing, whole each time: whose address is whose decides where a Calendly link goes.

One request per 2,000 users. The list lands when it differs from the last one: id, address, user name, and whether the
user is active; nothing else of them is asked for.

Data flow: SALESFORCE_INSTANCE_URL -> data/landing/salesforce/default/account/<run>/*.jsonl.gz -> sources.api_records
"""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime

from calendly_pipeline import environment
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline.clients.salesforce import SalesforceClient
from calendly_pipeline.clients.salesforce_login import chosen_login
from calendly_pipeline.failures import PipelineError
from calendly_pipeline.home import Home
from calendly_pipeline.settings import Settings
from calendly_pipeline.sources.pages import Pull
from calendly_pipeline.sources.pull_index import PullIndex
from calendly_pipeline.sources.pull_landing import Landing, PullReport, Say
from calendly_pipeline.sources.pull_order import Order
from calendly_pipeline.sources.pulls import Pulled, one_at_a_time
from calendly_pipeline.state import State

PLATFORM, ACCOUNT = "salesforce", "default"
DEADLINE_SECONDS = 300.0
LISTED = "users"
"""Kind of the landed list."""


def pull_users(home: Home, settings: Settings, state: State, run: str, say: Say) -> Pulled:
    """Pull Salesforce's users, if `[destinations.salesforce_links]` and a login are there."""
    try:
        return Pulled((_pull(home, settings, state, run, say),), None)
    except PipelineError as failed:
        return Pulled((PullReport(ACCOUNT, f"failed: {failed}", {}),), failed)


async def pull_salesforce(client: SalesforceClient, home: Home, index: PullIndex, run: str, say: Say) -> PullReport:
    """The pull itself; raises ApiError."""
    started_at = datetime.now(UTC)
    landing = Landing(
        home, index, Order("everything", started_at.date(), started_at.date(), started_at, run), say, client.traffic
    )
    users = await client.users()
    landing.land_whole(LISTED, [asdict(user) for user in sorted(users, key=lambda user: user.user_id)])
    await landing.flush()
    numbers: dict[str, float] = {**vars(client.traffic), "users": len(users)}
    landing.writer.finish(
        Pull(PLATFORM, ACCOUNT, run, "everything", None, None, started_at, datetime.now(UTC), "", numbers)
    )
    return PullReport(ACCOUNT, "done", numbers)


def _pull(home: Home, settings: Settings, state: State, run: str, say: Say) -> PullReport:
    links = settings.destinations.salesforce_links
    if home.is_sample:
        return PullReport(ACCOUNT, "not configured: the sample firm asks nobody", {})
    if links is None:
        return PullReport(ACCOUNT, "not configured: pipeline.toml has no [destinations.salesforce_links]", {})
    login = chosen_login(environment.secret)
    if login is None:
        return PullReport(ACCOUNT, "not configured: SALESFORCE_INSTANCE_URL is not set", {})

    async def run_it() -> PullReport:
        async with SalesforceClient(login, version=links.api_version, deadline=Deadline(DEADLINE_SECONDS)) as client:
            return await pull_salesforce(client, home, PullIndex(state, PLATFORM, ACCOUNT), run, say)

    with one_at_a_time(home, PLATFORM, ACCOUNT):
        return asyncio.run(run_it())
