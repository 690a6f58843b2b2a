"""What a fake Brevo in a process of its own can be told: `POST /_control/<verb>` and `GET /_control/<report>`."""

from typing import TYPE_CHECKING, Any

from calendly_pipeline_tests.fakes.brevo import shapes

if TYPE_CHECKING:
    from calendly_pipeline_tests.fakes.brevo.server import BrevoServer


def add_controls(server: "BrevoServer") -> None:
    """Verbs that change the account, and reports of it."""
    world, gate = server.world, server.gate

    def unsubscribe(said: dict[str, Any]) -> Any:
        world.unsubscribe(said["email"], *said.get("lists", []))
        return {}

    def fail_next(said: dict[str, Any]) -> Any:
        server.faults.fail_next(said["n"], said["kind"], said.get("path", ""), said.get("after", 0))
        return {}

    def requests() -> Any:
        return [{"method": r.method, "path": r.path, "status": r.status} for r in server.requests]

    gate.controls |= {"unsubscribe": unsubscribe, "fail_next": fail_next}
    gate.reports |= {"truth": lambda: truth(server), "requests": requests}


def truth(server: "BrevoServer") -> dict[str, Any]:
    """Everything there is, times of change left out: two runs that wrote the same are equal."""
    world = server.world
    contacts = [shapes.contact(contact) for contact in world.contacts.values()]
    address = {contact.contact_id: contact.address for contact in world.contacts.values()}
    events = [
        {
            "email": address.get(e.contact_id),
            "name": e.name,
            "at": e.happened_at.isoformat(),
            "properties": e.properties,
        }
        for e in world.events
    ]
    return {
        "contacts": {
            c["email"]: {k: v for k, v in c.items() if k not in ("createdAt", "modifiedAt")} for c in contacts
        },
        "events": events,
        "lists": {str(number): name for number, (name, _) in world.lists.items()},
        "attributes": {name: kind for (_, name), kind in world.attributes.items()},
        "granted": [list(one) for one in world.granted],
    }
