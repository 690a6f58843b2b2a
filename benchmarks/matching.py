"""Matching at size: a generated firm's cards and bookings through the contacts stage, in a fresh process.

    python benchmarks/matching.py                      # 1,000,000 invitees, 100,000 contacts; writes out/matching.md
    python benchmarks/matching.py --rows 50000 --contacts 10000

Peak memory is the measured process's own; the figures by case are compared with a truth the matcher never sees.
"""

import json
import random
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from calendly_pipeline.warehouse import STAGES, open_warehouse
from calendly_pipeline_tests.contacts.matching_cases import (
    Booking,
    Figures,
    figures_of,
    fill,
    make_book,
    make_bookings,
    run_stages,
)

OUT = Path(__file__).parent / "out"
SHOWN_MODELS = 12

STAGE = """
import json, resource, sys, time
from datetime import UTC, datetime
from pathlib import Path
started = time.perf_counter()
from calendly_pipeline.contacts.assets import SAID_NUMBERS
from calendly_pipeline.contacts.lists import load_lists
from calendly_pipeline.contacts.phone_numbers import e164_rows
from calendly_pipeline.settings import Settings
from calendly_pipeline.warehouse import open_warehouse, replace_rows, replace_table
from calendly_pipeline_tests.conftest import all_models

firm = {"time_zone": "America/New_York", "internal_domains": ["firm.example"]}
parameters = Settings.model_validate({"firm": firm}).sql_parameters(datetime(2026, 6, 30, 12, tzinfo=UTC))
models = [model for model in all_models() if model.stage == "contacts"]
took, cpu, rows, peaks = {}, {}, {}, {}
with open_warehouse(Path(sys.argv[1])) as connection:
    connection.execute(f"set threads = {int(sys.argv[2])}")
    load_lists(connection)
    for model in models:
        if "contacts.phone_numbers" in model.reads and "phone_numbers" not in took:
            at = time.perf_counter()
            said = [number for (number,) in connection.execute(SAID_NUMBERS).fetchall()]
            replace_rows(connection, {"contacts.phone_numbers": e164_rows(said, "US")})
            took["phone_numbers"] = time.perf_counter() - at
            rows["phone_numbers"] = len(said)
        at, worked = time.perf_counter(), time.process_time()
        rows[model.name] = replace_table(connection, model.table, model.text, parameters, model.grain)
        took[model.name] = time.perf_counter() - at
        cpu[model.name] = time.process_time() - worked
        peaks[model.name] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({
    "seconds": time.perf_counter() - started, "cpu_seconds": time.process_time(), "took": took, "cpu": cpu,
    "rows": rows,
    "peaks": peaks, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def given(path: Path, seed: int, rows: int, contacts: int) -> list[Booking]:
    """A warehouse with the generated firm, every other table empty; its bookings with their truth."""
    book = make_book(random.Random(seed), contacts)  # noqa: S311 - seeded on purpose
    bookings = make_bookings(random.Random(seed + 1), book, rows)  # noqa: S311
    with open_warehouse(path) as connection:
        run_stages(connection, *STAGES)
        fill(connection, book, bookings)
    return bookings


def measured(path: Path, threads: int) -> dict[str, Any]:
    """Run the stage in a fresh interpreter and read what it measured of itself."""
    done = subprocess.run(
        [sys.executable, "-c", STAGE, str(path), str(threads)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise click.ClickException(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])


def report(rows: int, contacts: int, threads: int, found: dict[str, Any], figures: Figures) -> str:
    """Time, memory and figures as Markdown."""
    slowest = sorted(found["took"].items(), key=lambda item: -item[1])[:SHOWN_MODELS]
    lines = [
        f"{rows:,} invitees, {contacts:,} contacts, {datetime.now(UTC):%Y-%m-%d}: the contacts stage took "
        f"{found['seconds']:.1f} s ({found['cpu_seconds']:.1f} s of processor time on {threads} threads) "
        f"and {found['peak_mb']:,.0f} MB at most, of it {sum(found['took'].values()):.1f} s in the models. "
        "Two shared cores.",
        "",
        "| model | seconds | of processor time | rows | peak MB so far |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {took:.1f} | {found['cpu'].get(name, took):.1f} | {found['rows'][name]:,} "
            f"| {found['peaks'].get(name, 0):,.0f} |"
            for name, took in slowest
        ),
        "",
        figures.as_markdown(),
    ]
    return "\n".join(lines)


@click.command()
@click.option("--rows", default=1_000_000, show_default=True, help="Invitees.")
@click.option("--contacts", default=100_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--threads", default=2, show_default=True)
def main(rows: int, contacts: int, seed: int, threads: int) -> None:
    """Generate, run, compare, print."""
    home = OUT / "matching"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    started = time.perf_counter()
    path = home / "warehouse.duckdb"
    bookings = given(path, seed, rows, contacts)
    click.echo(f"generated in {time.perf_counter() - started:.0f} s")
    found = measured(path, threads)
    with open_warehouse(path, read_only=True) as connection:
        figures = figures_of(connection, bookings)
    text = report(rows, contacts, threads, found, figures)
    (OUT / "matching.md").write_text(text, encoding="utf-8")
    click.echo(text)


if __name__ == "__main__":
    main()
