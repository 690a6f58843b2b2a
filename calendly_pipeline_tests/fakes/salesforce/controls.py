"""What a fake Salesforce in a process of its own can be told: `POST /_control/<verb>` and `GET /_control/<report>`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from calendly_pipeline_tests.fakes.salesforce.server import SalesforceServer


def add_controls(server: "SalesforceServer") -> None:
    """Verbs that change the world, and reports of it."""
    world, gate = server.world, server.gate

    def add_user(said: dict[str, Any]) -> Any:
        return {"Id": world.add_user(**said)}

    def edit_user(said: dict[str, Any]) -> Any:
        world.user(said["Id"]).update(said["fields"])
        return {}

    def lock(said: dict[str, Any]) -> Any:
        world.locked[said["key"]] = said["times"]
        return {}

    def refuse(said: dict[str, Any]) -> Any:
        world.refused[said["key"]] = (said["code"], said["message"])
        return {}

    def expire(said: dict[str, Any]) -> Any:
        world.sessions.clear()
        return {}

    def fail_next(said: dict[str, Any]) -> Any:
        server.faults.fail_next(said["n"], said["kind"], said.get("verb", ""), said.get("after", 0))
        return {}

    verbs = (add_user, edit_user, lock, refuse, expire, fail_next)
    gate.controls |= {verb.__name__: verb for verb in verbs}
    gate.reports |= {"truth": lambda: truth(server), "calls": lambda: [vars(called) for called in server.calls]}


def truth(server: "SalesforceServer") -> dict[str, Any]:
    """Every row of every object, and how often each was written."""
    world = server.world
    return {"touched": dict(world.touched), **{one.name: list(one.rows.values()) for one in world.objects.values()}}
