"""The control endpoint of the second-process form: every verb of the world, and the knobs of the server, as JSON."""

from collections.abc import Callable
from typing import Any

from calendly_pipeline_tests.fakes.calendly.drift import Drift
from calendly_pipeline_tests.fakes.calendly.exports import export_csv
from calendly_pipeline_tests.fakes.calendly.records import instant
from calendly_pipeline_tests.fakes.calendly.server import CalendlyServer
from calendly_pipeline_tests.fakes.calendly.truth import truth

VERBS = (
    "book", "cancel", "move", "mark_no_show", "unmark_no_show", "add_guest", "remove_guest", "set_notes", "reassign",
    "delete_event", "expire_location", "age", "add_user", "remove_member", "add_event_type", "change_event_type",
    "delete_event_type", "add_webhook", "set_webhook_state", "add_form", "submit_form",
)  # fmt: skip
INSTANTS = ("now", "start")


def control(server: CalendlyServer, drift: Drift) -> None:
    """Add `POST /_control/<verb>` and `GET /_control/truth`, `deliveries` to a server."""
    gate = server.gate
    gate.controls.update({verb: _verb(server, verb) for verb in VERBS})
    gate.controls.update(
        fail_next=lambda said: gate.faults.fail_next(**said),
        faults=lambda said: _set(gate.faults, said),
        gate=lambda said: _set(gate, said),
        limit=lambda said: _set(server.limit, said),
        drift=lambda said: _set(drift, said),
        change=lambda said: drift.change(),
        csv=lambda said: export_csv(server.world, **said),
        revoke=lambda said: server.tokens.revoke(**said),
        spend=lambda said: server.limit.spend(**said),
    )
    gate.reports.update(
        truth=lambda: truth(server.world),
        deliveries=server.world.deliveries,
        faults=lambda: dict(gate.faults.counts),
        now=lambda: server.world.now.isoformat(),
    )


def _verb(server: CalendlyServer, verb: str) -> Callable[[dict[str, Any]], Any]:
    """Instants are ISO text; targets are URIs."""

    def call(said: dict[str, Any]) -> Any:
        arguments = {key: instant(value) if key in INSTANTS else value for key, value in said.items()}
        return getattr(server.world, verb)(**arguments)

    return call


def _set(target: Any, said: dict[str, Any]) -> None:
    for name, value in said.items():
        if not hasattr(target, name):
            raise ValueError(f"{type(target).__name__} has no {name}")
        setattr(target, name, tuple(value) if isinstance(value, list) else value)
