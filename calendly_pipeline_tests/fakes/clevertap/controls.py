"""What a fake CleverTap in a process of its own can be told: `POST /_control/<verb>` and `GET /_control/<report>`."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from calendly_pipeline_tests.fakes.clevertap.server import CleverTapServer


def add_controls(server: "CleverTapServer") -> None:
    """Verbs that change the account, and reports of it."""

    def unsubscribe(said: dict[str, Any]) -> Any:
        server.world.unsubscribe(said["identity"], *said.get("channels", []))
        return {}

    def fail_next(said: dict[str, Any]) -> Any:
        server.faults.fail_next(said["n"], said["kind"], said.get("path", ""), said.get("after", 0))
        return {}

    server.gate.controls |= {"unsubscribe": unsubscribe, "fail_next": fail_next}
    server.gate.reports |= {"truth": lambda: truth(server)}


def truth(server: "CleverTapServer") -> dict[str, Any]:
    """Everything there is."""
    world = server.world
    moments = ("occurred_at", "received_at")
    events = [{**asdict(event), **{key: getattr(event, key).isoformat() for key in moments}} for event in world.events]
    return {
        "profiles": [asdict(profile) for profile in world.profiles.values()],
        "events": events,
        "uploads": [asdict(upload) for upload in server.uploads],
        "error_stream": world.error_stream,
        "consent_writes": world.consent_writes,
        "messages": world.messages,
    }
