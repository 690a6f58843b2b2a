"""The console script `calendly-pipeline`. Commands parse, call, print; nothing is computed here."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import stamina
from rich.console import Console
from rich.markup import escape

from calendly_pipeline import (
    cli_alerts,
    cli_destinations,
    cli_preview,
    cli_recovery,
    cli_review,
    cli_sources,
    environment,
)
from calendly_pipeline.active_home import active_home, is_in_use
from calendly_pipeline.disk import disk_error
from calendly_pipeline.failures import ChecksFailed, PipelineError
from calendly_pipeline.home import REPOSITORY, Home
from calendly_pipeline.sample_home import SAMPLE_AS_OF, prepare_sample
from calendly_pipeline.settings_file import load_settings
from calendly_pipeline.warehouse import delete_warehouse, open_warehouse

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def main() -> None:
    """Entry point: an error of ours becomes one sentence and an exit code, never a traceback."""
    stamina.instrumentation.set_on_retry_hooks([])  # waiting for the warehouse is no news at a terminal
    try:
        commands.main(standalone_mode=False)
    except PipelineError as error:
        errors.print(f"[red]error:[/red] {escape(str(error))}", soft_wrap=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except Exception as error:  # Dagster's own stores fill the disk, too, and say so in a traceback
        told = disk_error("what this command writes", error)
        if told is None:
            raise
        errors.print(f"[red]error:[/red] {escape(str(told))}", soft_wrap=True)
        sys.exit(told.exit_code)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="calendly-pipeline")
def commands() -> None:
    """From a booking in Calendly or Cal.com to the contact card in Less Annoying CRM."""
    environment.read_dotenv()


for command in (
    cli_sources.ingest,
    cli_sources.serve,
    cli_sources.login,
    cli_sources.webhooks,
    cli_sources.scheduling_link,
    cli_review.review,
    cli_destinations.send,
    cli_destinations.settle,
    cli_preview.preview,
    cli_alerts.alerts,
    cli_recovery.backup,
    cli_recovery.restore,
    cli_recovery.erase,
):
    commands.add_command(command)


@commands.command()
@click.option("--as-of", "as_of_text", metavar="ISO", help="The run's clock; default: now.")
@click.option("--sample", is_flag=True, help="Run the sample firm, in a home of its own.")
def run(as_of_text: str | None, sample: bool) -> None:
    """Take in what lies in data/, run everything, and plan the CRM writes without sending."""
    home = environment.current_home()
    if sample or not is_in_use(home):
        why = "" if sample else "There are no files in data/calendly, data/calcom or data/contacts yet. "
        home = prepare_sample(home)
        console.print(
            f"{why}Running the sample firm in {_shown(home.root)}; nothing of it is ever sent.", soft_wrap=True
        )
    as_of = _as_of(home, as_of_text)
    home.create()
    _refresh(home, as_of)


@commands.command()
@click.option("--as-of", "as_of_text", metavar="ISO", help="The run's clock; default: now.")
def rebuild(as_of_text: str | None) -> None:
    """Delete the warehouse and build every table again from landing."""
    home = active_home()
    delete_warehouse(home.warehouse)
    _refresh(home, _as_of(home, as_of_text))


@commands.command()
@click.argument("sql")
@click.option("--format", "shape", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def query(sql: str, shape: str) -> None:
    """Run a read-only SQL query on the warehouse."""
    from calendly_pipeline.output import print_rows

    with open_warehouse(active_home().warehouse, read_only=True) as connection:
        connection.execute("set enable_external_access = false")
        print_rows(connection, sql, shape, console)


@commands.command()
@click.argument("table")
@click.option("--to", "target", required=True, type=click.Path(path_type=Path), help="file.parquet, .csv or .xlsx")
def export(table: str, target: Path) -> None:
    """Write a table to a file; text that a spreadsheet would run as a formula is made harmless."""
    from calendly_pipeline.output import export_table

    with open_warehouse(active_home().warehouse, read_only=True) as connection:
        count = export_table(connection, table, target)
    console.print(f"{count} rows of {table} written to {target}")


@commands.command()
@click.argument("kind", type=click.Choice(["meeting", "contact", "address"]))
@click.argument("key")
def explain(kind: str, key: str) -> None:
    """Say why a meeting, a contact or an address is what it is."""
    from calendly_pipeline.explain import explain_address, explain_contact, explain_meeting

    teller = {"meeting": explain_meeting, "contact": explain_contact, "address": explain_address}[kind]
    with open_warehouse(active_home().warehouse, read_only=True) as connection:
        for line in teller(connection, key):
            console.print(line, soft_wrap=True, markup=False)


@commands.command()
def doctor() -> None:
    """Check settings, folders and stores; every line is ok, warning or error with its remedy."""
    from calendly_pipeline.doctor import examine

    home = active_home()
    findings = list(examine(home, _as_of(home, None) or datetime.now(UTC)))
    for finding in findings:
        colour = {"ok": "green", "warning": "yellow", "error": "red"}[finding.level]
        console.print(
            f"[{colour}]{finding.level:7}[/{colour}] {escape(f'{finding.subject}: {finding.text}')}", soft_wrap=True
        )
    if any(finding.level == "error" for finding in findings):
        sys.exit(1)


@commands.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=3000, show_default=True, type=int)
def ui(host: str, port: int) -> None:
    """Open Dagster's web UI with its daemon: schedules, sensors, runs, checks."""
    home = active_home()
    home.create()
    console.print(f"Data quality: {_shown(home.quality)}/index.html, or /desk/quality/ of `calendly-pipeline serve`")
    variables = environment.ui_environment(home, SAMPLE_AS_OF if home.is_sample else None)
    workspace = str(REPOSITORY / "workspace.yaml")
    program = [sys.executable, "-m", "dagster", "dev", "-w", workspace, "-h", host, "-p", str(port)]
    os.execve(sys.executable, program, variables)  # noqa: S606 - our own interpreter, no shell


def _as_of(home: Home, text: str | None) -> datetime | None:
    if text:
        return environment.parse_as_of(text, "--as-of")
    return environment.fixed_as_of() or (SAMPLE_AS_OF if home.is_sample else None)


def _refresh(home: Home, as_of: datetime | None) -> None:
    from calendly_pipeline.execution import run_job
    from calendly_pipeline.report import print_outcome, progress_bar
    from calendly_pipeline.sources.loading import require_time_zone

    require_time_zone(load_settings(home.settings_file), home)
    with progress_bar(errors) as advance:
        outcome = run_job(home, "refresh", as_of, advance)
    if outcome.error is not None:
        raise outcome.error
    with open_warehouse(home.warehouse, read_only=True) as connection:
        print_outcome(console, connection, outcome)
    if not outcome.succeeded:
        raise ChecksFailed("A blocking check did not pass; what follows it was not rebuilt.", "See the checks above.")


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


if __name__ == "__main__":
    main()
