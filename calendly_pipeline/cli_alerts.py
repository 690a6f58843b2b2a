"""Commands of alerts: who is told, and what was told."""

import sys
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table

from calendly_pipeline import environment
from calendly_pipeline.settings_file import load_settings
from calendly_pipeline.state import State

console = Console(highlight=False)


@click.group()
def alerts() -> None:
    """Who is told when something goes stale or fails, and what was told."""


@alerts.command("test")
def test_channels() -> None:
    """Send a test message through every configured channel; exit 1 when one of them fails."""
    from calendly_pipeline.quality.channels import channels
    from calendly_pipeline.quality.messages import test_message
    from calendly_pipeline.quality.telling import attempt

    settings = load_settings(environment.current_home().settings_file)
    ways = channels(settings, lambda text: console.print(text, markup=False))
    outcomes = [(way.name, *attempt(way, test_message())) for way in ways]
    for name, outcome, answer in outcomes:
        console.print(f"{name}: {outcome}{'; ' + answer if answer else ''}", markup=False, soft_wrap=True)
    if len(ways) == 1:
        console.print("Nobody is told but the log: see [alerts] in pipeline.toml.", markup=False, soft_wrap=True)
    if any(outcome == "failed" for _, outcome, _ in outcomes):
        sys.exit(1)


@alerts.command("list")
def list_alerts() -> None:
    """Show what is open and what closed within a week, and which channel was told of it."""
    from calendly_pipeline.quality.alert_store import notices_of, recent_alerts
    from calendly_pipeline.quality.wording import moment

    home = environment.current_home()
    home.create()
    settings = load_settings(home.settings_file)
    state = State(environment.state_url(home))
    try:
        state.upgrade()
        found = recent_alerts(state, environment.fixed_as_of() or datetime.now(UTC))
        notices = notices_of(state, found)
    finally:
        state.close()
    table = Table("alert", "since", "over", "what", "told", title="Alerts")
    for alert in found:
        told = [f"{item.channel} {item.event}: {item.outcome}" for item in notices if item.alert_id == alert.alert_id]
        over = moment(alert.closed_at, settings) if alert.closed_at else ""
        since = moment(alert.opened_at, settings)
        table.add_row(str(alert.alert_id), since, over, alert.text, "\n".join(told) or "nobody yet")
    console.print(table if found else "No alert is open, and none closed within a week.")
