"""The world's verbs for a fake in another process: `POST /_control/<verb>` with the verb's arguments as JSON.

    {"now": "2026-03-01T09:00:00Z", "uid": "...", "starts_at": "2026-03-09T15:00:00Z", "by": "ada@example.com"}

Moments are ISO texts; `event_type`, `host` and `co_hosts` are ids. Answers {"uid": ...} where a booking was made.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from calendly_pipeline_tests.fakes.calcom.records import Booking
from calendly_pipeline_tests.fakes.calcom.shapes import booking_shape
from calendly_pipeline_tests.fakes.calcom.world import World
from calendly_pipeline_tests.fakes.gate import Gate

VERBS = (
    "book", "book_series", "take_seat", "cancel_seat", "confirm", "reject", "cancel", "cancel_rest", "ask_to_move",
    "move", "mark_absent", "unmark_absent", "mark_host_absent", "end", "post_unknown", "forget_updated_at",
    "delete_booking", "delete_event_type", "delete_user",
)  # fmt: skip


def add_controls(gate: Gate, world: World) -> None:
    """Let the gate carry out the world's verbs and tell its truth."""
    gate.controls |= {verb: _control(world, verb) for verb in VERBS}
    gate.reports |= {"truth": lambda: truth(world), "deliveries": world.deliveries}


def truth(world: World) -> list[dict[str, Any]]:
    """Every booking of the members, as the documented version would say it, by uid."""
    members = [b for b in world.bookings.values() if b.host is None or b.host.is_member]
    return [booking_shape(world, booking) for booking in sorted(members, key=lambda booking: booking.uid)]


def _control(world: World, verb: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def carry_out(arguments: dict[str, Any]) -> dict[str, Any]:
        result = getattr(world, verb)(**{name: _value(world, name, value) for name, value in arguments.items()})
        if isinstance(result, list):
            return {"uids": [booking.uid for booking in result]}
        return {"uid": result.uid} if isinstance(result, Booking) else {}

    return carry_out


def _value(world: World, name: str, value: Any) -> Any:
    if name in ("now", "starts_at"):
        return datetime.fromisoformat(value)
    if name == "event_type":
        return world.event_types[value]
    if name == "host":
        return world.users[value]
    return [world.users[number] for number in value] if name == "co_hosts" else value
