"""Commands of the destinations: `send` and `settle`."""

import getpass
import json
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from calendly_pipeline import environment
from calendly_pipeline.active_home import active_home
from calendly_pipeline.destinations import DESTINATIONS
from calendly_pipeline.failures import PipelineError, SendRefused
from calendly_pipeline.home import Home
from calendly_pipeline.state import State
from calendly_pipeline.warehouse import open_warehouse

console = Console(highlight=False)


@click.command()
@click.argument("destination", type=click.Choice(DESTINATIONS))
@click.option("--apply", "is_applied", is_flag=True, help="Send. Without it the plan is shown and nothing is sent.")
@click.option("--only", metavar="KEY", multiple=True, help="This record or contact only; may be repeated.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many records.")
@click.option("--allow-large-change", is_flag=True, help="Send although a large share of records would change.")
@click.option("--create-fields", is_flag=True, help="With --apply: create mapped fields that are missing there.")
@click.option("--format", "shape", type=click.Choice(["table", "json"]), default="table", show_default=True)
def send(
    destination: str,
    is_applied: bool,
    only: tuple[str, ...],
    limit: int | None,
    allow_large_change: bool,
    create_fields: bool,
    shape: str,
) -> None:
    """Show what a destination would receive; with --apply, send it."""
    home = active_home()
    if not is_applied:
        _show_plan(home, destination, only, limit, shape)
        return
    chosen = {"only": list(only), "allow_large_change": allow_large_change, "create_fields": create_fields}
    _apply(home, destination, {**chosen, **({"limit": limit} if limit else {})})


@click.command()
@click.argument("destination", type=click.Choice(DESTINATIONS))
@click.argument("key")
@click.argument("found", type=click.Choice(["arrived", "absent"]))
@click.option("--by", default=getpass.getuser, help="Who looked; default: the user of this machine.")
def settle(destination: str, key: str, found: str, by: str) -> None:
    """Say of an attempt whose outcome nobody knows whether the record is there; what is absent is sent again."""
    from calendly_pipeline.destinations.ledger import settle_by_hand

    home = active_home()
    state = State(environment.state_url(home))
    try:
        state.upgrade()
        settle_by_hand(state, destination, key, arrived=found == "arrived", by=by)
    finally:
        state.close()
    console.print(f"{destination} {key}: noted as {found}.", markup=False, soft_wrap=True)


def _apply(home: Home, destination: str, chosen: dict[str, Any]) -> None:
    from calendly_pipeline.destinations.assets import send_config
    from calendly_pipeline.execution import run_job

    if home.is_sample:
        raise SendRefused("Nothing of the sample firm is ever sent.", "Put your own exports into data/ first.")
    config = send_config(destination, apply=True, **chosen)
    outcome = run_job(home, f"send_{destination}", None, say=_say, config=config)
    found = outcome.findings.get(f"destinations.{destination}_sent")
    if found:
        _print_counts(destination, found)
    if outcome.error is not None:
        raise outcome.error
    if found and (found["rejected"] or found["unknown"] or found["stopped_because"]):
        raise PipelineError("Not every record was accepted.", f"`calendly-pipeline send {destination}` shows the rest.")


def _print_counts(destination: str, found: dict[str, Any]) -> None:
    names = ("planned", "accepted", "rejected", "unknown", "skipped", "blocked", "deferred", "requests")
    table = Table(*names, title=f"Sent to {destination}")
    table.add_row(*(str(found[name]) for name in names))
    console.print(table)


def _show_plan(home: Home, destination: str, only: tuple[str, ...], limit: int | None, shape: str) -> None:
    from calendly_pipeline.destinations.plan import plan_table

    with open_warehouse(home.warehouse, read_only=True) as connection:
        rows = plan_table(connection, destination, only=only, limit=limit)
    if shape == "json":
        click.echo(json.dumps(rows, default=_json, ensure_ascii=False, indent=1))
        return
    table = Table(title=f"Plan for {destination}: nothing was sent")
    for name in ("record", "operation", "field or reason", "before", "after"):
        table.add_column(name, overflow="fold", no_wrap=name == "record")
    for row in rows:
        _add_plan_rows(table, row)
    console.print(table)


def _add_plan_rows(table: Table, row: dict[str, Any]) -> None:
    record = f"{row['label'] or ''}\n{row['record_key']}".strip()
    if not row["payload"]:
        table.add_row(record, row["operation"], row["reason"], "", "")
    for number, (field, value) in enumerate(row["payload"].items()):
        labels = (record, row["operation"]) if number == 0 else ("", "")
        after = "(blank)" if value is None else str(value)
        table.add_row(*labels, field, str(row["before"].get(field) or ""), after)
    table.add_section()


def _say(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)


def _json(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
