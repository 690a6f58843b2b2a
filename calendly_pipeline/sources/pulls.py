"""Every account of a platform, pulled one after the other.

What belongs here: which token, which limits, one pull of an account at a time. What does not: any call.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from filelock import FileLock, Timeout

from calendly_pipeline import environment
from calendly_pipeline.calendly_access import calendly_client
from calendly_pipeline.clients.calcom import CalcomClient
from calendly_pipeline.clients.http import StaticToken
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline.failures import PipelineError, PullBusy
from calendly_pipeline.home import Home
from calendly_pipeline.settings import CalcomAccount, CalendlyAccount, Settings
from calendly_pipeline.sources.calcom_pull import pull_calcom
from calendly_pipeline.sources.calendly_pull import pull_calendly
from calendly_pipeline.sources.pull_index import PullIndex
from calendly_pipeline.sources.pull_landing import PullReport, Say
from calendly_pipeline.sources.pull_order import Order, Platform
from calendly_pipeline.state import State

LONG_PULL_MINUTES = 660
"""A backfill or a full pass may take this long; the next one goes on where it stopped."""
BUSY_SECONDS = 600


@dataclass(frozen=True)
class Pulled:
    """How the accounts of a platform went; `error` is the first account's that failed, the others were pulled."""

    reports: tuple[PullReport, ...]
    error: PipelineError | None


def pull_all(platform: Platform, home: Home, settings: Settings, state: State, order: Order, say: Say) -> Pulled:
    """Pull every account that has a token; an account that fails does not keep the others from being pulled."""
    reports: list[PullReport] = []
    error: PipelineError | None = None
    for account in settings.accounts(platform):
        try:
            reports.append(_pull_one(platform, home, settings, state, order, say, account))
        except PipelineError as failed:
            say(f"{platform} {account.name}: {failed}")
            reports.append(PullReport(account.name, f"failed: {failed}", {}, failure=type(failed).__name__))
            error = error or failed
    return Pulled(tuple(reports), error)


def calcom_client(account: CalcomAccount, settings: Settings, seconds: float | None = None) -> CalcomClient | None:
    """The client of a Cal.com instance, for so many seconds; None without a key."""
    key = environment.secret(account.token_env)
    if key is None:
        return None
    return CalcomClient(
        account.api_url or environment.calcom_api_url(),
        StaticToken(key),
        limit_share=settings.ingest.limit_share,
        concurrency=settings.ingest.concurrency,
        deadline=Deadline(seconds),
    )


def _pull_one(
    platform: Platform,
    home: Home,
    settings: Settings,
    state: State,
    order: Order,
    say: Say,
    account: CalendlyAccount | CalcomAccount,
) -> PullReport:
    if home.is_sample:
        return PullReport(account.name, "not configured: the sample firm asks nobody", {})
    if account.until and account.until < order.now.date() and order.mode in ("window", "wide"):
        return PullReport(account.name, f"not asked: out of service since {account.until}", {})
    index = PullIndex(state, platform, account.name)
    is_long = order.mode in ("everything", "backfill")
    seconds = 60.0 * (LONG_PULL_MINUTES if is_long else settings.ingest.deadline_minutes)
    if isinstance(account, CalendlyAccount):
        client = calendly_client(account, settings, state, seconds)
        work = None if client is None else pull_calendly(client, home, index, order, say)
    else:
        client = calcom_client(account, settings, seconds)
        work = None if client is None else pull_calcom(client, home, index, order, say)
    if client is None or work is None:
        return PullReport(account.name, f"not configured: {account.token_env} is not set", {})

    async def run() -> PullReport:
        async with client:
            return await work

    with one_at_a_time(home, platform, account.name):
        return asyncio.run(run())


@contextmanager
def one_at_a_time(home: Home, platform: str, account: str) -> Iterator[None]:
    """The system frees this lock when the process dies, unlike a slot of a Dagster pool."""
    lock = home.pull_lock(platform, account)
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=BUSY_SECONDS):
            yield
    except Timeout as error:
        raise PullBusy(
            f"Another pull of {platform} {account} has been running for {BUSY_SECONDS} s.", "Try again when it is done."
        ) from error


def summary(reports: Sequence[PullReport]) -> dict[str, float]:
    """The accounts' counts added up."""
    names = {name for report in reports for name in report.counts}
    return {name: sum(report.counts.get(name, 0) for report in reports) for name in sorted(names)}
