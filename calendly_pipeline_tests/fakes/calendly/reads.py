"""The GET endpoints (Calendly API reference)."""

from bisect import bisect_left, bisect_right
from typing import Any

from calendly_pipeline_tests.fakes.calendly.calls import Answer, Call
from calendly_pipeline_tests.fakes.calendly.paging import Listing
from calendly_pipeline_tests.fakes.calendly.records import Record, last_part, stamp, uri
from calendly_pipeline_tests.fakes.calendly.refusals import invalid, refused


def user(call: Call) -> Answer:
    """GET /users/me, /users/{uuid}."""
    address = call.user if call.path["uuid"] == "me" else uri("users", call.path["uuid"])
    found = call.world.users.get(address)
    if found is None:
        raise refused(404)
    return _resource(found | {"current_organization": call.world.organization["uri"], "resource_type": "User"})


def organization(call: Call) -> Answer:
    """GET /organizations/{uuid}."""
    if call.path["uuid"] != last_part(call.world.organization["uri"]):
        raise refused(404)
    return _resource(call.world.organization)


def memberships(call: Call) -> Answer:
    """GET /organization_memberships."""
    own = _own_or_organization(call)
    email, role = call.query.get("email"), call.choice("role", "owner", "admin", "user")
    rows = [
        row
        for row in call.world.memberships.values()
        if own in (None, row["user"]["uri"]) and email in (None, row["user"]["email"]) and role in (None, row["role"])
    ]
    return call.listed(rows, "created_at")


def membership(call: Call) -> Answer:
    """GET /organization_memberships/{uuid}."""
    return _resource(call.one(call.world.memberships, "organization_memberships"))


def event_types(call: Call) -> Answer:
    """GET /event_types; deleted ones are left out."""
    own = _own_or_organization(call)
    active = call.choice("active", "true", "false")
    managed = call.choice("admin_managed", "true", "false")
    field, descending = call.sort("name", "position", "created_at", "updated_at", usual="name:asc")
    rows = [
        row
        for row in call.world.event_types.values()
        if row["deleted_at"] is None
        and row["type"] == "StandardEventType"
        and (own is None or own in call.world.hosts_of[row["uri"]])
        and active in (None, str(row["active"]).lower())
        and managed in (None, str(row["admin_managed"]).lower())
    ]
    return call.listed(rows, field, descending)


def event_type(call: Call) -> Answer:
    """GET /event_types/{uuid}: deleted ones too."""
    return _resource(call.one(call.world.event_types, "event_types"))


def events(call: Call) -> Answer:
    """GET /scheduled_events."""
    hosts = _hosts_asked_for(call)
    status = call.choice("status", "active", "canceled")
    email = call.query.get("invitee_email")
    _, descending = call.sort("start_time", usual="start_time:asc")
    world, low, high = call.world, 0, len(call.world.by_start)
    least, most = call.moment("min_start_time"), call.moment("max_start_time")
    if least is not None:
        edge = (stamp(least), "" if call.includes_bounds else "~")
        low = bisect_left(world.by_start, edge)
    if most is not None:
        edge = (stamp(most), "~" if call.includes_bounds else "")
        high = bisect_right(world.by_start, edge)

    def record(id_: str) -> Record | None:
        event = world.events[id_]
        if status is not None and event["status"] != status:
            return None
        if hosts is not None and not hosts.intersection(host["user"] for host in event["event_memberships"]):
            return None
        if email is not None and all(world.invitees[i]["email"] != email for i in world.invitees_of[id_]):
            return None
        return event

    return call.page(Listing(world.by_start, record, descending, low, high))


def event(call: Call) -> Answer:
    """GET /scheduled_events/{uuid}."""
    return _resource(_event(call))


def invitees(call: Call) -> Answer:
    """GET /scheduled_events/{uuid}/invitees."""
    found = _event(call)
    status, email = call.choice("status", "active", "canceled"), call.query.get("email")
    _, descending = call.sort("created_at", usual="created_at:asc")
    everyone = (call.world.invitees[id_] for id_ in call.world.invitees_of[last_part(found["uri"])])
    rows = [row for row in everyone if status in (None, row["status"]) and email in (None, row["email"])]
    return call.listed(rows, "created_at", descending)


def invitee(call: Call) -> Answer:
    """GET /scheduled_events/{event_uuid}/invitees/{invitee_uuid}."""
    found = _event(call)
    if call.path["invitee_uuid"] not in call.world.invitees_of[last_part(found["uri"])]:
        raise refused(404)
    return _resource(call.world.invitees[call.path["invitee_uuid"]])


def no_show(call: Call) -> Answer:
    """GET /invitee_no_shows/{uuid}."""
    owner = call.world.no_shows.get(call.path["uuid"])
    if owner is None:
        raise refused(404)
    return _resource({**call.world.invitees[last_part(owner)]["no_show"], "invitee": owner})


def groups(call: Call) -> Answer:
    """GET /groups (Teams plan)."""
    call.needs_plan("teams")
    call.needs_organization()
    return call.listed(list(call.world.groups.values()), "created_at")


def group(call: Call) -> Answer:
    """GET /groups/{uuid} (Teams plan)."""
    call.needs_plan("teams")
    return _resource(call.one(call.world.groups, "groups"))


def forms(call: Call) -> Answer:
    """GET /routing_forms (Teams plan)."""
    call.needs_plan("teams")
    call.needs_organization()
    _, descending = call.sort("created_at", usual="created_at:asc")
    return call.listed(list(call.world.forms.values()), "created_at", descending)


def form(call: Call) -> Answer:
    """GET /routing_forms/{uuid} (Teams plan)."""
    call.needs_plan("teams")
    return _resource(call.one(call.world.forms, "routing_forms"))


def submissions(call: Call) -> Answer:
    """GET /routing_form_submissions: of one form (Teams plan)."""
    call.needs_plan("teams")
    asked = call.address("form", "routing_forms")
    if asked not in call.world.forms:
        raise refused(404)
    _, descending = call.sort("created_at", usual="created_at:asc")
    rows = [row for row in call.world.submissions.values() if row["routing_form"] == asked]
    return call.listed(rows, "created_at", descending)


def submission(call: Call) -> Answer:
    """GET /routing_form_submissions/{uuid} (Teams plan)."""
    call.needs_plan("teams")
    return _resource(call.one(call.world.submissions, "routing_form_submissions"))


def webhooks(call: Call) -> Answer:
    """GET /webhook_subscriptions."""
    call.own_organization(call.address("organization", "organizations"))
    scope = call.choice("scope", "organization", "user", "group")
    if scope is None:
        raise invalid("scope", "must be present")
    owner = call.address(scope, f"{scope}s") if scope != "organization" else None
    if not call.is_admin and owner != call.user:
        raise refused(403)
    _, descending = call.sort("created_at", usual="created_at:asc")
    rows = [
        row
        for row in call.world.webhooks.values()
        if row["scope"] == scope and owner in (None, row["user"], row["group"])
    ]
    return call.listed(rows, "created_at", descending)


def webhook(call: Call) -> Answer:
    """GET /webhook_subscriptions/{uuid}."""
    return _resource(call.one(call.world.webhooks, "webhook_subscriptions"))


def _resource(record: Any) -> Answer:
    return 200, {"resource": record}


def _event(call: Call) -> Record:
    found = call.world.events.get(call.path["uuid"])
    if found is None:
        raise refused(404)
    if not call.is_admin and all(host["user"] != call.user for host in found["event_memberships"]):
        raise refused(403, "You are not allowed to view this event")
    return found


def _own_or_organization(call: Call) -> str | None:
    """Null for the whole organization, else the user asked for."""
    if "organization" in call.query:
        call.needs_organization()
        return call.address("user", "users") if "user" in call.query else None
    if "user" not in call.query:
        raise invalid("organization", "one of organization, user must be present")
    asked = call.address("user", "users")
    if asked not in call.world.users:
        raise refused(404)
    if asked != call.user and not call.is_admin:
        raise refused(403)
    return asked


def _hosts_asked_for(call: Call) -> set[str] | None:
    """The users whose events are asked for; null for the whole organization."""
    if not {"organization", "user", "group"} & call.query.keys():
        raise invalid("organization", "one of organization, user, group must be present")
    if "group" in call.query:
        call.needs_plan("teams")
        asked = call.address("group", "groups")
        if asked not in call.world.groups:
            raise refused(404)
        if not call.is_admin:
            raise refused(403)
        return set(call.world.members_of[asked])
    if "organization" in call.query:
        call.needs_organization()
        return {call.address("user", "users")} if "user" in call.query else None
    if call.address("user", "users") != call.user:
        raise refused(403)
    return {call.user}
