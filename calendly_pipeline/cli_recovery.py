"""Commands that keep a firm's data safe: `backup`, `restore`."""

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from calendly_pipeline import environment
from calendly_pipeline.recovery.backup import BackupReport, take_backup

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
    if not report.has_state:
        console.print("The state store was not part of it: restore it with pg_restore.", soft_wrap=True)
    console.print("Next: put `.env` in place, then `calendly-pipeline rebuild`.", soft_wrap=True)


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
