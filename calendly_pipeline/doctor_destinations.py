"""What `calendly-pipeline doctor` asks the destinations: keys, mapped fields, and attempts of unknown outcome."""

import asyncio
from collections.abc import Iterator

from calendly_pipeline import environment
from calendly_pipeline.destinations.adapter import Adapter
from calendly_pipeline.destinations.adapters import adapter_for
from calendly_pipeline.destinations.ledger import Ledger
from calendly_pipeline.failures import PipelineError
from calendly_pipeline.findings import Finding
from calendly_pipeline.home import Home
from calendly_pipeline.settings import Settings
from calendly_pipeline.state import State


def destinations_there(home: Home, settings: Settings) -> Iterator[Finding]:
    """One finding or more per destination that is planned."""
    state = State(environment.state_url(home))
    try:
        state.upgrade()
        for name, section in settings.destinations.configured().items():
            try:
                adapter = adapter_for(name, settings, state)
            except PipelineError as error:  # half a login, say
                yield Finding("error", f"send to {name}", str(error))
                continue
            if adapter is None:
                level = "error" if section.enabled else "ok"
                yield Finding(level, f"send to {name}", "its key is not set (see .env.example), so nothing can be sent")
                continue
            yield from _asked(f"send to {name}", adapter)
            yield from _open(name, state)
    finally:
        state.close()


def _asked(subject: str, adapter: Adapter) -> Iterator[Finding]:
    try:
        findings = asyncio.run(_check(adapter))
    except PipelineError as error:
        yield Finding("warning" if error.retry_helps else "error", subject, str(error))
        return
    yield from findings or [Finding("ok", subject, "every mapped field is there and of the right kind")]


async def _check(adapter: Adapter) -> list[Finding]:
    async with adapter:
        return await adapter.check()


def _open(name: str, state: State) -> Iterator[Finding]:
    for entry in Ledger(state, name, "").open_entries():
        if entry.is_intent:
            continue
        text = (
            f"nobody knows whether the attempt of {entry.attempted_at:%d %b %Y %H:%M} UTC at {entry.record.key} "
            "arrived; the next send looks it up or repeats it; else say what you see there: "
            f"`calendly-pipeline settle {name} {entry.record.key} arrived` (or absent)"
        )
        yield Finding("warning", f"send to {name}", text)
