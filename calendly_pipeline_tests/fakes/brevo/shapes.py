"""What the fake Brevo shows of its records."""

from datetime import UTC, datetime
from typing import Any

from calendly_pipeline_tests.fakes.brevo.world import Contact, Event, World


def attributes(world: World) -> list[dict[str, Any]]:
    """All attributes; a calculated or global one has no type."""
    return [
        {"name": name, "category": category} | ({"type": kind} if kind else {})
        for (category, name), kind in world.attributes.items()
    ]


def lists(world: World) -> list[dict[str, Any]]:
    """All lists, newest first."""
    counts = {"totalBlacklisted": 0, "totalSubscribers": 0}
    rows = [
        {
            "id": number,
            "name": name,
            "folderId": folder_id,
            **counts,
            "uniqueSubscribers": sum(number in contact.list_ids for contact in world.contacts.values()),
        }
        for number, (name, folder_id) in world.lists.items()
    ]
    return rows[::-1]


def folders(world: World) -> list[dict[str, Any]]:
    """All folders, newest first."""
    counts = {"totalBlacklisted": 0, "totalSubscribers": 0, "uniqueSubscribers": 0}
    return [{"id": number, "name": name, **counts} for number, name in world.folders.items()][::-1]


def contact(row: Contact) -> dict[str, Any]:
    """One contact; `listUnsubscribed` is null when they left no list."""
    return {
        "id": row.contact_id,
        "email": row.address,
        "emailBlacklisted": row.is_blocked,
        "smsBlacklisted": row.is_sms_blocked,
        "whatsappBlacklisted": False,
        "listIds": sorted(row.list_ids),
        "listUnsubscribed": sorted(row.left_list_ids) or None,
        "attributes": dict(row.attributes),
        "createdAt": instant(row.created_at),
        "modifiedAt": instant(row.modified_at),
    }


def event(row: Event) -> dict[str, Any]:
    """One custom event."""
    return {
        "contact_id": row.contact_id,
        "event_name": row.name,
        "event_date": row.happened_at.isoformat(),
        "event_properties": row.properties,
        "contact_properties": {},
    }


def instant(moment: datetime) -> str:
    """UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
