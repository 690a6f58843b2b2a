"""Webhook deliveries kept per second: `serve` in one process, a load generator in this one.

    python benchmarks/webhooks.py                                # writes benchmarks/out/webhooks.md
    python benchmarks/webhooks.py --seconds 5 --connections 16

Every delivery is new, signed as Calendly signs, and 3 KB long, as Calendly's are. The state store is SQLite with full
synchronisation. Connections are kept open, and each sends its next delivery when the last one was answered.
"""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import click

from calendly_pipeline.web.signatures import sign_calendly

HERE = Path(__file__).parent
KEY = "benchmark-key"
SERVE = """
import sys
from pathlib import Path
from calendly_pipeline.home import Home
from calendly_pipeline.web.serving import serve
serve(Home(Path(sys.argv[1])), "127.0.0.1", 0)
"""
PAYLOAD = {
    "uri": "https://api.calendly.com/scheduled_events/0aeb6f5e/invitees/NUMBER",
    "email": "ada@example.com",
    "questions_and_answers": [{"question": "What is it about?", "answer": "x" * 250, "position": n} for n in range(9)],
    "scheduled_event": {"uri": "https://api.calendly.com/scheduled_events/0aeb6f5e", "name": "Review"},
}
TEMPLATE = json.dumps({"event": "invitee.created", "created_at": "2026-06-30T12:00:00.000000Z", "payload": PAYLOAD})


@dataclass
class Measured:
    """Seconds from the first byte sent to the answer, of deliveries that were answered 200; and all other answers."""

    connections: int
    seconds: float = 0
    latencies: list[float] = field(default_factory=list)
    refused: int = 0

    def row(self) -> str:
        """A line of the table."""
        ordered = sorted(self.latencies)
        p50, p99 = (ordered[int(len(ordered) * share)] * 1000 for share in (0.5, 0.99))
        rate = len(ordered) / self.seconds
        return (
            f"| {self.connections} | {rate:,.0f} | {p50:.1f} | {p99:.1f} | {ordered[-1] * 1000:.1f} | {self.refused} |"
        )


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """`serve` as a process of its own; yields its URL."""
    environment = {**os.environ, "CALENDLY_WEBHOOK_SIGNING_KEY": KEY}  # noqa: TID251 - handed on, not read
    environment.pop("PIPELINE_STATE_URL", None)
    log = home / "serve.log"
    with log.open("w", encoding="utf-8") as stderr:
        server = subprocess.Popen([sys.executable, "-c", SERVE, str(home)], stderr=stderr, env=environment)
    try:
        while "listening on " not in (text := log.read_text(encoding="utf-8")):
            if server.poll() is not None:
                raise click.ClickException(text)
            time.sleep(0.05)
        yield text.partition("listening on ")[2].split()[0]
    finally:
        server.terminate()
        server.wait(30)


async def send(url: str, numbers: Iterator[int], until: float, measured: Measured) -> None:
    """One connection's deliveries, one after the other."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    while time.perf_counter() < until:
        body = TEMPLATE.replace("NUMBER", str(next(numbers))).encode()
        signature = sign_calendly(body, KEY, datetime.now(UTC))
        started = time.perf_counter()
        writer.write(
            b"POST /webhooks/calendly HTTP/1.1\r\nhost: benchmark\r\ncontent-type: application/json\r\n"
            + f"calendly-webhook-signature: {signature}\r\ncontent-length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split(b"\r")[0]))
        if head.startswith(b"HTTP/1.1 200"):
            measured.latencies.append(time.perf_counter() - started)
        else:
            measured.refused += 1
    writer.close()


async def load(url: str, numbers: Iterator[int], connections: int, seconds: float) -> Measured:
    """All connections at once, for so long."""
    measured = Measured(connections)
    started = time.perf_counter()
    await asyncio.gather(*(send(url, numbers, started + seconds, measured) for _ in range(connections)))
    measured.seconds = time.perf_counter() - started
    return measured


def commit_milliseconds(folder: Path) -> float:
    """What one commit of SQLite with full synchronisation takes here: the floor of any single delivery."""
    connection = sqlite3.connect(folder / "commits.db", isolation_level=None)
    connection.executescript("pragma journal_mode = wal; pragma synchronous = full; create table t (body text)")
    started = time.perf_counter()
    for _ in range(300):
        connection.execute("insert into t values (?)", [TEMPLATE])
    taken = time.perf_counter() - started
    connection.close()
    return taken / 300 * 1000


def stored(home: Path) -> int:
    """Deliveries in the state store."""
    connection = sqlite3.connect(home / "data" / "state.db")
    try:
        return connection.execute("select count(*) from webhook_deliveries").fetchone()[0]
    finally:
        connection.close()


def report(rounds: list[Measured], commit: float) -> str:
    """The figures as Markdown."""
    lines = [
        f"Deliveries of {len(TEMPLATE) / 1000:.1f} KB, new each, {rounds[0].seconds:.0f} s a row, "
        f"{datetime.now(UTC):%Y-%m-%d}. Server and load generator share two cores.",
        f"One SQLite commit with full synchronisation takes {commit:.2f} ms here.",
        "",
        "| connections | kept per second | p50 ms | p99 ms | max ms | not kept |",
        "|---|---|---|---|---|---|",
        *(measured.row() for measured in rounds),
        "",
        f"All {sum(len(measured.latencies) for measured in rounds):,} acknowledged deliveries are in the store, once.",
    ]
    return "\n".join(lines) + "\n"


@click.command()
@click.option("--seconds", default=20.0, show_default=True, help="For each number of connections.")
@click.option("--connections", multiple=True, default=(1, 16, 64), show_default=True)
def main(seconds: float, connections: tuple[int, ...]) -> None:
    """Serve, send, measure, print."""
    out = HERE / "out"
    out.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out) as folder:  # on the disk of the repository: /tmp may be memory
        home = Path(folder)
        commit = commit_milliseconds(home)
        numbers = count()
        with serving(home) as url:
            rounds = [asyncio.run(load(url, numbers, each, seconds)) for each in connections]
        kept = sum(len(measured.latencies) for measured in rounds)
        if stored(home) != kept:
            raise click.ClickException(f"{kept} acknowledged, {stored(home)} stored")
    text = report(rounds, commit)
    (out / "webhooks.md").write_text(text, encoding="utf-8")
    click.echo(text)


if __name__ == "__main__":
    main()
