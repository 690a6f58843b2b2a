"""Calendly pulled by API against a bare loop of the same requests, both under the vendor's rate limit.

    python benchmarks/live_sources.py            # writes benchmarks/out/live_sources.md; about eight minutes
    python benchmarks/live_sources.py --only 10000

The fake Calendly runs as a process of its own: 80 ms a call, fixed windows of one minute, the vendor's real headers, no
Retry-After. The whole limit is granted. The bare loop sends the same number of requests as fast as the limit allows and
throws the answers away; ours parses, lands, notes and can be killed at any moment. Each side gets a fresh server.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import httpx

HERE = Path(__file__).parent
MONTHS = ("2026-01", "2026-12")
LATENCY = 0.08
CONNECTIONS = 64
POOL = 4

OURS = """
import asyncio, json, resource, sys, time
from datetime import UTC, date, datetime
from pathlib import Path
from calendly_pipeline.clients.calendly import CalendlyClient
from calendly_pipeline.clients.http import StaticToken
from calendly_pipeline.home import Home
from calendly_pipeline.sources.calendly_pull import pull_calendly
from calendly_pipeline.sources.pull_index import PullIndex
from calendly_pipeline.sources.pull_order import Order
from calendly_pipeline.state import State
url, token, root, concurrency = sys.argv[1:]
home = Home(Path(root)); home.create()
state = State(f"sqlite:///{home.data / 'state.db'}"); state.upgrade()
now = datetime.now(UTC)
order = Order("window", date(2026, 1, 1), date(2026, 12, 1), now, f"{now:%Y%m%dT%H%M%S}")
async def run():
    async with CalendlyClient(url, StaticToken(token), limit_share=1.0, concurrency=int(concurrency)) as client:
        return await pull_calendly(client, home, PullIndex(state, "calendly", "default"), order, lambda _: None)
started = time.perf_counter()
report = asyncio.run(run())
print(json.dumps({"seconds": time.perf_counter() - started, "counts": report.counts,
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


@dataclass(frozen=True)
class Case:
    """So many events under so many requests a minute."""

    events: int
    limit: int
    allowed: float
    """Times the floor."""


CASES = (Case(10_000, 6_000, 1.15), Case(2_000, 500, 1.05))


@click.command()
@click.option("--only", type=int, help="Only the case of so many events.")
def main(only: int | None) -> None:
    """Run every case and write the table."""
    results = [_measure(case) for case in CASES if only in (None, case.events)]
    text = _table(results)
    (HERE / "out").mkdir(exist_ok=True)
    (HERE / "out" / "live_sources.md").write_text(text, encoding="utf-8")
    click.echo(text)


def _measure(case: Case) -> dict[str, Any]:
    with _fake(case) as fake:
        bare = asyncio.run(_bare_loop(fake))
    with _fake(case) as fake, tempfile.TemporaryDirectory() as root:
        ours = _ours(fake, root)
        stats = httpx.get(f"{fake['url']}/_control/stats", timeout=60).json()
        truth = httpx.get(f"{fake['url']}/_control/truth", timeout=60).json()
        lost = _lost(Path(root), truth)
        again = _ours(fake, root)
    return {"case": case, "bare": bare, "ours": ours, "again": again, "stats": stats, "lost": lost}


@contextmanager
def _fake(case: Case) -> Iterator[dict[str, str]]:
    options = ["--events", case.events, "--limit", case.limit, "--latency", LATENCY, "--months", ":".join(MONTHS)]
    command = [sys.executable, "-m", "calendly_pipeline_tests.fakes.calendly", *map(str, options)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE.parent)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


async def _bare_loop(fake: dict[str, str]) -> dict[str, float]:
    """List every event, then ask for every event's invitees; a refused request waits for the window and goes again."""
    headers = {"Authorization": f"Bearer {fake['token']}"}
    limits = httpx.Limits(max_connections=POOL, max_keepalive_connections=POOL)
    clients = [httpx.AsyncClient(headers=headers, limits=limits, timeout=60) for _ in range(CONNECTIONS // POOL)]
    sent = 0

    async def ask(client: httpx.AsyncClient, path: str) -> httpx.Response:
        nonlocal sent
        while True:
            sent += 1
            response = await client.get(f"{fake['url']}{path}")
            if response.status_code != 429:
                return response
            await asyncio.sleep(float(response.headers["x-ratelimit-reset"]))

    started = time.perf_counter()
    events: list[str] = []
    path = f"/scheduled_events?organization={fake['organization']}&count=100"
    while path:
        page = (await ask(clients[0], path)).json()
        events += [event["uri"].rsplit("/", 1)[-1] for event in page["collection"]]
        token = page["pagination"]["next_page_token"]
        path = f"/scheduled_events?organization={fake['organization']}&count=100&page_token={token}" if token else ""
    waiting = iter(events)

    async def work(client: httpx.AsyncClient) -> None:
        for event in waiting:
            await ask(client, f"/scheduled_events/{event}/invitees?count=100")

    await asyncio.gather(*(work(clients[number // POOL]) for number in range(CONNECTIONS)))
    for client in clients:
        await client.aclose()
    return {"seconds": time.perf_counter() - started, "requests": sent}


def _ours(fake: dict[str, str], root: str) -> dict[str, Any]:
    command = [sys.executable, "-c", OURS, fake["url"], fake["token"], root, str(CONNECTIONS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def _lost(root: Path, truth: dict[str, Any]) -> int:
    """Events and invitees of the fake's truth that landing does not hold exactly."""
    import duckdb

    from calendly_pipeline.home import Home
    from calendly_pipeline.sources.page_loading import load_pages
    from calendly_pipeline.warehouse import create_schemas, prepare

    with duckdb.connect() as connection:
        prepare(connection)
        create_schemas(connection)
        load_pages(connection, Home(root))
        rows = connection.execute("select kind, record_id, body::varchar from sources.api_records").fetchall()
    landed = {(kind, record_id): json.loads(body) for kind, record_id, body in rows}
    return sum(
        landed.get((kind, key)) != record for kind in ("event", "invitee") for key, record in truth[kind].items()
    )


def _table(results: list[dict[str, Any]]) -> str:
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d}, {LATENCY * 1000:.0f} ms a call, windows of 60 s, {CONNECTIONS} connections. "
        "Two shared cores: read the ratios.",
        "",
        "| events | requests a minute | bare loop s | ours s | times bare | requests | refused | records lost "
        "| peak MB | again: requests | share |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        case, bare, ours, again = result["case"], result["bare"], result["ours"], result["again"]
        requests, repeat = ours["counts"]["requests"], again["counts"]["requests"]
        cells = [
            f"{case.events:,}",
            f"{case.limit:,}",
            f"{bare['seconds']:.1f}",
            f"{ours['seconds']:.1f}",
            f"{ours['seconds'] / bare['seconds']:.2f} (allowed {case.allowed})",
            f"{requests:,.0f}",
            f"{ours['counts']['refused']:.0f} ({ours['counts']['refused'] / requests:.2%})",
            str(result["lost"]),
            f"{ours['peak_mb']:.0f}",
            f"{repeat:.0f}",
            f"{repeat / requests:.2%}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
