"""Endpoints that change something, and what they refuse."""

from datetime import timedelta
from typing import Any

import pytest

from calendly_pipeline_tests.fakes.calendly.records import API, last_part
from calendly_pipeline_tests.fakes.conftest import NOW, START, Calendly

HOOK = {"url": "https://hooks.firm.example/calendly", "events": ["invitee.created"], "scope": "organization"}


def _hook(calendly: Calendly, **fields: Any) -> dict[str, Any]:
    return {**HOOK, "organization": calendly.world.organization["uri"], **fields}


def _book(calendly: Calendly) -> Any:
    type_ = calendly.type_named("30 Minute Meeting")
    return calendly.world.book(type_, START, name="Ada", email="ada@x.example", now=NOW)


def test_subscription_is_created_listed_and_deleted(calendly: Calendly) -> None:
    """A subscription answers as documented, never shows its key, and its URL is unique (409)."""
    made = calendly.client.post("/webhook_subscriptions", json=_hook(calendly, signing_key="s3cret"))
    assert made.status_code == 201
    hook = made.json()["resource"]
    assert (hook["state"], hook["creator"], "signing_key" in hook) == ("active", calendly.world.owner, False)
    assert calendly.world.signing_keys == {hook["uri"]: "s3cret"}
    again = calendly.client.post("/webhook_subscriptions", json=_hook(calendly))
    assert (again.status_code, again.json()["message"]) == (409, "Hook with this url already exists")
    calendly.world.set_webhook_state(hook["uri"], "disabled", now=NOW)
    query = {"organization": calendly.world.organization["uri"], "scope": "organization"}
    (listed,) = calendly.listed("/webhook_subscriptions", **query)
    assert (listed["state"], listed["retry_started_at"] is not None) == ("disabled", True)
    path = hook["uri"].removeprefix(API)
    assert calendly.client.get(path).json()["resource"] == listed
    assert calendly.client.delete(path).status_code == 204
    assert calendly.client.delete(path).status_code == 404


@pytest.mark.parametrize(
    ("fields", "parameter"),
    [
        ({"url": "hooks.firm.example"}, "url"),
        ({"events": ["invitee.moved"]}, "events"),
        ({"events": []}, "events"),
        ({"events": "invitee.created"}, "events"),
        ({"scope": "firm"}, "scope"),
        ({"scope": "user"}, "user"),
        ({"scope": "group"}, "group"),
        ({"signing_key": 5}, "signing_key"),
        ({"events": ["meeting_recap.created"]}, "events"),
    ],
    ids=["url", "event", "no-events", "text", "scope", "user", "group", "key", "family"],
)
def test_bad_subscription_is_refused(calendly: Calendly, fields: dict[str, Any], parameter: str) -> None:
    """400 names what is wrong."""
    answer = calendly.client.post("/webhook_subscriptions", json=_hook(calendly, **fields))
    assert answer.status_code == 400
    assert answer.json()["details"][0]["parameter"] == parameter


def test_subscription_needs_the_read_scope_of_its_events(calendly: Calendly) -> None:
    """webhooks:write is not enough: 403 names the scope of the event family."""
    headers = calendly.as_(calendly.world.owner, "webhooks:write")
    answer = calendly.client.post("/webhook_subscriptions", json=_hook(calendly), headers=headers)
    assert (answer.status_code, answer.json()["required_scopes"]) == (403, ["scheduled_events:read"])


def test_plain_user_subscribes_only_in_the_own_name(calendly: Calendly) -> None:
    """An organization-wide subscription needs an admin; the own one does not."""
    host = calendly.user_named("Host 1")
    headers = calendly.as_(host)
    assert calendly.client.post("/webhook_subscriptions", json=_hook(calendly), headers=headers).status_code == 403
    own = _hook(calendly, scope="user", user=host)
    assert calendly.client.post("/webhook_subscriptions", json=own, headers=headers).status_code == 201
    query = {"organization": calendly.world.organization["uri"], "scope": "user", "user": host}
    found = calendly.client.get("/webhook_subscriptions", params=query, headers=headers).json()["collection"]
    assert [hook["user"] for hook in found] == [host]


def test_no_show_is_marked_and_taken_back(calendly: Calendly) -> None:
    """The mark has an address of its own; deleting it clears the invitee."""
    booked = _book(calendly)
    made = calendly.client.post("/invitee_no_shows", json={"invitee": booked.invitee})
    assert made.status_code == 201
    mark = made.json()["resource"]
    path = mark["uri"].removeprefix(API)
    assert calendly.client.get(path).json()["resource"] == mark
    assert calendly.client.delete(path).status_code == 204
    assert calendly.client.get(path).status_code == 404
    assert calendly.world.invitees[last_part(booked.invitee)]["no_show"] is None
    assert calendly.client.post("/invitee_no_shows", json={"invitee": booked.invitee + "x"}).status_code == 404
    assert calendly.client.post("/invitee_no_shows", json={"invitee": "me"}).status_code == 400


def test_cancellation_by_the_host(calendly: Calendly) -> None:
    """An event is cancelled once, before it is over, by somebody who may."""
    booked = _book(calendly)
    path = booked.event.removeprefix(API) + "/cancellation"
    stranger = calendly.as_(calendly.user_named("Host 1"))
    assert calendly.client.post(path, json={}, headers=stranger).json()["message"] == "You do not have permission"
    assert calendly.client.post(path, json={"reason": "x" * 10_001}).status_code == 400
    done = calendly.client.post(path, json={"reason": "Sick"})
    assert done.status_code == 201
    assert done.json()["resource"]["canceler_type"] == "host"
    again = calendly.client.post(path, json={})
    assert (again.status_code, again.json()["message"]) == (403, "Event is already canceled")
    past = _book(calendly)
    calendly.world.advance(START + timedelta(days=1))
    late = calendly.client.post(past.event.removeprefix(API) + "/cancellation", json={})
    assert (late.status_code, late.json()["message"]) == (403, "Event in the past")


def test_scheduling_link_is_single_use(calendly: Calendly) -> None:
    """A link for one booking of an event type; any other count or owner is refused."""
    type_ = calendly.type_named("30 Minute Meeting")
    asked = {"max_event_count": 1, "owner": type_, "owner_type": "EventType"}
    made = calendly.client.post("/scheduling_links", json=asked)
    assert made.status_code == 201
    link = made.json()["resource"]
    assert link["booking_url"].startswith("https://calendly.com/d/")
    assert (link["owner"], link["owner_type"]) == (type_, "EventType")
    for bad, status in (({"max_event_count": 2}, 400), ({"owner_type": "User"}, 400), ({"owner": type_ + "x"}, 404)):
        assert calendly.client.post("/scheduling_links", json={**asked, **bad}).status_code == status
    assert calendly.client.post("/scheduling_links", content=b"{").status_code == 400


def test_routing_form_with_submissions(calendly: Calendly) -> None:
    """A form lists its submissions, with and without a booking."""
    world = calendly.world
    form = world.add_form("Which adviser?", ["Assets", "State"], now=NOW)
    booked = _book(calendly)
    result = {"type": "event_type", "value": calendly.type_named("30 Minute Meeting")}
    first = world.submit_form(form, ["1 M", None], result=result, now=NOW, submitter=booked.invitee)
    later = NOW + timedelta(minutes=1)
    message = {"type": "custom_message", "value": {"headline": "Sorry", "body": "No"}}
    second = world.submit_form(form, ["0", "NY"], result=message, now=later)
    found = calendly.listed("/routing_form_submissions", form=form)
    assert [(row["uri"], row["submitter_type"]) for row in found] == [(first, "Invitee"), (second, None)]
    organization = world.organization["uri"]
    assert [row["uri"] for row in calendly.listed("/routing_forms", organization=organization)] == [form]
    assert calendly.client.get(form.removeprefix(API)).json()["resource"]["status"] == "published"
    assert calendly.client.get(first.removeprefix(API)).json()["resource"] == found[0]


def test_group_members_events(calendly: Calendly) -> None:
    """`group` lists the events of its members."""
    world = calendly.world
    group = world.add_group("Sales", [world.owner], now=NOW)
    booked = _book(calendly)
    other = calendly.type_named("Intro Call")
    world.book(other, START, name="Bob", email="b@x.example", now=NOW)
    assert [row["uri"] for row in calendly.listed("/scheduled_events", group=group)] == [booked.event]
    assert [row["uri"] for row in calendly.listed("/groups", organization=world.organization["uri"])] == [group]
