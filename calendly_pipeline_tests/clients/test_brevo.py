"""The client of Brevo: what it sends, what it never sends, what it repeats, how fast it goes."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline.clients.brevo import BrevoClient
from calendly_pipeline.clients.brevo_records import Attribute, BrevoEvent, ContactUpdate
from calendly_pipeline.failures import (
    ApiError,
    DeadlineReached,
    IdentifierTaken,
    NotFound,
    PermissionDenied,
    PlanTooLow,
    RateLimited,
    Rejected,
    Unauthenticated,
    Unavailable,
)
from calendly_pipeline_tests.clients.brevo_given import Asker, asker
from calendly_pipeline_tests.fakes.brevo import brevo_limits
from calendly_pipeline_tests.fakes.brevo.given import NOW
from calendly_pipeline_tests.fakes.requests_valid import complaints

SPEC = json.loads((Path(__file__).parents[1] / "specs" / "brevo-v3-contacts-events.json").read_text())
ADA = ContactUpdate("ada@mail.example", {"FIRSTNAME": "Ada", "MEETING_DATE": "2026-07-01"})


def met(token: str, name: str = "meeting_booked", address: str = "ada@mail.example") -> BrevoEvent:
    """An event with a token of its own."""
    return BrevoEvent(name, address, NOW, {"token": token})


def list_named(given: Asker, name: str) -> int:
    """The id of a list."""
    return next(number for number, (said, _) in given.given.world.lists.items() if said == name)


def test_the_key_has_its_own_header() -> None:
    """The key goes as `api-key`, never as Authorization; a wrong one says where to make another."""
    with asker() as given:
        found = given.asked(lambda client: client.attributes())
        assert Attribute("MEETING_DATE", "normal", "date") in found
        (request,) = given.given.server.requests
        assert (request.headers["api-key"], "authorization" in request.headers) == ("***", False)
        given.key = "xkeysib-wrong"
        with pytest.raises(Unauthenticated, match=r"Key not found.*BREVO_API_KEY") as raised:
            given.asked(lambda client: client.attributes())
    assert "xkeysib-wrong" not in str(raised.value)


def test_everything_that_is_sent_is_described() -> None:
    """Every request of every method fits the vendor's definition; listings go through all pages."""
    with asker() as given:
        given.asked(_everything)
        assert complaints(_without_base(given), SPEC) == []
        assert len(given.given.server.requests) > 20


def test_upsert_creates_then_updates() -> None:
    """201 gives the id of a new contact; the same again is 204, gives none and changes nothing."""
    with asker() as given:
        assert given.asked(lambda client: client.upsert(ADA)) is not None
        before = given.given.seen("ada@mail.example")
        assert given.asked(lambda client: client.upsert(ADA)) is None
        assert given.given.seen("ada@mail.example") == before
        found = given.asked(lambda client: client.contact("Ada@mail.example"))
        assert found is not None
        assert (found.attributes["MEETING_DATE"], found.has_unsubscribed) == ("2026-07-01", False)
        assert given.asked(lambda client: client.contact("nobody@mail.example")) is None


@pytest.mark.parametrize("name", ["EMAIL", "email", "OPT_IN", "EXT_ID"])
def test_consent_and_identity_are_never_written(name: str) -> None:
    """An attribute that says who somebody is or what they agreed to is refused before anything is sent."""
    with asker() as given:
        for use in (BrevoClient.upsert, BrevoClient.update):
            with pytest.raises(Rejected, match="is never written"):
                given.asked(lambda client, use=use: use(client, ContactUpdate("ada@mail.example", {name: "x"})))
        with pytest.raises(Rejected, match="is never written"):
            given.asked(lambda client: client.update_many([ADA, ContactUpdate("b@mail.example", {name: "x"})]))
        assert given.paths() == []


def test_no_request_holds_a_consent_key() -> None:
    """No key that sets a blocklist, merges contacts or empties attributes is in anything that is ever sent."""
    with asker() as given:
        given.asked(_everything)
        sent = b"".join(request.body for request in given.given.server.requests).lower()
        for key in (b"blacklist", b"forcemerge", b'"email":"","', b"emptycontacts", b"contact_properties"):
            assert key not in sent
        assert given.given.world.granted == []


def test_a_batch_updates_all_or_none() -> None:
    """Two that are there are updated in one request; one bad contact among them leaves all as they were."""
    with asker() as given:
        for address in ("ada@mail.example", "ben@mail.example"):
            given.given.world.create(NOW, address)
        ben = ContactUpdate("ben@mail.example", {"FIRSTNAME": "Ben"})
        given.asked(lambda client: client.update_many([ADA, ben]))
        assert given.given.seen("ben@mail.example")["attributes"] == {"FIRSTNAME": "Ben"}
        bad = [ContactUpdate("ada@mail.example", {"FIRSTNAME": "A."}), ContactUpdate("nobody@mail.example")]
        with pytest.raises(Rejected, match="Some of the contacts do not exist"):
            given.asked(lambda client: client.update_many(bad))
        assert given.given.seen("ada@mail.example")["attributes"]["FIRSTNAME"] == "Ada"


def test_another_ones_phone() -> None:
    """A phone that is another contact's is IdentifierTaken and names SMS; nothing of the record was written."""
    with asker() as given:
        given.given.world.create(NOW, "ben@mail.example", {"attributes": {"SMS": "+1 212 555 0100"}})
        with pytest.raises(IdentifierTaken, match="SMS is already associated") as raised:
            given.asked(lambda client: client.upsert(ContactUpdate("ada@mail.example", {"SMS": "+12125550100"})))
        assert raised.value.identifiers == {"sms"}
        assert given.given.world.find("ada@mail.example") is None


def test_an_attribute_that_is_there_already() -> None:
    """Making an attribute again succeeds when its type is the same, and is refused when it is another."""
    with asker() as given:
        given.asked(lambda client: client.create_attribute("REVIEW_DUE", "date"))
        given.asked(lambda client: client.create_attribute("REVIEW_DUE", "date"))
        with pytest.raises(Rejected, match="Attribute name must be unique"):
            given.asked(lambda client: client.create_attribute("REVIEW_DUE", "text"))
        assert given.given.world.attributes["normal", "REVIEW_DUE"] == "date"


def test_who_is_on_the_list_already_is_done() -> None:
    """Added twice is added once; whoever does not exist is failed, with the others or alone."""
    with asker() as given:
        given.given.world.create(NOW, "ada@mail.example")
        number = list_named(given, "Book again")
        for _ in range(2):
            change = given.asked(lambda client: client.add_to_list(number, ["Ada@mail.example", "no@mail.example"]))
            assert (change.done, change.failed) == ({"ada@mail.example"}, {"no@mail.example"})
        for _ in range(2):
            assert given.asked(lambda client: client.remove_from_list(number, ["ada@mail.example"])).failed == set()
        assert given.given.seen("ada@mail.example")["listIds"] == []
        with pytest.raises(NotFound, match="List ID"):
            given.asked(lambda client: client.add_to_list(999, ["ada@mail.example"]))
        with pytest.raises(ValueError, match="takes 150"):
            given.asked(lambda client: client.add_to_list(number, [f"p{n}@mail.example" for n in range(151)]))


def test_some_events_of_a_batch_are_refused() -> None:
    """Those refused are named by their place, the others are there; all refused is no error either."""
    with asker() as given:
        given.given.world.create(NOW, "ada@mail.example")
        batch = [met("1"), met("2", "not a name!"), met("3"), met("4", "")]
        refused = given.asked(lambda client: client.create_events(batch))
        assert (sorted(refused), "invalid" in refused[1]) == ([1, 3], True)
        assert [event.properties["token"] for event in given.given.world.events] == ["1", "3"]
        assert sorted(given.asked(lambda client: client.create_events([met("5", "bad name")]))) == [0]
        assert given.asked(lambda client: client.create_events([met("6")])) == {}


def test_events_are_read_back() -> None:
    """Events of one name and time come with their properties once they are through the queue."""
    with asker(queue_seconds=60.0) as given:
        ada = given.given.world.create(NOW, "ada@mail.example")
        given.asked(lambda client: client.create_event(met("1")))
        given.asked(lambda client: client.create_event(met("2", "meeting_cancelled")))
        assert _tokens(given) == []
        given.given.server.now = lambda: NOW + timedelta(minutes=2)
        assert _tokens(given) == [("1", ada.contact_id)]


@pytest.mark.parametrize("kind", ["lost", "cut", "500", "502"])
def test_an_event_is_not_sent_again(kind: str) -> None:
    """Whatever happens to the answer of an event, it was sent once."""
    with asker() as given:
        given.given.world.create(NOW, "ada@mail.example")
        given.given.server.faults.fail_next(1, kind, "/events")
        with pytest.raises(Unavailable):
            given.asked(lambda client: client.create_event(met("1")))
        assert given.paths() == ["POST /events"]
        assert len(given.given.world.events) == (kind == "lost")


def test_an_event_is_sent_again_after_a_429() -> None:
    """A refused event was not recorded, so it is sent again, and is there once."""
    with asker() as given:
        given.given.world.create(NOW, "ada@mail.example")
        given.given.server.faults.fail_next(3, "429", "/events")
        given.asked(lambda client: client.create_event(met("1")))
        assert (len(given.paths()), len(given.given.world.events)) == (4, 1)


@pytest.mark.parametrize("kind", ["lost", "cut", "429", "500", "502", "half"])
def test_a_contact_is_written_again(kind: str) -> None:
    """Contacts are state: a write that failed three times in any way is there at the fourth attempt."""
    with asker() as given:
        given.given.server.faults.fail_next(3, kind, "/contacts")
        given.asked(lambda client: client.upsert(ADA))
        assert [contact.attributes["FIRSTNAME"] for contact in given.given.world.contacts.values()] == ["Ada"]


def test_too_early_is_waited_for() -> None:
    """425 is tried again until the contact is free."""
    with asker() as given:
        given.given.server.too_early(2)
        given.asked(lambda client: client.upsert(ADA))
        assert given.paths() == ["POST /contacts"] * 3


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, Unauthenticated),
        (402, PlanTooLow),
        (403, PermissionDenied),
        (404, NotFound),
        (425, Unavailable),
        (500, Unavailable),
    ],
)
def test_statuses_and_their_errors(status: int, kind: type[ApiError]) -> None:
    """Each status is its error, and the vendor's words are in it."""
    error = BrevoClient("https://api.brevo.com/v3", _no_token()).error_of(
        status, "POST /contacts", {"code": "some_code", "message": "Some words"}
    )
    assert type(error) is kind
    assert "some_code: Some words" in str(error)


def test_ten_a_second() -> None:
    """40 contacts take the four seconds of the limit and not 5 % more; events have a budget of their own."""
    with asker() as given:
        given.given.server.limits = brevo_limits(clock=given.clock.monotonic)

        async def write(client: BrevoClient) -> None:
            for number in range(40):
                await client.upsert(ContactUpdate(f"p{number}@mail.example"))
                await client.create_event(met(str(number), address=f"p{number}@mail.example"))

        given.asked(write)
        assert [limit.refused for limit in given.given.server.limits.values()] == [0, 0, 0]
        assert 3.9 < given.clock.now < 4.0 * 1.05


def test_a_hundred_an_hour() -> None:
    """What is not listed goes on until its window is used up; nobody waits for the next hour, and none is refused."""
    with asker() as given:
        given.given.server.limits = brevo_limits(per_hour=5, clock=given.clock.monotonic)
        given.given.world.create(NOW, "ada@mail.example")

        async def write(client: BrevoClient) -> None:
            for number in range(6):
                await client.create_events([met(str(number))])

        with pytest.raises(DeadlineReached, match="the limit is used up for 60 minutes"):
            given.asked(write)
        assert (given.given.server.limits["other"].refused, len(given.given.world.events)) == (0, 5)


def test_a_refusal_is_waited_out() -> None:
    """After a 429 the pace pauses as long as the vendor says; when that does not end it is RateLimited."""
    with asker() as given:
        given.given.server.limits = brevo_limits(clock=given.clock.monotonic)
        given.given.server.limits["contacts"].spend(given.given.key, 10)
        given.asked(lambda client: client.upsert(ADA))
        assert given.given.server.limits["contacts"].refused == 1
        assert given.clock.now >= 1.0
        given.given.server.faults.fail_next(5, "429")
        with pytest.raises(RateLimited):
            given.asked(lambda client: client.upsert(ADA), attempts=3)


def test_requests_run_side_by_side() -> None:
    """A slow answer does not stop the pace: several requests are under way at once."""
    with asker(latency=0.05) as given:
        given.concurrency = 4

        async def write(client: BrevoClient) -> None:
            await asyncio.gather(*(client.upsert(ContactUpdate(f"p{n}@mail.example")) for n in range(8)))

        given.asked(write)
        assert given.given.server.gate.stats.most_at_once > 1
        assert len(given.given.world.contacts) == 8


async def _everything(client: BrevoClient) -> None:
    """Every method once, with whatever it can carry."""
    await client.attributes()
    await client.create_attribute("REVIEW_DUE", "date")
    folder = await client.create_folder("Meetings")
    await client.folders()
    number = await client.create_list("Reviews", folder)
    for extra in range(60):
        await client.create_list(f"List {extra}", folder)
    assert len(await client.lists()) == 65
    await client.upsert(ContactUpdate("ada@mail.example", {"FIRSTNAME": "Ada", "SMS": "+12125550100"}, (number,)))
    await client.update(ContactUpdate("ada@mail.example", {"COMPANY": ""}, (), (number,)))
    await client.update_many([ContactUpdate("ada@mail.example", {"COMPANY": "Alder"}, (number,))])
    assert await client.contacts_count() == 1
    assert [[row.address for row in page] async for page in client.contacts()] == [["ada@mail.example"]]
    assert await client.contact("ada+x@mail.example") is None
    await client.add_to_list(number, ["ada@mail.example"])
    await client.remove_from_list(number, ["ada@mail.example"])
    await client.create_event(met("1"))
    await client.create_events([met("2"), met("3")])
    day = timedelta(days=1)
    assert len([event async for event in client.events("meeting_booked", NOW - day, NOW + day)]) == 3


def _tokens(given: Asker) -> list[tuple[str, int | None]]:
    async def read(client: BrevoClient) -> list[tuple[str, int | None]]:
        day = timedelta(days=1)
        found = client.events("meeting_booked", NOW - day, NOW + day)
        return [(event.properties["token"], event.contact_id) async for event in found]

    return given.asked(read)


def _without_base(given: Asker) -> list[Any]:
    """The requests with paths as the definition names them."""
    requests = list(given.given.server.requests)
    for request in requests:
        request.path = request.path.removeprefix("/v3")
    return requests


def _no_token() -> Any:
    return None
