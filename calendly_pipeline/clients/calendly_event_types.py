"""Find an event type of a Calendly account by what a person calls it."""

from collections.abc import Sequence
from typing import Any

from calendly_pipeline.clients.calendly import CalendlyClient, Identity, id_of
from calendly_pipeline.failures import InputError


async def find_event_type(client: CalendlyClient, identity: Identity, said: str) -> str:
    """The URI of the one active event type with this URI, id, slug or name; raises InputError naming what there is."""
    return event_type_called(said, await active_event_types(client, identity))


async def active_event_types(client: CalendlyClient, identity: Identity) -> list[dict[str, Any]]:
    """The event types that can be booked."""
    listed = [item async for page in client.event_types(identity) for item in page.data["collection"]]
    return [item for item in listed if item.get("active", True) and not item.get("deleted_at")]


def event_type_called(said: str, active: Sequence[dict[str, Any]]) -> str:
    """The URI of the one among them; raises InputError."""
    wanted = said.strip().lower()
    fitting = [
        item
        for item in active
        if wanted in (item["uri"].lower(), id_of(item["uri"]), str(item.get("slug")).lower(), str(item["name"]).lower())
    ]
    if len(fitting) == 1:
        return fitting[0]["uri"]
    names = "; ".join(
        sorted(f"{item['name']} ({item.get('slug') or id_of(item['uri'])})" for item in fitting or active)
    )
    problem = "fits several event types" if fitting else "is no active event type"
    raise InputError(f"{said!r} {problem}.", f"Choose one of: {names}.")
