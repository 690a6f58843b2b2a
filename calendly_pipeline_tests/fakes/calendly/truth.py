"""What a complete and exact reading of the world must have found."""

from typing import Any

from calendly_pipeline_tests.fakes.calendly.records import last_part
from calendly_pipeline_tests.fakes.calendly.world import World


def truth(world: World) -> dict[str, Any]:
    """Every record the API would give now, by kind and id, as the landing names them; ids are lower case."""
    people = {last_part(row["user"]["uri"]).lower(): row for row in world.memberships.values()}
    return {
        "user": people,
        "event_type": _by_id(world.event_types),
        "event": {id_.lower(): row for id_, row in world.events.items()},
        "invitee": {id_.lower(): row for id_, row in world.invitees.items()},
        "routing_form": _by_id(world.forms),
        "routing_form_submission": _by_id(world.submissions),
        "webhook_subscription": _by_id(world.webhooks),
        "absence": sorted(id_.lower() for id_ in world.gone),
    }


def _by_id(table: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {last_part(address).lower(): row for address, row in table.items()}
