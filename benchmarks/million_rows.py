"""A million export rows through the whole pipeline, against DuckDB merely reading and grouping the same file.

    make bench                                   # writes benchmarks/out/million_rows.md
    python benchmarks/million_rows.py --rows 100000

Both sides run as a fresh process on the same file, one after the other; peak memory is the process's own.
"""

import json
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

HERE = Path(__file__).parent
STAGES = ("sources", "meetings", "contacts", "classification", "metrics", "destinations")
STEPS_OF = {"rule_lists": "contacts", "charts": "metrics"}
"""Steps that are not named after their table, beside those that take sources in."""

PIPELINE = """
import json, resource, sys, time
from pathlib import Path
started = time.perf_counter()
from datetime import UTC, datetime
from calendly_pipeline.execution import run_job
from calendly_pipeline.home import Home
outcome = run_job(Home(Path(sys.argv[1])), "refresh", datetime(2026, 6, 30, 12, tzinfo=UTC))
if outcome.error:
    raise outcome.error
print(json.dumps({
    "seconds": time.perf_counter() - started,
    "steps": outcome.seconds,
    "succeeded": outcome.succeeded,
    "failed_checks": [c.name for c in outcome.checks if not c.passed and c.is_blocking],
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""

LIBRARY = """
import json, time, warnings
warnings.simplefilter("ignore")
started = time.perf_counter()
import great_expectations
print(json.dumps({"seconds": time.perf_counter() - started}))
"""

BASELINE = """
import json, resource, sys, time
started = time.perf_counter()
import duckdb
connection = duckdb.connect()
groups = connection.execute(
    'select "Invitee Email", count(*), min("Start Date & Time"), max("Start Date & Time") '
    "from read_csv($file, all_varchar = true, header = true) group by 1", {"file": sys.argv[1]}
).fetchall()
print(json.dumps({
    "seconds": time.perf_counter() - started,
    "groups": len(groups),
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def expectations(steps: dict[str, float], total: float, library: float) -> list[str]:
    """What Great Expectations adds to a run: allowed is its own import and a quarter of everything else."""
    suites = {step: took for step, took in steps.items() if step.endswith("__expectations")}
    added = sum(suites.values())
    rest = total - added
    lines = [
        f"Expectations add {added:.1f} s, the import in it ({library:.1f} s by itself), to {rest:.1f} s: "
        f"{(added - library) / rest:.1%} of everything else beyond the import (allowed: 25%).",
        "",
        "| suite | seconds |",
        "|---|---|",
    ]
    named = sorted(suites.items(), key=lambda item: -item[1])
    return lines + [
        f"| {step.removesuffix('__expectations').replace('__', '.')} | {took:.1f} |" for step, took in named
    ]


def measured(code: str, argument: Path) -> dict[str, Any]:
    """Run code in a fresh interpreter and read what it measured of itself."""
    done = subprocess.run([sys.executable, "-c", code, str(argument)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])


def shares(steps: dict[str, float]) -> dict[str, float]:
    """Seconds per stage."""
    seconds = dict.fromkeys(STAGES, 0.0)
    for step, took in steps.items():
        stage = step.split("__", 1)[0]
        seconds[stage if stage in STAGES else STEPS_OF.get(step, "sources")] += took
    return seconds


def report(
    rows: int, size_mb: float, first: dict[str, Any], second: dict[str, Any], plain: dict[str, Any], library: float
) -> str:
    """The figures as Markdown."""
    lines = [
        f"{rows:,} export rows, {size_mb:,.0f} MB of CSV, {datetime.now(UTC):%Y-%m-%d}. "
        "Two shared cores: read the ratios.",
        "",
        "| | seconds | peak MB | times DuckDB |",
        "|---|---|---|---|",
        f"| DuckDB reads the file and groups it | {plain['seconds']:.1f} | {plain['peak_mb']:,.0f} | 1 |",
        f"| `calendly-pipeline run`, first | {first['seconds']:.1f} | {first['peak_mb']:,.0f} "
        f"| {first['seconds'] / plain['seconds']:.1f} |",
        f"| `calendly-pipeline run`, again, nothing new | {second['seconds']:.1f} | {second['peak_mb']:,.0f} "
        f"| {second['seconds'] / plain['seconds']:.1f} |",
        "",
        "| stage | seconds, first | share |",
        "|---|---|---|",
    ]
    by_stage = shares(first["steps"])
    total = first["seconds"]
    rest = {**by_stage, "start-up and Dagster": total - sum(by_stage.values())}
    lines += [f"| {stage} | {took:.1f} | {took / total:.0%} |" for stage, took in rest.items()]
    slowest = sorted(first["steps"].items(), key=lambda item: -item[1])[:8]
    lines += [
        "",
        "Slowest steps: " + ", ".join(f"{step.replace('__', '.')} {took:.1f} s" for step, took in slowest) + ".",
        "",
        *expectations(first["steps"], total, library),
    ]
    return "\n".join(lines) + "\n"


@click.command()
@click.option("--rows", default=1_000_000, show_default=True)
def main(rows: int) -> None:
    """Generate, run, measure, print."""
    home = HERE / "out" / "firm"
    shutil.rmtree(home, ignore_errors=True)
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "calendly_pipeline.sample", str(home), "--rows", str(rows)], check=True)
    click.echo(f"generated in {time.perf_counter() - started:.0f} s")
    (home / "data" / "dagster").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(HERE.parent / "dagster.yaml", home / "data" / "dagster" / "dagster.yaml")
    export = next((home / "data" / "calendly").glob("*.csv"))
    plain = measured(BASELINE, export)
    first = measured(PIPELINE, home)
    second = measured(PIPELINE, home)
    library = measured(LIBRARY, home)["seconds"]
    text = report(rows, export.stat().st_size / 1e6, first, second, plain, library)
    (HERE / "out" / "million_rows.md").write_text(text, encoding="utf-8")
    click.echo(text)
    if not first["succeeded"]:
        raise click.ClickException(f"blocking checks failed: {first['failed_checks']}")


if __name__ == "__main__":
    main()
