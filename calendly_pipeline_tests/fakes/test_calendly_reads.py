"""Listing and reading: parameters, pages, permissions, scopes, plans."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from calendly_pipeline_tests.fakes.calendly.records import API, stamp
from calendly_pipeline_tests.fakes.conftest import NOW, START, Calendly


def _book(calendly: Calendly, count: int, step: timedelta = timedelta(hours=1)) -> list[str]:
    type_ = calendly.type_named("30 Minute Meeting")
    return [
        calendly.world.book(type_, START + step * n, name="Ada L", email=f"a{n}@x.example", now=NOW).event
        for n in range(count)
    ]


def _organization(calendly: Calendly) -> str:
    return calendly.world.organization["uri"]


@pytest.mark.parametrize("count", [1, 3, 7, 100])
@pytest.mark.parametrize("sort", ["start_time:asc", "start_time:desc"])
def test_pages_join_to_the_whole_listing(calendly: Calendly, count: int, sort: str) -> None:
    """Whatever the page size and direction, the pages give every event once, in order."""
    booked = _book(calendly, 7)
    found = calendly.listed("/scheduled_events", organization=_organization(calendly), count=count, sort=sort)
    assert [row["uri"] for row in found] == (booked if sort.endswith("asc") else booked[::-1])


def test_pagination_has_its_five_keys_and_goes_back(calendly: Calendly) -> None:
    """A page says its size, links both ways, and nothing at the ends."""
    booked = _book(calendly, 5)
    query = {"organization": _organization(calendly), "count": "2"}
    first = calendly.client.get("/scheduled_events", params=query).json()
    assert first["pagination"]["count"] == 2
    assert first["pagination"]["previous_page"] is first["pagination"]["previous_page_token"] is None
    second = calendly.client.get(first["pagination"]["next_page"]).json()
    third = calendly.client.get(second["pagination"]["next_page"]).json()
    assert [row["uri"] for row in third["collection"]] == booked[4:]
    assert third["pagination"]["next_page"] is third["pagination"]["next_page_token"] is None
    back = calendly.client.get(third["pagination"]["previous_page"]).json()
    assert back["collection"] == second["collection"]
    assert set(back["pagination"]) == {
        "count", "next_page", "previous_page", "next_page_token", "previous_page_token"
    }  # fmt: skip
    start = calendly.client.get(back["pagination"]["previous_page"]).json()
    assert start["collection"] == first["collection"]
    assert start["pagination"]["previous_page"] is None


def test_event_that_moves_across_the_page_is_missed_or_seen_twice(calendly: Calendly) -> None:
    """A listing goes on after the last key shown: what moves over it while reading is not in the rest."""
    booked = _book(calendly, 4)
    world = calendly.world
    late = next(row["uri"] for row in world.invitees.values() if row["event"] == booked[3])

    def move(_: Any) -> None:
        if len(calendly.server.requests) == 2:
            world.move(late, START - timedelta(hours=1), now=NOW + timedelta(minutes=1))

    calendly.server.on_request(move)
    found = calendly.listed("/scheduled_events", organization=_organization(calendly), status="active", count=2)
    assert [row["uri"] for row in found] == booked[:3]


def test_bounds_are_exclusive_until_a_test_says_otherwise(calendly: Calendly) -> None:
    """ "After this time" is read literally (Calendly API reference); the other reading can be switched on."""
    booked = _book(calendly, 3)
    query = {
        "organization": _organization(calendly),
        "min_start_time": stamp(START),
        "max_start_time": stamp(START + timedelta(hours=2)),
    }
    assert [row["uri"] for row in calendly.listed("/scheduled_events", **query)] == booked[1:2]
    calendly.server.includes_bounds = True
    assert [row["uri"] for row in calendly.listed("/scheduled_events", **query)] == booked


def test_filters_of_events(calendly: Calendly) -> None:
    """Status and invitee's address filter; without a status both come."""
    booked = _book(calendly, 3)
    calendly.world.cancel(booked[1], now=NOW)
    organization = _organization(calendly)

    def found(**query: str) -> list[str]:
        return [row["uri"] for row in calendly.listed("/scheduled_events", organization=organization, **query)]

    assert found() == booked
    assert found(status="canceled") == [booked[1]]
    assert found(status="active") == [booked[0], booked[2]]
    assert found(invitee_email="a2@x.example") == [booked[2]]
    assert found(user=calendly.user_named("Host 1")) == []


def test_empty_page_with_a_token_and_a_token_that_sticks(calendly: Calendly) -> None:
    """On demand a page comes empty with a token that goes on, or the token never advances."""
    booked = _book(calendly, 5)
    calendly.server.pager.empty_every = 2
    found = calendly.listed("/scheduled_events", organization=_organization(calendly), count=1)
    assert [row["uri"] for row in found] == booked
    calendly.server.pager.empty_every, calendly.server.pager.stuck = 0, True
    query = {"organization": _organization(calendly), "count": "1"}
    tokens = []
    for _ in range(3):
        body = calendly.client.get("/scheduled_events", params=query).json()
        query["page_token"] = body["pagination"]["next_page_token"]
        tokens.append(query["page_token"])
    assert tokens[0] == tokens[1] == tokens[2]


BAD = [
    ("/scheduled_events", {}, "organization"),
    ("/scheduled_events", {"organization": "abc"}, "organization"),
    ("/scheduled_events", {"count": "0"}, "count"),
    ("/scheduled_events", {"count": "101"}, "count"),
    ("/scheduled_events", {"count": "many"}, "count"),
    ("/scheduled_events", {"page_token": "abc"}, "page_token"),
    ("/scheduled_events", {"page_token": "ä"}, "page_token"),
    ("/scheduled_events", {"status": "cancelled"}, "status"),
    ("/scheduled_events", {"sort": "created_at:asc"}, "sort"),
    ("/scheduled_events", {"min_start_time": "yesterday"}, "min_start_time"),
    ("/event_types", {}, "organization"),
    ("/event_types", {"active": "yes"}, "active"),
    ("/organization_memberships", {}, "organization"),
    ("/organization_memberships", {"role": "boss"}, "role"),
    ("/webhook_subscriptions", {}, "organization"),
    ("/webhook_subscriptions", {"organization": ""}, "scope"),
    ("/routing_form_submissions", {}, "form"),
]


@pytest.mark.parametrize(("path", "query", "parameter"), BAD, ids=[f"{p[1:]}-{n}" for n, (p, _, _) in enumerate(BAD)])
def test_bad_parameter_is_named(calendly: Calendly, path: str, query: dict[str, str], parameter: str) -> None:
    """400 with details that name the parameter."""
    whole = {
        **query,
        **({"organization": _organization(calendly)} if query and query.get("organization") != "abc" else {}),
    }
    answer = calendly.client.get(path, params=whole)
    assert answer.status_code == 400
    assert answer.json()["title"] == "Invalid Argument"
    assert answer.json()["details"][0]["parameter"] == parameter


def test_token_of_another_listing_is_refused(calendly: Calendly) -> None:
    """A page token belongs to its listing and its direction."""
    _book(calendly, 3)
    query = {"organization": _organization(calendly), "count": "1"}
    token = calendly.client.get("/scheduled_events", params=query).json()["pagination"]["next_page_token"]
    again = {**query, "page_token": token, "sort": "start_time:desc"}
    assert calendly.client.get("/scheduled_events", params=again).status_code == 400
    assert calendly.client.get("/event_types", params={**query, "page_token": token}).status_code == 400


@pytest.mark.parametrize(
    "path",
    ["users", "organizations", "event_types", "scheduled_events", "webhook_subscriptions", "routing_forms", "nothing"],
)
def test_unknown_id_is_not_found(calendly: Calendly, path: str) -> None:
    """404 in the vendor's words, with the rate limit's headers."""
    answer = calendly.client.get(f"/{path}/aaaaaaaa-0000-4000-8000-000000000001")
    assert answer.status_code == 404
    assert answer.json()["message"] == "The server could not find the requested resource."
    assert "x-ratelimit-remaining" in answer.headers


@pytest.mark.parametrize("header", ["", "Bearer nobody", "Basic abc"])
def test_unknown_token_is_refused(calendly: Calendly, header: str) -> None:
    """401 in the vendor's words, with the rate limit's headers."""
    answer = httpx.get(f"{calendly.client.base_url}/users/me", headers={"authorization": header})
    assert answer.status_code == 401
    assert answer.json() == {"title": "Unauthenticated", "message": "The access token is invalid"}
    assert "x-ratelimit-remaining" in answer.headers


def test_missing_scope_is_named(calendly: Calendly) -> None:
    """403 that names the scope; a write scope includes its read scope; a new token has none."""
    owner = calendly.world.owner
    path, query = "/scheduled_events", {"organization": _organization(calendly)}
    answer = calendly.client.get(path, params=query, headers=calendly.as_(owner, "users:read"))
    assert answer.status_code == 403
    assert answer.json()["title"] == "Insufficient scope"
    assert answer.json()["required_scopes"] == ["scheduled_events:read"]
    assert (
        calendly.client.get(path, params=query, headers=calendly.as_(owner, "scheduled_events:write")).status_code
        == 200
    )
    bare = calendly.server.tokens.personal(owner, ())
    assert calendly.client.get("/users/me", headers={"authorization": f"Bearer {bare}"}).status_code == 403


@pytest.mark.parametrize(
    "path", ["/scheduled_events", "/event_types", "/organization_memberships", "/routing_forms", "/groups"]
)
def test_plain_user_may_not_list_the_organization(calendly: Calendly, path: str) -> None:
    """Owner and admin may, a plain user may not (403 Permission Denied)."""
    query = {"organization": _organization(calendly)}
    statuses = [
        calendly.client.get(path, params=query, headers=calendly.as_(calendly.user_named(name))).status_code
        for name in ("Olive Owner", "Al Admin", "Host 1")
    ]
    assert statuses == [200, 200, 403]


def test_plain_user_sees_only_the_own_events(calendly: Calendly) -> None:
    """`user` alone is only yourself, and an event of others is not shown."""
    (owners,) = _book(calendly, 1)
    host = calendly.user_named("Host 1")
    own = calendly.world.book(calendly.type_named("Intro Call"), START, name="Bob", email="b@x.example", now=NOW).event
    headers = calendly.as_(host)
    mine = calendly.client.get("/scheduled_events", params={"user": host}, headers=headers).json()["collection"]
    assert [row["uri"] for row in mine] == [own]
    others = calendly.client.get("/scheduled_events", params={"user": calendly.world.owner}, headers=headers)
    assert others.status_code == 403
    one = calendly.client.get(owners.removeprefix(API), headers=headers)
    assert one.status_code == 403
    assert one.json()["message"] == "You are not allowed to view this event"


@pytest.mark.parametrize("path", ["/routing_forms", "/groups"])
@pytest.mark.parametrize(("plan", "status"), [("free", 403), ("standard", 403), ("teams", 200), ("enterprise", 200)])
def test_plan_gates_routing_and_groups(calendly: Calendly, path: str, plan: str, status: int) -> None:
    """Routing forms and groups need the Teams plan; below it 403 asks for an upgrade."""
    calendly.world.plan = plan
    answer = calendly.client.get(path, params={"organization": _organization(calendly)})
    assert answer.status_code == status
    assert status == 200 or answer.json()["message"].startswith("Please upgrade")


def test_deleted_event_type_is_listed_no_more_but_answers(calendly: Calendly) -> None:
    """A deleted event type is readable by its URI only; a one-off type is never listed."""
    type_ = calendly.type_named("Portfolio Review")
    calendly.world.delete_event_type(type_, now=NOW)
    names = [row["name"] for row in calendly.listed("/event_types", organization=_organization(calendly))]
    assert names == ["30 Minute Meeting", "Intro Call", "Planning Together", "Workshop"]
    assert calendly.client.get(f"/event_types/{type_.rsplit('/')[-1]}").json()["resource"]["deleted_at"] == stamp(NOW)


def test_members_and_oneself(calendly: Calendly) -> None:
    """The members with their roles; /users/me says whose token it is and of which organization."""
    members = calendly.listed("/organization_memberships", organization=_organization(calendly), count=2)
    assert sorted(row["role"] for row in members) == ["admin", "owner", "user", "user", "user", "user"]
    host = calendly.user_named("Host 2")
    me = calendly.client.get("/users/me", headers=calendly.as_(host)).json()["resource"]
    assert (me["uri"], me["current_organization"]) == (host, _organization(calendly))
    own = calendly.client.get("/organization_memberships", params={"user": host}, headers=calendly.as_(host)).json()
    assert [row["user"]["uri"] for row in own["collection"]] == [host]


def test_budget_is_the_users(calendly: Calendly) -> None:
    """Two tokens of one user spend one budget."""
    calendly.server.limit.per_window = 2
    calendly.client.get("/users/me")
    headers = calendly.as_(calendly.world.owner)
    assert [calendly.client.get("/users/me", headers=headers).status_code for _ in range(2)] == [200, 429]
    assert calendly.client.get("/users/me", headers=calendly.as_(calendly.user_named("Al Admin"))).status_code == 200
