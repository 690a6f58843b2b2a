"""The client of Ortto: results by key, nothing granted, refusals kept apart, and a pause that only a body names."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from calendly_pipeline.clients.ortto import OrttoClient
from calendly_pipeline.clients.ortto_answers import Result
from calendly_pipeline.clients.ortto_records import Activity, MergeStrategy
from calendly_pipeline.failures import ConsentRefused, PlanTooLow, RateLimited, Rejected, Unauthenticated, Unavailable
from calendly_pipeline_tests.clients.ortto_given import Asker, asker
from calendly_pipeline_tests.fakes.ortto import BodyLimit

ADA, BEN, EVE = ({"str::email": f"{name}@x.example", "bol::p": False} for name in ("ada", "ben", "eve"))
BOOKED_AT = datetime(2026, 6, 14, 9, tzinfo=UTC)


def merging(*people: dict[str, Any], **details: Any) -> Callable[[OrttoClient], Awaitable[list[Result]]]:
    """Merge these by address, filling what is empty."""
    return lambda client: client.merge_people(people, strategy=MergeStrategy.APPEND_ONLY, **details)


def booked(given: Asker, number: int, address: str = "ada@x.example", **attributes: Any) -> Activity:
    """A booking on somebody who is there."""
    person = given.there.world.found("str::email", address) or given.there.world.add_person(address)
    return Activity("act:cm:booked", person.person_id, attributes, f"inv-{number}", BOOKED_AT)


def test_the_key_goes_in_its_own_header() -> None:
    """X-Api-Key and no Authorization; neither errors nor the record of requests hold it."""
    with asker() as given:
        given.asked(lambda client: client.custom_fields())
        (request,) = given.there.server.requests
        assert (request.path, request.headers["authorization"]) == ("/v1/person/custom-field/get", "***")


@pytest.mark.parametrize("is_shuffled", [False, True])
def test_results_belong_to_their_records(is_shuffled: bool) -> None:
    """Whatever the order of the answer, each record gets its own result; one look-up where they differ."""
    with asker(is_shuffled=is_shuffled) as given:
        given.there.world.add_person("BEN@x.example")
        given.there.world.suppressed.add("eve@x.example")
        results = given.asked(merging(ADA, {**BEN, "str::email": "BEN@x.example"}, EVE))
        assert [(result.status, result.is_accepted) for result in results] == [
            ("created", True),
            ("merged", True),
            ("suppressed", False),
        ]
        assert [one.path for one in given.there.server.asked] == ["/person/merge", "/person/get-by-ids"]


def test_two_kinds_of_refusal_in_another_order_are_unclear() -> None:
    """What cannot be told apart is not guessed at."""
    with asker(is_shuffled=True) as given:
        given.there.world.suppressed.add("eve@x.example")
        results = given.asked(merging(ADA, EVE, {**BEN, "str::nothing": 1}))
    assert [result.status for result in results] == ["created", "unclear", "unclear"]


def test_a_batch_of_which_nobody_is_valid() -> None:
    """The vendor's words for each record, not an error."""
    with asker() as given:
        (result,) = given.asked(merging({**ADA, "str::nothing": "x"}))
    assert (result.status, result.is_accepted, "str::nothing" in result.error) == ("invalid", False, True)


def test_merging_by_id_needs_no_look_up() -> None:
    """A person's id is the key, and the answer has it."""
    with asker(is_shuffled=True) as given:
        one = given.there.world.add_person("ada@x.example").person_id
        rows = ({"str::person_id": one, "str::first": "Ada"}, {"str::person_id": "0" * 26, "str::first": "X"})
        results = given.asked(merging(*rows, merge_by="str::person_id"))
        assert [result.status for result in results] == ["merged", "skipped"]
        assert [one.path for one in given.there.server.asked] == ["/person/merge"]


@pytest.mark.parametrize(
    "granted",
    [
        {"bol::p": True},
        {"bol::p": None},
        {"bol::p": "false"},
        {"bol::sp": True},
        {"bol::sp": 0},
        {"bol::wp": True},
        {"str::s-ctx": "Subscribed at a booking"},
    ],
    ids=str,
)
def test_nothing_is_granted(granted: dict[str, Any]) -> None:
    """A permission that is anything but False stops the batch before anything is sent."""
    with asker() as given:
        with pytest.raises(ConsentRefused, match=next(iter(granted))):
            given.asked(merging(BEN, {**ADA, **granted}))
        assert list(given.there.server.requests) == []


def test_subscriptions_by_address() -> None:
    """Who is known and may be written to, whatever the case and order; the others are left out."""
    with asker(is_shuffled=True) as given:
        ada = given.there.world.add_person("Ada@x.example").person_id
        given.there.world.add_person("ben@x.example", may_email=False)
        asked = ["ada@x.example", "ben@x.example", "eve@x.example"]
        found = given.asked(lambda client: client.subscriptions(asked))
    assert {address: one.may_email for address, one in found.items()} == {"ada@x.example": True, "ben@x.example": False}
    assert found["ada@x.example"].person_id == ada


def test_activities_go_on_people_by_id() -> None:
    """No person field travels with an activity, so nobody is made or subscribed by one; a repeat is the same one."""
    with asker() as given:
        given.there.world.add_definition("Booked", {"Event type": "text"})
        rows = [booked(given, number, **{"str:cm:event-type": "Review"}) for number in (1, 2)]
        for _ in range(2):
            results = given.asked(lambda client: client.create_activities(rows))
            assert {result.status for result in results} == {"queued"}
        sent = given.there.server.writes()[0].body["activities"][0]
        assert set(sent) == {"activity_id", "person_id", "attributes", "key", "created"}
        assert sent["created"] == "2026-06-14T09:00:00Z"
        assert len(given.there.world.of("ada@x.example")) == 2


def test_activities_of_which_some_are_refused() -> None:
    """The refused one is told from the others by its person."""
    with asker(is_shuffled=True) as given:
        given.there.world.add_definition("Booked", {"Event type": "text"})
        bad = booked(given, 2, "ben@x.example", **{"str:cm:nothing": "x"})
        results = given.asked(lambda client: client.create_activities([booked(given, 1), bad]))
    assert [result.is_accepted for result in results] == [True, False]


@pytest.mark.parametrize("size", [0, 101])
def test_batches_are_bounded_before_they_are_sent(size: int) -> None:
    """Nobody and more than a hundred are a mistake of ours."""
    with asker() as given:
        people = [{"str::email": f"{number}@x.example"} for number in range(size)]
        with pytest.raises(ValueError, match="1 to 100"):
            given.asked(merging(*people))
        with pytest.raises(ValueError, match="bytes"):
            given.asked(lambda client: client.create_activities([booked(given, 1, **{"txt:cm:x": "x" * 17_000})]))
        with pytest.raises(ValueError, match="twice"):
            given.asked(merging(ADA, ADA))
        assert list(given.there.server.requests) == []


def test_the_schema_by_id_and_name() -> None:
    """Fields by id with their types and options, activities by name with their attributes' ids; two requests."""
    with asker() as given:
        made = given.asked(lambda client: client.create_custom_field("Review status", "single_select", ["Due", "None"]))
        defined = given.asked(lambda client: client.create_definition("Booked", {"Event type": "text"}))
        schema = given.asked(lambda client: client.schema())
        assert (made.field_id, schema.fields[made.field_id]) == ("str:cm:review-status", made)
        assert (schema.activities["Booked"], defined.attributes["Event type"].field_id) == (
            defined,
            "str:cm:event-type",
        )
        assert schema.fields["int::e"].is_read_only
        assert "str:o:name" not in schema.fields
        mapped = [one["field_id"] for one in given.there.server.writes()[1].body["attributes"]]
        assert mapped == ["do-not-map"]


def test_the_pace_is_ten_a_second() -> None:
    """Requests keep a tenth of a second apart and at most a twentieth of it more; none is refused."""
    with asker() as given:

        async def many(client: OrttoClient) -> None:
            for _ in range(41):
                await client.custom_fields()

        given.there.server.limit = BodyLimit(10, 1.0, clock=given.clock.monotonic)
        given.asked(many)
        assert 4.0 < given.waited_seconds <= 4.0 * 1.05
        assert given.there.server.gate.stats.refused == 0


def test_a_pause_that_only_the_body_names() -> None:
    """After a 429 nothing is sent for as many seconds as its body says."""
    with asker() as given:
        given.there.server.limit = BodyLimit(2, 7.0, clock=given.clock.monotonic)

        async def three(client: OrttoClient) -> None:
            for _ in range(3):
                await client.custom_fields()

        given.asked(three)
        assert (given.there.server.gate.stats.refused, given.waited_seconds > 6) == (1, True)
        given.there.server.limit = BodyLimit(0, 7.0, clock=given.clock.monotonic)
        with pytest.raises(RateLimited):
            given.asked(lambda client: client.custom_fields(), attempts=2)


def test_nothing_follows_a_401() -> None:
    """The first refused key is the last request of that client, with where to get another."""
    with asker() as given:
        given.key = "wrong"

        async def twice(client: OrttoClient) -> None:
            for _ in range(2):
                with pytest.raises(Unauthenticated, match="ORTTO_API_KEY"):
                    await client.custom_fields()

        given.asked(twice)
        assert len(given.there.server.requests) == 1


def test_refusals_do_not_shut_the_address_out() -> None:
    """Forty bad batches keep so far apart that the vendor's ban never falls."""
    with asker() as given:
        given.there.server.now = lambda: BOOKED_AT + timedelta(seconds=given.clock.monotonic())

        async def many(client: OrttoClient) -> None:
            for _ in range(40):
                (result,) = await merging({**ADA, "str::nothing": "x"})(client)
                assert result.status == "invalid"

        given.asked(many)
        assert given.there.server.bans == 0


@pytest.mark.parametrize("kind", ["500", "502", "truncated", "cut", "half", "lost"])
def test_faults_are_waited_out(kind: str) -> None:
    """A merge that fails three times in any way is done at the fourth attempt, and once."""
    with asker() as given:
        given.there.server.faults.fail_next(3, kind, "merge")
        (result,) = given.asked(merging(ADA))
        assert (result.is_accepted, len(given.there.world.people)) == (True, 1)


def test_a_full_account_is_not_asked_again() -> None:
    """507 is the plan's limit: no attempt more, and what to do about it."""
    with asker() as given:
        given.there.server.fills_up = True
        with pytest.raises(PlanTooLow, match="larger plan"):
            given.asked(merging(ADA))
        assert len(given.there.server.writes()) == 1


def test_what_is_made_is_made_once() -> None:
    """A field whose answer was lost is not made again: the outcome is unknown."""
    with asker() as given:
        given.there.server.faults.fail_next(1, "lost", "create")
        with pytest.raises(Unavailable):
            given.asked(lambda client: client.create_custom_field("Household", "text"))
        assert "str:cm:household" in given.there.world.fields
        with pytest.raises(Rejected, match="Duplicate"):
            given.asked(lambda client: client.create_custom_field("Household", "text"))
