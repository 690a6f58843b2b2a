"""`python -m calendly_pipeline.sample OUT_DIR`: write the sample firm's home, or a benchmark's with --rows."""

from pathlib import Path

import click

from calendly_pipeline.sample.build import build_firm
from calendly_pipeline.sample.bulk import write_bulk_home
from calendly_pipeline.sample.home import write_home


@click.command()
@click.argument("out_dir", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", default=7, show_default=True, help="Another seed, another firm.")
@click.option("--contacts", default=60, show_default=True, help="Records in the CRM.")
@click.option("--bookings", default=400, show_default=True, help="Meetings booked, in both tools together.")
@click.option("--rows", type=click.IntRange(min=1), help="Write one Calendly export of so many rows instead.")
def main(out_dir: Path, seed: int, contacts: int, bookings: int, rows: int | None) -> None:
    """Write an invented firm's files to OUT_DIR: the same bytes for the same options, on any machine."""
    if rows:
        counts = write_bulk_home(out_dir, rows, seed)
        click.echo("{rows} rows by {invitees} invitees, {contacts} contacts".format(**counts))
        return
    try:
        firm = build_firm(seed, contacts, bookings)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    write_home(firm, out_dir)
    click.echo(f"{len(firm.meetings)} meetings, {len(firm.book.contacts)} contacts")


if __name__ == "__main__":
    main()
