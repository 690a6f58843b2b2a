"""The Calendly client against the fake: whose token it is, single records, writes, and valid requests."""

import asyncio
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from calendly_pipeline.clients.calendly import INVITEE_EVENTS, CalendlyClient, Identity, id_of
from calendly_pipeline.failures import (
    AlreadyExists,
    ApiError,
    NotFound,
    PermissionDenied,
    PlanTooLow,
    ScopeMissing,
    Unavailable,
)
from calendly_pipeline_tests.clients.calendly_given import BEGIN, END, NOW, START, Given, calendly, uris
from calendly_pipeline_tests.clients.odd_server import Reply, odd
from calendly_pipeline_tests.fakes.requests_valid import complaints

SPEC = Path(__file__).parents[1] / "specs" / "calendly-openapi-2026-read-surface.json"
HOOK = "https://firm.example/webhooks/calendly/default"


@pytest.mark.parametrize(
    ("user", "scopes", "is_admin"),
    [
        ("Olive Owner", None, True),
        ("Al Admin", None, True),
        ("Host 1", None, False),
        ("Olive Owner", ("users:read", "organizations:read"), True),
        ("Olive Owner", ("users:read",), False),
    ],
    ids=["owner", "admin", "member", "scoped-owner", "owner-who-may-not-list-members"],
)
def test_who_lists_the_organization(user: str, scopes: tuple[str, ...] | None, is_admin: bool) -> None:
    """Owners and admins list the organization; members, and whoever may not ask for the role, list what is theirs."""
    with calendly() as given:
        identity = given.identity(user, scopes)
        organization = given.world.organization["uri"]
        assert identity.is_admin is is_admin
        assert identity.scope == ({"organization": organization} if is_admin else {"user": given.named(user)})
        assert (identity.user, identity.organization) == (given.named(user), organization)
        assert identity.address == given.world.users[given.named(user)]["email"]
        assert [answer.kind for answer in identity.answers] == (["user", "users"] if is_admin else ["user"])


def test_a_token_without_scopes_says_which_it_needs() -> None:
    """A token that may not even say whose it is names the scope."""
    with calendly() as given, pytest.raises(ScopeMissing) as raised:
        given.identity(scopes=())
    assert raised.value.scopes == ("users:read",)


def test_a_role_is_the_own_one() -> None:
    """When the vendor ignores the user asked for, another member's role is not taken for the token's."""
    me = {"uri": "https://a/users/me", "current_organization": "https://a/organizations/o", "email": "Me@X.Example"}
    other = {"role": "owner", "user": {"uri": "https://a/users/other"}}
    with odd(Reply(200, {"resource": me}), Reply(200, {"collection": [other]})) as server:
        identity = server.use(lambda client: client.identity())
    assert not identity.is_admin
    assert identity.address == "me@x.example"


def test_a_member_lists_the_own_events() -> None:
    """The events a host is part of, and nobody else's."""
    with calendly() as given:
        given.book(2)
        own = given.book(1, name="Intro Call")
        given.identity("Host 1")
        assert given.events() == own


def test_single_records() -> None:
    """One event with its invitees, cancelled ones too; an event type is readable though it is deleted."""
    with calendly() as given:
        (event,) = given.book(1, name="Workshop")
        more = given.world.book(given.named("Workshop"), START, name="Bo", email="b@x.example", now=NOW)
        given.world.cancel(more.invitee, now=NOW)
        type_ = given.named("Workshop")
        given.world.delete_event_type(type_, now=NOW)

        async def read(client: CalendlyClient) -> None:
            assert (await client.event(id_of(event))).data["resource"]["uri"] == event
            pages = [page async for page in client.invitees(id_of(event))]
            statuses = [row["status"] for page in pages for row in page.data["collection"]]
            assert statuses == ["active", "canceled"]
            assert [page.kind for page in pages] == ["invitees"]
            assert (await client.event_type(id_of(type_))).data["resource"]["deleted_at"]
            with pytest.raises(NotFound):
                await client.event("00000000-0000-4000-8000-000000000000")

        given.use(read)


def test_old_ids_are_spelled_as_the_vendor_does() -> None:
    """Records of the first years have 16 upper-case characters; they are found by our lower-case ids."""
    with calendly() as given:
        given.world.old_ids = True
        (event,) = given.book(1)
        hook = given.world.add_webhook(HOOK, INVITEE_EVENTS, now=NOW)
        type_ = given.world.add_event_type("Old", given.world.owner, now=NOW)

        async def read(client: CalendlyClient) -> list[str]:
            found = [await client.event(id_of(event)), await client.event_type(id_of(type_)), await client.event(event)]
            invitees = [page async for page in client.invitees(id_of(event))]
            await client.unsubscribe(hook)
            return [*(answer.data["resource"]["uri"] for answer in found), *uris(invitees)]

        assert id_of(event).islower()
        invitee = next(iter(given.world.invitees.values()))["uri"]
        assert given.use(read) == [event, type_, event, invitee]
        assert given.world.webhooks == {}


@pytest.mark.parametrize("record", ["../users/me", "a b", "ä?x=1#y"])
def test_an_id_cannot_change_the_path(record: str) -> None:
    """Whatever stands in an id, the request stays below its path."""
    with calendly() as given:
        with pytest.raises(NotFound):
            given.use(lambda client: client.event(record))
        assert given.server.requests[0].path.startswith("/scheduled_events/")
        assert given.server.requests[0].query == []


@pytest.mark.parametrize("plan", ["free", "standard", "teams"])
def test_routing_forms_need_a_plan(plan: str) -> None:
    """Below Teams the forms raise PlanTooLow; from Teams on their submissions come newest first."""
    with calendly() as given:
        form = given.world.add_form("Intake", ["Why?"], now=NOW)
        result = {"type": "custom_message", "value": {}}
        sent = [
            given.world.submit_form(form, [text], result=result, now=NOW + timedelta(hours=n))
            for n, text in enumerate(("one", "two"))
        ]
        given.world.plan = plan
        if plan != "teams":
            with pytest.raises(PlanTooLow, match="upgrade"):
                given.pages(lambda client, identity: client.routing_forms(identity))
            return
        assert uris(given.pages(lambda client, identity: client.routing_forms(identity))) == [form]
        assert uris(given.pages(lambda client, _: client.routing_form_submissions(form))) == sent[::-1]


def test_a_link_is_made_once() -> None:
    """A scheduling link books an event type; a request whose answer is lost is not sent again."""
    with calendly() as given:
        type_ = given.named("30 Minute Meeting")
        link = given.use(lambda client: client.scheduling_link(type_))
        assert link.startswith("https://calendly.com/d/")
        before = len(given.server.requests)
        given.server.faults.fail_next(1, "lost", "/scheduling_links")
        with pytest.raises(Unavailable):
            given.use(lambda client: client.scheduling_link(type_))
        assert len(given.server.requests) == before + 1
        given.world.delete_event_type(type_, now=NOW)
        with pytest.raises(NotFound):
            given.use(lambda client: client.scheduling_link(type_))


@pytest.mark.parametrize(("user", "scope"), [("Al Admin", "organization"), ("Host 2", "user")])
def test_subscriptions(user: str, scope: str) -> None:
    """An admin subscribes the organization, a member oneself; twice is AlreadyExists; gone already is fine."""
    with calendly() as given:
        identity = given.identity(user)

        async def live(client: CalendlyClient) -> list[str]:
            made = (await client.subscribe(identity, HOOK, "k" * 32)).data["resource"]
            assert (made["scope"], made["events"], made["callback_url"]) == (scope, list(INVITEE_EVENTS), HOOK)
            with pytest.raises(AlreadyExists, match="Hook with this url already exists"):
                await client.subscribe(identity, HOOK, "k" * 32)
            found = [page async for page in client.webhook_subscriptions(identity)]
            await client.unsubscribe(made["uri"])
            await client.unsubscribe(made["uri"])
            return uris(found)

        assert len(given.use(live)) == 1
        assert given.world.webhooks == {}


def test_times_are_sent_in_utc() -> None:
    """Bounds in another zone ask for the same instants, with room on both sides for what begins just then."""
    zone = timezone(timedelta(hours=-5))
    first, last = datetime(2026, 3, 10, 6, tzinfo=zone), datetime(2026, 3, 10, 8, tzinfo=zone)
    with calendly() as given:
        booked = given.book(5)
        for given.server.includes_bounds in (False, True):
            found = given.pages(lambda client, identity: client.events(identity, first, last))
            assert uris(found) == booked[:3]
        query = dict(given.server.requests[-1].query)
    assert (query["min_start_time"], query["max_start_time"]) == (
        "2026-03-10T10:59:59.000000Z", "2026-03-10T13:00:01.000000Z",
    )  # fmt: skip


@pytest.mark.parametrize("body", [[], "text", 5, {"resource": None}, {"resource": {"uri": "x"}}, {}], ids=json.dumps)
def test_answers_of_another_shape(body: object) -> None:
    """JSON that is no answer of Calendly's is an error that names the request, not a crash."""
    with odd(Reply(200, body)) as server:
        with pytest.raises(ApiError, match="/users/me: the answer names no uri and current_organization"):
            server.use(lambda client: client.identity())
        with pytest.raises(ApiError, match="/scheduling_links: the answer names no booking_url"):
            server.use(lambda client: client.scheduling_link("https://api.calendly.com/event_types/a"))


def test_requests_are_as_described() -> None:
    """Every request of a client's life is one that the API description knows."""

    async def live(client: CalendlyClient, identity: Identity, given: Given) -> None:
        event, form = given.book(3)[0], given.world.add_form("Intake", ["Why?"], now=NOW)
        listings = (
            client.memberships(identity),
            client.event_types(identity),
            client.events(identity, BEGIN, END),
            client.invitees(id_of(event)),
            client.routing_forms(identity),
            client.routing_form_submissions(form),
            client.webhook_subscriptions(identity),
        )
        for listing in listings:
            try:
                [page async for page in listing]
            except PermissionDenied:
                assert not identity.is_admin
        await client.event(id_of(event))
        await client.event_type(id_of(given.named("30 Minute Meeting")))
        hook = await client.subscribe(identity, HOOK, "k" * 32)
        await client.unsubscribe(hook.data["resource"]["uri"])
        await client.scheduling_link(given.named("30 Minute Meeting"))

    spec = json.loads(SPEC.read_text())
    for user in ("Olive Owner", "Host 1"):
        with calendly() as given:
            given.world.hosts_of[given.named("30 Minute Meeting")] = [given.named(user)]
            identity = given.identity(user)
            given.use(lambda client, identity=identity, given=given: live(client, identity, given))
            assert len(given.server.requests) >= 14
            assert complaints(given.server.requests, spec) == []


def test_many_listings_at_once() -> None:
    """Listings that run together through one client do not mix their pages."""
    with calendly() as given:
        booked = given.book(30, timedelta(days=1))

        async def read(client: CalendlyClient) -> list[list[str]]:
            identity = await client.identity()

            async def day(number: int) -> list[str]:
                start = START + timedelta(days=number)
                return uris([page async for page in client.events(identity, start, start + timedelta(hours=1))])

            return await asyncio.gather(*(day(number) for number in range(30)))

        assert given.use(read) == [[event] for event in booked]
