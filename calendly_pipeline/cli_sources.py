"""Commands of the live sources: `ingest`, `serve`, `login`, `webhooks`, `scheduling-link`."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, TypeVar

import click
from rich.console import Console
from rich.table import Table

from calendly_pipeline import environment
from calendly_pipeline.failures import InputError, SettingsError
from calendly_pipeline.home import Home
from calendly_pipeline.settings import CalendlyAccount, Settings
from calendly_pipeline.settings_file import load_settings
from calendly_pipeline.state import State

if TYPE_CHECKING:
    from calendly_pipeline.clients.calendly import CalendlyClient, Identity

console = Console(highlight=False)
Value = TypeVar("Value")


@click.command()
@click.option("--from", "first", metavar="YYYY-MM", help="First month; default: the window of pipeline.toml.")
@click.option("--to", "last", metavar="YYYY-MM", help="Last month; default: the first one.")
@click.option(
    "--mode",
    type=click.Choice(["window", "wide", "everything"]),
    default="window",
    show_default=True,
    help="Without months: what the hourly, the nightly or the weekly pull asks for.",
)
def ingest(first: str | None, last: str | None, mode: str) -> None:
    """Ask the APIs, and land what they say. Months named are read whole, of the booking tools only.

    Without months: the booking tools by the usual rule, the CRM's contacts, and Salesforce's users.
    """
    from calendly_pipeline.automation import month_range, pull_tags
    from calendly_pipeline.execution import run_job
    from calendly_pipeline.sources.pull_order import MODES

    home = _firm()
    if first:
        begin, end = _month(first, "--from"), _month(last or first, "--to")
        if end < begin:
            raise InputError(f"--to {last} lies before --from {first}.", "Name the earlier month first.")
        tags = month_range(begin, end, "backfill")
    elif last:
        raise InputError("--to without --from.", "Name both months, or neither.")
    else:
        chosen = MODES[MODES.index(mode)]
        tags = pull_tags(load_settings(home.settings_file), chosen, datetime.now(UTC).date())
    outcomes = [run_job(home, "ingest", None, tags=tags, say=_say)]
    if not first:
        outcomes.append(run_job(home, "contact_index_pull", None, say=_say))
        outcomes.append(run_job(home, "salesforce_users_pull", None, say=_say))
    for outcome in outcomes:
        _print_pulls(outcome.findings)
    for outcome in outcomes:
        if outcome.error is not None:
            raise outcome.error


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=int)
def serve(host: str, port: int) -> None:
    """Receive webhooks of Calendly and Cal.com; every delivery is stored before it is answered."""
    from calendly_pipeline.web.serving import serve as serve_web

    serve_web(_firm(), host, port)


@click.command()
@click.option("--account", help="Name of the account in pipeline.toml; default: the only one.")
def login(account: str | None) -> None:
    """Give consent to the firm's own OAuth app at Calendly, instead of a personal access token."""
    from calendly_pipeline.calendly_access import oauth_app
    from calendly_pipeline.clients.calendly_oauth import begin_consent, code_of, finish_consent

    home = _firm()
    chosen = _account(load_settings(home.settings_file), account)
    app = oauth_app()
    if app is None:
        raise SettingsError("CALENDLY_CLIENT_ID is not set.", "Copy it from the app's page at Calendly into .env.")
    consent = begin_consent(app)
    console.print(f"Open this address and consent:\n\n{consent.url}\n", soft_wrap=True, markup=False)
    answer = click.prompt("Then paste the whole address of the page you were sent to")
    with _state(home) as state:
        asyncio.run(finish_consent(app, consent, code_of(answer, consent), state, chosen.name))
    console.print(f"Account {chosen.name} has its tokens.")


@click.group()
def webhooks() -> None:
    """Calendly's webhook subscriptions. (Cal.com's are made in its settings, under Developer, Webhooks.)"""


@webhooks.command("list")
@click.option("--account", help="Name of the account in pipeline.toml; default: the only one.")
def list_webhooks(account: str | None) -> None:
    """Show every subscription and whether it works."""
    from calendly_pipeline.sources.webhook_subscriptions import subscriptions

    found = _ask(account, lambda client, identity, _: subscriptions(client, identity))
    table = Table("url", "state", "scope", "events", "failing since")
    for item in found:
        table.add_row(item.url, item.state, item.scope, ", ".join(item.events), item.retry_started_at or "")
    console.print(table if found else "No subscription yet: calendly-pipeline webhooks subscribe URL")


@webhooks.command("subscribe")
@click.argument("url")
@click.option("--account", help="Name of the account in pipeline.toml; default: the only one.")
def subscribe_webhook(url: str, account: str | None) -> None:
    """Send bookings, cancellations and no-shows to URL, e.g. https://hooks.firm.example/webhooks/calendly."""
    from calendly_pipeline.sources.webhook_subscriptions import OUR_PATH, subscribe

    if not url.startswith(("https://", "http://")) or OUR_PATH not in url:
        raise InputError(f"{url} is not the receiver's address.", f"It ends in {OUR_PATH} or {OUR_PATH}/<account>.")
    made = _ask(account, lambda client, identity, key: subscribe(client, identity, url, key()))
    console.print(f"{made.url} receives {', '.join(made.events)} ({made.state})", soft_wrap=True)


@webhooks.command("repair")
@click.option("--account", help="Name of the account in pipeline.toml; default: the only one.")
def repair_webhooks(account: str | None) -> None:
    """Make disabled subscriptions anew: Calendly gives up on one after 24 hours of failures."""
    from calendly_pipeline.sources.webhook_subscriptions import repair

    renewed = _ask(account, lambda client, identity, key: repair(client, identity, key()))
    for item in renewed:
        console.print(f"{item.url} works again", soft_wrap=True)
    hint = "Run `calendly-pipeline ingest` for what was missed." if renewed else "Every subscription works."
    console.print(hint)


@click.command("scheduling-link")
@click.argument("event_type")
@click.option("--account", help="Name of the account in pipeline.toml; default: the only one.")
def scheduling_link(event_type: str, account: str | None) -> None:
    """Make a link that books EVENT_TYPE (its name, slug or URI) once."""
    from calendly_pipeline.clients.calendly_event_types import find_event_type

    async def make(client: "CalendlyClient", identity: "Identity", _: Callable[[], str]) -> str:
        return await client.scheduling_link(await find_event_type(client, identity, event_type))

    click.echo(_ask(account, make))


def _ask(account: str | None, work: Callable[..., Awaitable[Value]]) -> Value:
    """Run something that needs a client, the token's identity and, when called, the signing key."""
    from calendly_pipeline.calendly_access import calendly_client

    home = _firm()
    settings = load_settings(home.settings_file)
    chosen = _account(settings, account)

    def key() -> str:
        found = environment.secret(chosen.webhook_key_env)
        if found is None:
            raise SettingsError(
                f"{chosen.webhook_key_env} is not set.", "Put a long random text of your own into .env under that name."
            )
        return found

    with _state(home) as state:
        client = calendly_client(chosen, settings, state)
        if client is None:
            raise SettingsError(
                f"{chosen.token_env} is not set.", "Put the token into .env, or run: calendly-pipeline login."
            )

        async def run() -> Value:
            async with client:
                return await work(client, await client.identity(), key)

        return asyncio.run(run())


def _firm() -> Home:
    home = environment.current_home()
    home.create()
    return home


def _account(settings: Settings, name: str | None) -> CalendlyAccount:
    accounts = settings.calendly_accounts()
    chosen = [account for account in accounts if name in (None, account.name)]
    if len(chosen) != 1:
        names = ", ".join(account.name for account in accounts)
        raise InputError(f"--account {name or 'is needed'}.", f"The accounts in pipeline.toml are: {names}.")
    return chosen[0]


@contextmanager
def _state(home: Home) -> Iterator[State]:
    state = State(environment.state_url(home))
    try:
        state.upgrade()
        yield state
    finally:
        state.close()


def _month(text: str, option: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise InputError(f"{option} {text!r} is no month.", "Write e.g. 2026-03.") from error


def _say(text: str) -> None:
    console.print(text, markup=False)


def _print_pulls(findings: dict[str, dict[str, object]]) -> None:
    for asset, found in sorted(findings.items()):
        accounts = found.get("accounts")
        for account, state in (accounts if isinstance(accounts, dict) else {}).items():
            console.print(f"{asset.removeprefix('sources.')} {account}: {state}", markup=False, soft_wrap=True)
        shown = [f"{name} {value}" for name, value in found.items() if isinstance(value, (int, float)) and value]
        if shown:
            console.print("  " + ", ".join(shown), markup=False, soft_wrap=True)
