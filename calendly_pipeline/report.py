"""How a run looks in a terminal: a progress bar while it goes on, a summary when it ended."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from calendly_pipeline.summary import figures

if TYPE_CHECKING:
    from calendly_pipeline.execution import RunOutcome


@contextmanager
def progress_bar(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """A bar over the steps of a run; silent when the output is no terminal."""
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("starting", total=None)
        yield lambda step, done, total: progress.update(task, description=step, completed=done, total=total)


def print_outcome(console: Console, connection: duckdb.DuckDBPyConnection, outcome: "RunOutcome") -> None:
    """The summary table, then every check that did not pass."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column()
    table.add_column(justify="right")
    table.add_column(style="dim")
    group = ""
    for line in figures(connection):
        table.add_row(line.group if line.group != group else "", line.name, f"{line.value:,}", line.note)
        group = line.group
    for name, count in _check_counts(outcome):
        table.add_row("Checks" if name == "passed" else "", name, str(count), "")
    console.print(table)
    for check in outcome.checks:
        if not check.passed:
            kind = "[red]failed [/red]" if check.is_error else "[yellow]warning[/yellow]"
            wanted = check.description.split("\n")[0]
            console.print(f"{kind} {check.table} {check.name}: {check.bad_rows} against “{wanted}”", soft_wrap=True)


def _check_counts(outcome: "RunOutcome") -> list[tuple[str, int]]:
    passed = sum(check.passed for check in outcome.checks)
    failed = sum(not check.passed and check.is_error for check in outcome.checks)
    return [("passed", passed), ("warned", len(outcome.checks) - passed - failed), ("failed", failed)]
