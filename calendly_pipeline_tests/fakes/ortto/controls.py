"""What a fake Ortto in a process of its own can be told: `POST /_control/<verb>` and `GET /_control/<report>`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from calendly_pipeline_tests.fakes.ortto.server import OrttoServer


def add_controls(server: "OrttoServer") -> None:
    """Verbs that change the world, and reports of it."""
    world, gate = server.world, server.gate

    def add(said: dict[str, Any]) -> Any:
        person = world.add_person(said["email"], may_email=said.get("may_email", True))
        person.fields |= said.get("fields", {})
        return {"person_id": person.person_id}

    def unsubscribe(said: dict[str, Any]) -> Any:
        world.person(said["email"]).fields["bol::p"] = False
        return {}

    def suppress(said: dict[str, Any]) -> Any:
        world.suppressed.add(said["email"].lower())
        return {}

    def fail_next(said: dict[str, Any]) -> Any:
        server.faults.fail_next(said["n"], said["kind"], said.get("path", ""), said.get("after", 0))
        return {}

    gate.controls |= {"add": add, "unsubscribe": unsubscribe, "suppress": suppress, "fail_next": fail_next}
    gate.reports |= {
        "truth": lambda: truth(server),
        "asked": lambda: [{**vars(one), "is_write": one.is_write} for one in server.asked],
    }


def truth(server: "OrttoServer") -> dict[str, Any]:
    """Everything there is."""
    world = server.world
    return {
        "people": [{"person_id": person.person_id, **person.fields} for person in world.people.values()],
        "activities": [vars(row) for row in world.activities],
        "fields": sorted(field_id for field_id in world.fields if ":cm:" in field_id),
        "definitions": sorted(world.definitions),
        "consent_log": [list(entry) for entry in world.consent_log],
    }
