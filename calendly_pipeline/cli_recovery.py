"""Commands that keep a firm's data safe: `backup`, `restore`, `erase`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from calendly_pipeline import environment
from calendly_pipeline.failures import StoreError
from calendly_pipeline.home import Home
from calendly_pipeline.recovery.backup import BackupReport, take_backup
from calendly_pipeline.state import State

if TYPE_CHECKING:
    from calendly_pipeline.recovery.erasure import ErasureReport

console = Console(highlight=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--keep", type=click.IntRange(min=1), help="Keep only so many backups in DIR; default: all.")
@click.option("--without-state", is_flag=True, help="Leave the state store out; for PostgreSQL, after pg_dump.")
def backup(folder: Path, keep: int | None, without_state: bool) -> None:
    """Back up state, landing, drop folders and settings into DIR, while everything runs.

    What DIR holds from earlier backups is not copied again. `.env` is not part of it: keep secrets elsewhere.
    """
    home = environment.current_home()
    url = environment.state_url(home)
    report = take_backup(home, folder.resolve(), url, datetime.now(UTC), with_state=not without_state, keep=keep)
    _print_backup(report, folder, without_state)


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--at", "name", metavar="NAME", help="Which backup, e.g. 20260615T090000; default: the newest.")
@click.option(
    "--force", "is_forced", is_flag=True, help="Onto a home that is in use, too; what was there is kept aside."
)
def restore(folder: Path, name: str | None, is_forced: bool) -> None:
    """Put the home back as a backup in DIR holds it; verified first, all or nothing."""
    from calendly_pipeline.recovery.restore import restore as bring_back

    home = environment.current_home()
    report = bring_back(home, folder.resolve(), environment.state_url_of(home), name, is_forced=is_forced)
    said = "Finished the restore that was stopped: backup" if report.was_resumed else "Restored backup"
    console.print(f"{said} {report.name}, {report.files_count} files.", soft_wrap=True)
    if report.aside:
        console.print(f"What was there before lies in {report.aside}; delete it when you are sure.", soft_wrap=True)
    for text in [*report.notes, *(f"Taken out again of {where}: {n:,}" for where, n in sorted(report.erased.items()))]:
        console.print(text, soft_wrap=True, markup=False)
    if not report.has_state:
        console.print(
            "The state store was not part of it: restore it with pg_restore, then erase again whom you erased since.",
            soft_wrap=True,
        )
    console.print("Next: put `.env` in place, then `calendly-pipeline rebuild`.", soft_wrap=True)


@click.command()
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@click.option("--apply", "is_applied", is_flag=True, help="Do it; default: only say what would be done.")
@click.option(
    "--backup", "backups", metavar="DIR", multiple=True, type=FOLDER, help="A folder of backups, to clean too."
)
def erase(addresses: tuple[str, ...], is_applied: bool, backups: tuple[Path, ...]) -> None:
    """Take a person out of drop folders, landing, state store, tables and backups, and keep them out.

    Only the addresses named; others of the same contact are listed. Cannot be undone.
    """
    from calendly_pipeline.recovery.erasure import erase as forget

    home = environment.current_home()
    roots = [folder.resolve() for folder in backups]
    state = State(environment.state_url(home))
    try:
        state.upgrade()
        report = forget(home, addresses, state, datetime.now(UTC), is_applied=is_applied, backups=roots)
    finally:
        state.close()
    _print_erasure(report, is_applied, bool(roots))
    if is_applied and home.has_data():
        _rebuild(home)
    if report.left and is_applied:
        raise StoreError("Not everything could be erased.", "Delete the files named above, then run it again.")


def _print_erasure(report: "ErasureReport", is_applied: bool, has_backups: bool) -> None:
    verb = "Changed" if is_applied else "Would change"
    lines = [f"{verb} in {where}: {count:,}" for where, count in sorted(report.counts.items())]
    lines = lines or ["Nothing here names these addresses."]
    lines += report.notes
    lines += [f"Same contact, still there unless named too: {address}" for address in report.other_addresses]
    lines += [f"Still held elsewhere: {text}" for text in report.vendors]
    lines += [f"Look at it yourself: {text}" for text in report.left]
    if not has_backups:
        lines.append("Backups were not looked at: name their folder with --backup.")
    if not is_applied:
        lines.append("Nothing was changed. Add --apply to do it; it cannot be undone.")
    for line in lines:
        console.print(line, soft_wrap=True, markup=False)


def _rebuild(home: Home) -> None:
    from calendly_pipeline.execution import run_job

    outcome = run_job(home, "refresh", environment.fixed_as_of())
    if outcome.succeeded:
        console.print("Every table was built again without them.")
    else:
        said = outcome.error or "a blocking check did not pass"
        console.print(f"The tables are not built again yet ({said}): run `calendly-pipeline rebuild`.", soft_wrap=True)


def _print_backup(report: BackupReport, folder: Path, without_state: bool) -> None:
    console.print(
        f"Backup {report.name} in {folder}: {report.files_count} files, "
        f"{report.new_count} of them new ({report.new_bytes / 1e6:.1f} MB).",
        soft_wrap=True,
    )
    for name in report.unsettled:
        console.print(f"[yellow]not in it:[/yellow] {name} kept changing; it is in the next backup", soft_wrap=True)
    if report.forgotten:
        console.print(f"Older backups deleted: {len(report.forgotten)}", soft_wrap=True)
    if without_state:
        console.print("The state store is not in it: keep the file of pg_dump with it.", soft_wrap=True)
    console.print("`.env` is not in it: keep its secrets in a password store.", soft_wrap=True)
