"""Records as Calendly writes them (shapes of recorded responses and the API reference)."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

API = "https://api.calendly.com"
Record = dict[str, Any]

TRACKING = ("utm_campaign", "utm_source", "utm_medium", "utm_content", "utm_term", "salesforce_uuid")
CONFERENCES = {  # kind on an event type -> type on an event: the API names two of them differently
    "google_conference": "google_conference",
    "zoom_conference": "zoom",
    "gotomeeting_conference": "gotomeeting",
    "microsoft_teams_conference": "microsoft_teams_conference",
    "webex_conference": "webex_conference",
}


def stamp(at: datetime) -> str:
    """An instant as Calendly writes it: UTC, six decimals, Z."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def instant(text: str) -> datetime:
    """The instant of a timestamp or ISO text; without a zone it is UTC."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def uri(*parts: str) -> str:
    """The URI of a record, always at the vendor's own address."""
    return "/".join((API, *parts))


def last_part(address: str) -> str:
    """The id at the end of a URI."""
    return address.rsplit("/", 1)[-1]


def user(id_: str, name: str, email: str, zone: str, now: datetime) -> Record:
    """A user without what only GET /users/me adds."""
    slug = email.split("@")[0]
    return {
        "uri": uri("users", id_),
        "name": name,
        "slug": slug,
        "email": email,
        "scheduling_url": f"https://calendly.com/{slug}",
        "timezone": zone,
        "time_notation": "12h",
        "avatar_url": None,
        "locale": "en",
        "created_at": stamp(now),
        "updated_at": stamp(now),
    }


def event_type(id_: str, name: str, owner: Mapping[str, Any], now: datetime, **fields: Any) -> Record:
    """An event type of the standard kind; `fields` replace any key."""
    slug = "-".join(name.lower().split())
    return {
        "uri": uri("event_types", id_),
        "name": name,
        "active": True,
        "admin_managed": False,
        "booking_method": "instant",
        "color": "#8247f5",
        "created_at": stamp(now),
        "updated_at": stamp(now),
        "deleted_at": None,
        "custom_questions": [],
        "description_html": None,
        "description_plain": None,
        "duration": 30,
        "duration_options": None,
        "internal_note": None,
        "is_paid": False,
        "kind": "solo",
        "locale": "en",
        "locations": [],
        "pooling_type": None,
        "position": 0,
        "profile": {"type": "User", "name": owner["name"], "owner": owner["uri"]},
        "scheduling_url": f"{owner['scheduling_url']}/{slug}",
        "secret": False,
        "slug": slug,
        "type": "StandardEventType",
        "start_time_increment": 30,
        "before_buffer": 0,
        "after_buffer": 0,
        **fields,
    }


def question(name: str, position: int, kind: str = "text", choices: Iterable[str] = ()) -> Record:
    """One custom question of an event type."""
    return {
        "name": name,
        "type": kind,
        "position": position,
        "enabled": True,
        "required": False,
        "answer_choices": list(choices),
        "include_other": False,
    }


def location(kind: str | None, event_id: str, place: str | None = None) -> Record | None:
    """Where an event happens, for a kind as event types name it."""
    if kind is None:
        return None
    join_url = f"https://calendly.com/events/{event_id}/{kind.removesuffix('_conference')}"
    if kind == "google_conference":
        return {"type": kind, "status": "pushed", "join_url": join_url.replace("/google", "/google_meet")}
    if kind == "zoom_conference":
        number = int(event_id.replace("-", "")[:8], 36) % 10**10
        data = {
            "id": str(number),
            "settings": {"global_dial_in_numbers": []},
            "extra": {"intl_numbers_url": "https://example.zoom.us/u/abc"},
            "password": "secret",
        }
        return {"type": "zoom", "status": "pushed", "join_url": f"https://example.zoom.us/j/{number}", "data": data}
    if kind in CONFERENCES:
        return {"type": CONFERENCES[kind], "status": "pushed", "join_url": join_url, "data": {"id": event_id}}
    if kind == "physical":
        return {"type": kind, "location": place or "1 Main Street, Springfield", "additional_info": ""}
    if kind == "inbound_call":
        return {"type": kind, "location": place or "+1 212-555-0100", "additional_info": ""}
    if kind == "ask_invitee":
        return {"type": kind, "location": place or "The corner café"}
    return {"type": kind, "location": place}  # custom, outbound_call


def membership_of_event(host: Mapping[str, Any], start: datetime, end: datetime) -> Record:
    """A host of an event."""
    return {
        "user": host["uri"],
        "user_email": host["email"],
        "user_name": host["name"],
        "buffered_start_time": stamp(start),
        "buffered_end_time": stamp(end),
    }


def event(id_: str, type_: Mapping[str, Any], start: datetime, end: datetime, now: datetime, **fields: Any) -> Record:
    """A scheduled event; `cancellation` is absent until it is cancelled."""
    return {
        "uri": uri("scheduled_events", id_),
        "name": type_["name"],
        "meeting_notes_plain": None,
        "meeting_notes_html": None,
        "status": "active",
        "start_time": stamp(start),
        "end_time": stamp(end),
        "event_type": type_["uri"],
        "location": None,
        "invitees_counter": {"total": 0, "active": 0, "limit": 1},
        "created_at": stamp(now),
        "updated_at": stamp(now),
        "event_memberships": [],
        "event_guests": [],
        "calendar_event": None,
        **fields,
    }


def invitee(id_: str, event_uri: str, name: str, email: str, now: datetime, **fields: Any) -> Record:
    """An invitee; first and last name are null unless the event type asks for both."""
    return {
        "uri": f"{event_uri}/invitees/{id_}",
        "email": email,
        "first_name": None,
        "last_name": None,
        "name": name,
        "status": "active",
        "questions_and_answers": [],
        "timezone": None,
        "event": event_uri,
        "created_at": stamp(now),
        "updated_at": stamp(now + timedelta(milliseconds=98)),
        "tracking": dict.fromkeys(TRACKING),
        "text_reminder_number": None,
        "rescheduled": False,
        "old_invitee": None,
        "new_invitee": None,
        "cancel_url": f"https://calendly.com/cancellations/{id_}",
        "reschedule_url": f"https://calendly.com/reschedulings/{id_}",
        "routing_form_submission": None,
        "payment": None,
        "no_show": None,
        "reconfirmation": None,
        "scheduling_method": None,
        "invitee_scheduled_by": None,
        **fields,
    }


def guest(email: str, now: datetime) -> Record:
    """A plain address an invitee added."""
    return {"email": email, "created_at": stamp(now), "updated_at": stamp(now)}


def cancellation(by: str, reason: str | None, canceler_type: str, now: datetime) -> Record:
    """Who cancelled, by display name, and why."""
    return {"canceled_by": by, "reason": reason, "canceler_type": canceler_type, "created_at": stamp(now)}
