"""Sends to fake destinations: how many requests they make, and how close to the vendor's limit they go.

    python benchmarks/destinations.py            # writes benchmarks/out/destinations.md; about four minutes

Each send runs against the fake vendor in a thread, with the adapter that `calendly-pipeline send` uses and a state
store on disk. LACRM: 2,000 cards of which 1,400 differ, once without a limit and once at 20 requests a second (the
vendor publishes none; its support agreed to one). Brevo and Ortto: the vendor's own limits, refused when overrun.
CleverTap limits only how many requests run at a time.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import duckdb

from calendly_pipeline.destinations.adapters import adapter_for
from calendly_pipeline.destinations.engine import require_mapping, send_all
from calendly_pipeline.destinations.lacrm.fields import lacrm_fields
from calendly_pipeline.destinations.ledger import Ledger
from calendly_pipeline.destinations.records import Counts, Record
from calendly_pipeline.destinations.sending import record_of
from calendly_pipeline.settings import Settings
from calendly_pipeline.state import State
from calendly_pipeline.warehouse import create_schemas, prepare, replace_table
from calendly_pipeline_tests.conftest import AS_OF, Tables, all_models
from calendly_pipeline_tests.destinations.brevo.given import Bookings
from calendly_pipeline_tests.destinations.brevo.given import chosen as brevo_settings
from calendly_pipeline_tests.destinations.clevertap.conftest import several
from calendly_pipeline_tests.destinations.ortto.given import Booked
from calendly_pipeline_tests.destinations.ortto.given import chosen as ortto_settings
from calendly_pipeline_tests.fakes.brevo.given import brevo
from calendly_pipeline_tests.fakes.brevo.server import brevo_limits
from calendly_pipeline_tests.fakes.clevertap.given import clevertap
from calendly_pipeline_tests.fakes.lacrm.given import NOW, lacrm
from calendly_pipeline_tests.fakes.lacrm.server import SilentLimit
from calendly_pipeline_tests.fakes.ortto import BodyLimit
from calendly_pipeline_tests.fakes.ortto.given import ortto

HERE = Path(__file__).parent
CARDS, DIFFERING = 2_000, 1_400
LACRM_RATE = 20.0
Planned = Callable[[], Sequence[Record]]


@dataclass(frozen=True)
class Result:
    """What one send came to."""

    name: str
    records: int
    requests: int
    writes: int
    refused: int
    seconds: float
    floor_seconds: float | None
    """The time that the vendor's rate allows so many requests; None: no rate is named."""


@click.command()
def main() -> None:
    """Run every case and write the table."""
    results = [_lacrm(None), _lacrm(LACRM_RATE), _brevo(400), _ortto(3_000), _clevertap(5_000)]
    text = _table(results)
    (HERE / "out").mkdir(exist_ok=True)
    (HERE / "out" / "destinations.md").write_text(text, encoding="utf-8")
    click.echo(text)


def _lacrm(rate: float | None) -> Result:
    fields = lacrm_fields(Settings())
    limit = SilentLimit(int(rate), 1.0) if rate else None
    with lacrm(0, limit=limit) as crm:
        for field in list(crm.world.fields.values()):
            crm.world.remove_field(field.name)
        for field in fields:
            crm.world.add_field(field.field, field.field_type, options=list(field.options))
        ids = [crm.world.add(NOW, f"Person {n}", f"p{n}@client.example").contact_id for n in range(CARDS)]
        wanted = {"Last meeting": "2026-06-01", "Meetings last 12 months": "3", "Review status": "Current"}
        for contact_id in ids[DIFFERING:]:
            crm.world.edit(NOW, contact_id, wanted)
        records = [Record("lacrm", key, "card", "update", wanted, contact_id=key) for key in ids]
        variables = {"LACRM_API_KEY": crm.key, "LACRM_API_URL": f"{crm.url}/v2/"}
        settings = Settings.model_validate({"lacrm": {"requests_per_second": rate or 100.0}})
        if rate is None:
            settings = Settings.model_construct(
                **{**dict(settings), "lacrm": settings.lacrm.model_copy(update={"requests_per_second": 1e6})}
            )
        crm.server.calls.clear()
        counts, seconds = _sent("lacrm", settings, variables, lambda: records)
        writes, requests = len(crm.server.writes()), len(crm.server.calls)
    floor = None if rate is None else requests / rate
    name = "LACRM, no limit" if rate is None else f"LACRM, {rate:.0f} a second"
    return Result(name, len(records), requests, writes, counts.refused, seconds, floor)


def _brevo(people: int) -> Result:
    with _tables() as tables, brevo(limits=brevo_limits(10), now=lambda: datetime.now(UTC)) as there:
        firm = Bookings(tables)
        for number in range(people):
            firm.booked(f"m{number}", "2026-06-20T14:00", address=f"p{number}@client.example")
        settings = brevo_settings(events={"enabled": False})
        variables = {"BREVO_API_KEY": there.key, "BREVO_API_URL": there.url}
        counts, seconds = _sent("brevo", settings, variables, lambda: _due(firm.planned(settings)), create_fields=True)
        requests = len(there.server.requests)
        return Result(
            "Brevo, 10 a second",
            counts.planned,
            requests,
            len(there.server.writes()),
            counts.refused,
            seconds,
            requests / 10,
        )


def _ortto(people: int) -> Result:
    with _tables() as tables, ortto() as there:
        there.server.limit = BodyLimit(10, 1.0, clock=time.monotonic)
        firm = Booked(tables)
        for number in range(people):
            firm.booking(f"m{number}", address=f"p{number}@client.example", who=None)
        settings = ortto_settings()
        variables = {"ORTTO_API_KEY": there.key, "ORTTO_API_URL": there.url}
        counts, seconds = _sent("ortto", settings, variables, lambda: _due(firm.plan(settings)), create_fields=True)
        requests = len(there.server.asked)
        writes = len(there.server.writes())
        return Result("Ortto, 10 a second", counts.planned, requests, writes, counts.refused, seconds, requests / 10)


def _clevertap(events: int) -> Result:
    with clevertap() as there:
        settings = Settings.model_validate({"destinations": {"clevertap": {"profile": {}}}})
        variables = {
            "CLEVERTAP_ACCOUNT_ID": there.world.account_id,
            "CLEVERTAP_PASSCODE": there.world.passcode,
            "CLEVERTAP_API_URL": there.url,
        }
        counts, seconds = _sent("clevertap", settings, variables, lambda: several(events))
        uploads = sum(request.path == "/1/upload" for request in there.server.requests)
        return Result(
            "CleverTap, 15 at a time",
            events,
            counts.requests,
            uploads,
            counts.refused,
            seconds,
            None,
        )


def _due(plan: Any) -> list[Record]:
    return [record_of(row) for row in plan.values() if row["operation"] in ("create", "update")]


def _sent(
    name: str, settings: Settings, variables: dict[str, str], planned: Planned, *, create_fields: bool = False
) -> tuple[Counts, float]:
    """One send and its seconds, from the first request to the last; what was planned before is not counted."""
    os.environ.update(variables)  # noqa: TID251 - as a shell would
    records = planned()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        state = State(f"sqlite:///{folder}/state.db")
        stack.callback(state.close)
        state.upgrade()
        adapter = adapter_for(name, settings, state)
        assert adapter is not None

        async def run() -> Counts:
            async with adapter:
                await require_mapping(adapter, click.echo, create_fields=create_fields)
                return await send_all(adapter, Ledger(state, name, "benchmark"), records, click.echo)

        began = time.perf_counter()
        counts = asyncio.run(run())
        seconds = time.perf_counter() - began
    assert counts.rejected == counts.unknown == counts.deferred == 0, counts
    return counts, seconds


@contextmanager
def _tables() -> Iterator[Tables]:
    """Every table, empty, in memory."""
    with duckdb.connect(":memory:") as connection:
        create_schemas(connection)
        prepare(connection)
        chosen = Settings.model_validate({"firm": {"time_zone": "America/New_York"}})
        for model in all_models():
            replace_table(connection, model.table, model.text, chosen.sql_parameters(AS_OF))
        yield Tables(connection)


def _table(results: list[Result]) -> str:
    head = "| send | records | requests | of them writing | refused | seconds | allowed by the limit | ratio |\n"
    lines = [head, "|---|---|---|---|---|---|---|---|\n"]
    for one in results:
        floor = "" if one.floor_seconds is None else f"{one.floor_seconds:.1f}"
        ratio = "" if one.floor_seconds is None else f"{one.seconds / one.floor_seconds:.3f}"
        cells = [one.name, f"{one.records:,}", f"{one.requests:,}", f"{one.writes:,}", f"{one.refused}"]
        lines.append(f"| {' | '.join([*cells, f'{one.seconds:.1f}', floor, ratio])} |\n")
    return "".join(lines)


if __name__ == "__main__":
    main()
