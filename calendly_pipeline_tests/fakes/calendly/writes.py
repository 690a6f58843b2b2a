"""The endpoints that change something (Calendly API reference)."""

from typing import Any
from urllib.parse import urlsplit

from calendly_pipeline_tests.fakes.calendly.calls import Answer, Call, full_uri
from calendly_pipeline_tests.fakes.calendly.records import API, instant, last_part
from calendly_pipeline_tests.fakes.calendly.refusals import invalid, refused

EVENT_SCOPES = {  # events of a subscription -> scope needed to read them
    "invitee.created": "scheduled_events:read",
    "invitee.canceled": "scheduled_events:read",
    "invitee_no_show.created": "scheduled_events:read",
    "invitee_no_show.deleted": "scheduled_events:read",
    "routing_form_submission.created": "routing_forms:read",
    "event_type.created": "event_types:read",
    "event_type.updated": "event_types:read",
    "event_type.deleted": "event_types:read",
    "meeting_recap.created": "meeting_recaps:read",
    "meeting_recap.updated": "meeting_recaps:read",
    "meeting_recap.deleted": "meeting_recaps:read",
    "contact.created": "contacts:read",
    "contact.updated": "contacts:read",
    "contact.deleted": "contacts:read",
}
ONLY_IN_SCOPE = {"routing_form_submission": "organization", "meeting_recap": "user"}


def scheduling_link(call: Call) -> Answer:
    """POST /scheduling_links."""
    body = call.body("max_event_count", "owner", "owner_type")
    if body["max_event_count"] != 1:
        raise invalid("max_event_count", "must be 1")
    if body["owner_type"] != "EventType":
        raise invalid("owner_type", "must be EventType")
    owner = full_uri("owner", body["owner"], "event_types")
    found = call.world.event_types.get(owner)
    if found is None or found["deleted_at"] is not None:
        raise refused(404)
    if not call.is_admin and call.user not in call.world.hosts_of[owner]:
        raise refused(403)
    link = f"https://calendly.com/d/{call.world.new_id()[:8]}/{found['slug']}"
    return 201, {"resource": {"booking_url": link, "owner": owner, "owner_type": "EventType"}}


def create_webhook(call: Call) -> Answer:
    """POST /webhook_subscriptions."""
    body = call.body("url", "events", "organization", "scope")
    call.own_organization(full_uri("organization", body["organization"], "organizations"))
    _check_url(body["url"])
    _check_events(call, body)
    scope = body["scope"]
    if scope not in ("organization", "user", "group"):
        raise invalid("scope", "must be one of: organization, user, group")
    owner = {scope: full_uri(scope, body.get(scope), f"{scope}s")} if scope != "organization" else {}
    if not call.is_admin and owner.get("user") != call.user:
        raise refused(403)
    key = body.get("signing_key")
    if key is not None and not isinstance(key, str):
        raise invalid("signing_key", "must be a string")
    try:
        hook = call.world.add_webhook(
            body["url"], body["events"], scope=scope, creator=call.user, signing_key=key, now=call.now, **owner
        )
    except ValueError:
        raise refused(409) from None
    return 201, {"resource": call.world.webhooks[hook]}


def delete_webhook(call: Call) -> Answer:
    """DELETE /webhook_subscriptions/{uuid}."""
    found = call.one(call.world.webhooks, "webhook_subscriptions")
    del call.world.webhooks[found["uri"]]
    call.world.signing_keys.pop(found["uri"], None)
    return 204, None


def create_no_show(call: Call) -> Answer:
    """POST /invitee_no_shows."""
    address = call.body("invitee")["invitee"]
    if not isinstance(address, str) or not address.startswith(f"{API}/scheduled_events/"):
        raise invalid("invitee", "is not a valid URI")
    found = call.world.invitees.get(last_part(address))
    if found is None or found["uri"] != address:
        raise refused(404)
    _may_change(call, found["event"])
    call.world.mark_no_show(address, now=call.now)
    return 201, {"resource": {**found["no_show"], "invitee": address}}


def delete_no_show(call: Call) -> Answer:
    """DELETE /invitee_no_shows/{uuid}."""
    owner = call.world.no_shows.get(call.path["uuid"])
    if owner is None:
        raise refused(404)
    _may_change(call, call.world.invitees[last_part(owner)]["event"])
    call.world.unmark_no_show(owner, now=call.now)
    return 204, None


def cancel(call: Call) -> Answer:
    """POST /scheduled_events/{uuid}/cancellation: always by the host."""
    found = call.world.events.get(call.path["uuid"])
    if found is None:
        raise refused(404)
    reason = call.body().get("reason")
    if reason is not None and (not isinstance(reason, str) or len(reason) > 10_000):
        raise invalid("reason", "is too long (maximum is 10000 characters)")
    _may_change(call, found["uri"])
    if found["status"] == "canceled":
        raise refused(403, "Event is already canceled")
    if instant(found["end_time"]) <= call.now:
        raise refused(403, "Event in the past")
    by = call.world.users[call.user]["name"]
    return 201, {"resource": call.world.cancel(found["uri"], now=call.now, by="host", reason=reason, canceled_by=by)}


def _may_change(call: Call, event: str) -> None:
    hosts = call.world.events[last_part(event)]["event_memberships"]
    if not call.is_admin and all(host["user"] != call.user for host in hosts):
        raise refused(403, "You do not have permission")


def _check_url(url: Any) -> None:
    if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https"):
        raise invalid("url", "is not a valid URL")


def _check_events(call: Call, body: dict[str, Any]) -> None:
    events = body["events"]
    if not isinstance(events, list) or any(event not in EVENT_SCOPES for event in events):
        raise invalid("events", "contains an unknown event")
    call.needs_scope(*{EVENT_SCOPES[event] for event in events})
    for event in events:
        needed = ONLY_IN_SCOPE.get(event.partition(".")[0])
        if needed not in (None, body["scope"]):
            raise invalid("events", f"{event} needs the scope {needed}")
