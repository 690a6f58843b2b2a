"""Matching at size: a generated firm's cards and bookings through the contacts stage, in a fresh process; then a day.

    python benchmarks/matching.py                      # 1,000,000 invitees, 100,000 contacts; writes out/matching.md
    python benchmarks/matching.py --rows 50000 --contacts 10000

Peak memory is the measured process's own; the figures by case are compared with a truth the matcher never sees. After
the whole run a day comes, new invitees in the same mix, and in another copy the same with attendees that changed, moved
or went. The stage runs again in another fresh process, as its assets do; then everything of the second is built from
scratch beside it, and every table of the two is compared.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from calendly_pipeline.warehouse import STAGES, content_hash, open_warehouse
from calendly_pipeline_tests.contacts.changing_firm import ORDER
from calendly_pipeline_tests.contacts.matching_cases import (
    Book,
    Booking,
    add,
    figures_of,
    fill,
    make_book,
    make_bookings,
    run_stages,
)

OUT = Path(__file__).parent / "out"
SHOWN_MODELS = 12

STAGE = """
import json, re, sys, time
from datetime import UTC, datetime
from pathlib import Path
import pandas, pyarrow  # DuckDB imports them with the first value that is bound, as Dagster has long done
from calendly_pipeline.contacts.lists import load_lists
from calendly_pipeline.contacts.phone_numbers import read_numbers
from calendly_pipeline.maintained import Maintenance
from calendly_pipeline.settings import Settings
from calendly_pipeline.warehouse import open_warehouse, row_count
from calendly_pipeline_tests.contacts.changing_firm import MODELS, NUMBERS, ORDER

def peak_mb():
    # The kernel's own count of this process; `ru_maxrss` keeps that of the process that started it.
    return int(re.search("VmHWM:[^0-9]*([0-9]+)", Path("/proc/self/status").read_text())[1]) / 1024

firm = {"time_zone": "America/New_York", "internal_domains": ["firm.example"]}
parameters = Settings.model_validate({"firm": firm}).sql_parameters(datetime(2026, 6, 30, 12, tzinfo=UTC))
took, cpu, rows, peaks, built = {}, {}, {}, {}, {}
started, worked_before = time.perf_counter(), time.process_time()
with open_warehouse(Path(sys.argv[1])) as connection:
    connection.execute(f"set threads = {int(sys.argv[2])}")
    load_lists(connection)
    maintenance = Maintenance(connection, MODELS)
    for table in ORDER:
        name = table.split(".")[1]
        at, worked = time.perf_counter(), time.process_time()
        if table == NUMBERS:
            read_numbers(connection, "US")
        else:
            done = maintenance.build(table, parameters)
            built[name] = f"{done.how}: {done.because}" if done.because else done.how
        took[name] = time.perf_counter() - at
        cpu[name] = time.process_time() - worked
        rows[name] = row_count(connection, table)
        peaks[name] = peak_mb()
print(json.dumps({
    "seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - worked_before,
    "took": took, "cpu": cpu, "rows": rows, "built": built,
    "peaks": peaks, "peak_mb": peak_mb(),
}))
"""
"""From opening the warehouse to closing it; what Python needs to start and import is left out."""


def given(path: Path, seed: int, rows: int, book: Book) -> list[Booking]:
    """A warehouse with the generated firm, every other table empty; its bookings with their truth."""
    bookings = make_bookings(random.Random(seed + 1), book, rows)  # noqa: S311 - seeded on purpose
    with open_warehouse(path) as connection:
        run_stages(connection, *STAGES)
        fill(connection, book, bookings)
    return bookings


def day(path: Path, seed: int, book: Book, bookings: list[Booking], count: int) -> None:
    """So many new invitees."""
    made = [*bookings, *make_bookings(random.Random(seed + 2), book, count)]  # noqa: S311
    with open_warehouse(path) as connection:
        add(connection, made, len(bookings))


def change(path: Path, since: int, few: int) -> None:
    """Of the invitees before `since`, so many each are gone, renamed, at another time, or moved to one after it."""
    each = f"select i * {since // few} from range({few}) as numbers(i)"
    with open_warehouse(path) as connection:
        connection.execute(
            f"delete from meetings.attendees where attendee_id in (select 'a' || i from ({each}) as n(i))"
        )
        connection.execute(
            "update meetings.attendees set name = 'Zoe ' || name "
            f"where attendee_id in (select 'a' || (i + 1) from ({each}) as n(i))"
        )
        connection.execute(
            "update meetings.meetings set starts_at = starts_at + interval 3 day "
            f"where meeting_id in (select 'm' || (i + 2) from ({each}) as n(i))"
        )
        connection.execute(
            "insert into meetings.moves by name select 'a' || (i * $1 + 3) as attendee_id, "
            "'a' || ($2 + i) as to_attendee_id, 'linked' as evidence from range($3) as numbers(i)",
            [since // few, since, few],
        )


def from_scratch(path: Path) -> None:
    """Forget what was built of what."""
    with open_warehouse(path) as connection:
        connection.execute("delete from main.table_versions")
        connection.execute("delete from contacts.phone_numbers")


def measured(path: Path, threads: int) -> dict[str, Any]:
    """Run the stage in a fresh interpreter and read what it measured of itself."""
    os.sync()  # what the copies of the file left to be written would hold up the stage's own commits
    done = subprocess.run(
        [sys.executable, "-c", STAGE, str(path), str(threads)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise click.ClickException(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])


def hashes(path: Path) -> dict[str, str]:
    """Table -> content hash, of every table of the stage."""
    with open_warehouse(path, read_only=True) as connection:
        return {table: content_hash(connection, table) for table in ORDER}


def report(what: str, threads: int, found: dict[str, Any]) -> list[str]:
    """Time and memory as Markdown."""
    slowest = sorted(found["took"].items(), key=lambda item: -item[1])[:SHOWN_MODELS]
    return [
        f"{what}, {datetime.now(UTC):%Y-%m-%d}: the contacts stage took {found['seconds']:.1f} s "
        f"({found['cpu_seconds']:.1f} s of processor time on {threads} threads) and {found['peak_mb']:,.0f} MB at "
        f"most, of it {sum(found['took'].values()):.1f} s in the models. Two shared cores.",
        "",
        "| model | built | seconds | of processor time | rows | peak MB so far |",
        "|---|---|---|---|---|---|",
        *(
            f"| {name} | {found['built'].get(name, '')} | {took:.2f} | {found['cpu'][name]:.2f} "
            f"| {found['rows'][name]:,} | {found['peaks'][name]:,.0f} |"
            for name, took in slowest
        ),
        "",
    ]


@click.command()
@click.option("--rows", default=1_000_000, show_default=True, help="Invitees.")
@click.option("--contacts", default=100_000, show_default=True)
@click.option("--new", default=5_000, show_default=True, help="Invitees of the day after.")
@click.option("--seed", default=1, show_default=True)
@click.option("--threads", default=2, show_default=True)
def main(rows: int, contacts: int, new: int, seed: int, threads: int) -> None:
    """Generate, run, compare, print; a day more, and the same from scratch."""
    home = OUT / "matching"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    started = time.perf_counter()
    path, scratch = home / "warehouse.duckdb", home / "scratch.duckdb"
    book = make_book(random.Random(seed), contacts)  # noqa: S311 - seeded on purpose
    bookings = given(path, seed, rows, book)
    click.echo(f"generated in {time.perf_counter() - started:.0f} s")
    lines = report(f"{rows:,} invitees, {contacts:,} contacts", threads, measured(path, threads))
    with open_warehouse(path, read_only=True) as connection:
        lines.append(figures_of(connection, bookings).as_markdown())
    day(path, seed, book, bookings, new)
    shutil.copyfile(path, scratch)
    lines += report(f"A day's {new:,} new invitees", threads, measured(scratch, threads))
    few = new // 50
    change(path, rows, few)
    shutil.copyfile(path, scratch)
    changed = f"The same day, and {few:,} attendees each gone, renamed, at another time, moved"
    lines += report(changed, threads, measured(path, threads))
    from_scratch(scratch)
    again = measured(scratch, threads)
    kept, fresh = hashes(path), hashes(scratch)
    different = [table for table in ORDER if kept[table] != fresh[table]]
    lines.append(
        f"From scratch: {again['seconds']:.1f} s ({again['cpu_seconds']:.1f} s). Tables compared: {len(ORDER)}; "
        f"different: {', '.join(different) or 'none'}."
    )
    text = "\n".join(lines) + "\n"
    (OUT / "matching.md").write_text(text, encoding="utf-8")
    click.echo(text)


if __name__ == "__main__":
    main()
