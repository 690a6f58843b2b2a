"""What a fake LACRM in a process of its own can be told: `POST /_control/<verb>` and `GET /_control/<report>`."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from calendly_pipeline_tests.fakes.lacrm import shapes

if TYPE_CHECKING:
    from calendly_pipeline_tests.fakes.lacrm.server import LacrmServer


def add_controls(server: "LacrmServer") -> None:
    """Verbs that change the world, and reports of it."""
    world, gate = server.world, server.gate

    def add(said: dict[str, Any]) -> Any:
        contact = world.add(_now(said), said["name"], *said.get("emails", []), written=said.get("fields"))
        return {"ContactId": contact.contact_id}

    def edit(said: dict[str, Any]) -> Any:
        world.edit(_now(said), said["contact_id"], said["fields"])
        return {}

    def merge(said: dict[str, Any]) -> Any:
        world.merge(_now(said), said["kept"], said["gone"])
        return {}

    def delete(said: dict[str, Any]) -> Any:
        world.delete(said["contact_id"])
        return {}

    def fail_next(said: dict[str, Any]) -> Any:
        server.faults.fail_next(said["n"], said["kind"], said.get("function", "").lower(), said.get("after", 0))
        return {}

    gate.controls |= {"add": add, "edit": edit, "merge": merge, "delete": delete, "fail_next": fail_next}
    gate.reports |= {"truth": lambda: truth(server), "calls": lambda: [vars(called) for called in server.calls]}


def truth(server: "LacrmServer") -> dict[str, Any]:
    """Everything there is, as the API would show it to an admin."""
    world = server.world
    return {
        "contacts": [shapes.contact_shape(world, contact) for contact in world.contacts.values()],
        "notes": [shapes.note_shape(world, note) for note in world.notes.values()],
        "events": [shapes.event_shape(world, event) for event in world.events.values()],
        "fired": [list(one) for one in world.fired],
    }


def _now(said: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(said["now"])
