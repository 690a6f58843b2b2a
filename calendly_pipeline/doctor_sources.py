"""What `calendly-pipeline doctor` asks the booking tools and the CRM: tokens, roles, scopes, webhooks, contacts."""

import asyncio
from collections.abc import Iterator

from calendly_pipeline import environment
from calendly_pipeline.calendly_access import calendly_client
from calendly_pipeline.clients.calcom import CalcomClient
from calendly_pipeline.clients.calendly import CalendlyClient, Identity
from calendly_pipeline.clients.lacrm import LacrmClient
from calendly_pipeline.failures import PermissionDenied, PipelineError, Unauthenticated
from calendly_pipeline.findings import Finding
from calendly_pipeline.home import Home
from calendly_pipeline.settings import CalcomAccount, CalendlyAccount, Settings
from calendly_pipeline.sources.contact_pull import lacrm_client
from calendly_pipeline.sources.pulls import calcom_client
from calendly_pipeline.sources.webhook_subscriptions import Subscription, subscriptions
from calendly_pipeline.state import State

LOOK_SECONDS = 30.0


def live_sources(home: Home, settings: Settings) -> Iterator[Finding]:
    """One finding or more per account; an account without a token is fine, its exports are read."""
    state = State(environment.state_url(home))
    try:
        state.upgrade()
        for account in settings.calendly_accounts():
            yield from _looked_at(f"calendly {account.name}", _calendly(account, settings, state))
            yield _secret(f"calendly {account.name}", account.webhook_key_env, "Calendly's webhooks")
        for instance in settings.calcom_accounts():
            yield from _looked_at(f"calcom {instance.name}", _calcom(instance, settings))
            yield _secret(f"calcom {instance.name}", instance.webhook_secret_env, "Cal.com's webhooks")
        yield from _looked_at("lacrm", _lacrm(settings))
    finally:
        state.close()


def _looked_at(subject: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    try:
        yield from findings
    except (Unauthenticated, PermissionDenied) as error:
        yield Finding("error", subject, str(error))
    except PipelineError as error:
        yield Finding("warning" if error.retry_helps else "error", subject, str(error))


def _calendly(account: CalendlyAccount, settings: Settings, state: State) -> Iterator[Finding]:
    subject = f"calendly {account.name}"
    client = calendly_client(account, settings, state, LOOK_SECONDS)
    if client is None:
        yield Finding("ok", subject, f"no API: {account.token_env} is not set; its exports and webhooks are read")
        return
    identity, found = asyncio.run(_ask_calendly(client))
    own = "the user's own events only: no owner or admin, or the token lacks organizations:read"
    scope = "the whole organization" if identity.is_admin else own
    yield Finding("ok" if identity.is_admin else "warning", subject, f"token of {identity.address}, sees {scope}")
    for item in found:
        if item.is_ours and item.is_disabled:
            yield Finding("error", subject, f"webhook {item.url} is disabled; run `calendly-pipeline webhooks repair`")
        elif item.is_ours:
            yield Finding("ok", subject, f"webhook {item.url} is {item.state}")


async def _ask_calendly(client: CalendlyClient) -> tuple[Identity, list[Subscription]]:
    async with client:
        identity = await client.identity()
        try:
            return identity, await subscriptions(client, identity)
        except PermissionDenied:
            return identity, []


def _calcom(account: CalcomAccount, settings: Settings) -> Iterator[Finding]:
    subject = f"calcom {account.name}"
    client = calcom_client(account, settings, LOOK_SECONDS)
    if client is None:
        yield Finding("ok", subject, f"no API: {account.token_env} is not set; its exports and webhooks are read")
        return
    owner = asyncio.run(_ask_calcom(client))
    yield Finding("ok", subject, f"key of {owner}")


async def _ask_calcom(client: CalcomClient) -> str:
    async with client:
        return (await client.probe()).address


def _lacrm(settings: Settings) -> Iterator[Finding]:
    client = lacrm_client(settings, LOOK_SECONDS)
    if client is None:
        yield Finding("ok", "lacrm", f"no API: {settings.lacrm.token_env} is not set; its exports are read")
        return
    user, people, companies = asyncio.run(_ask_lacrm(client))
    level = "ok" if people else "warning"
    yield Finding(level, "lacrm", f"key of {user}, sees {people:,} contacts and {companies:,} companies")


async def _ask_lacrm(client: LacrmClient) -> tuple[str, int, int]:
    async with client:
        user = await client.key_user()
        counts = [
            sum([len(client.rows(page)) async for page in client.contacts(kind)]) for kind in ("Contacts", "Companies")
        ]
        return user.address or user.name, counts[0], counts[1]


def _secret(subject: str, variable: str, what: str) -> Finding:
    if environment.secret(variable):
        return Finding("ok", subject, f"{variable} is set: {what} can be received")
    return Finding("ok", subject, f"{variable} is not set: {what} are refused")
