"""The client of CleverTap: a result per record, events sent once, consent never written."""

import asyncio
from datetime import date
from typing import Any

import pytest

from calendly_pipeline.clients.clevertap import CleverTapClient
from calendly_pipeline.clients.clevertap_keys import is_consent
from calendly_pipeline.clients.clevertap_results import RecordResult
from calendly_pipeline.failures import (
    ConsentRefused,
    PagingStuck,
    RateLimited,
    Rejected,
    Unauthenticated,
    Unavailable,
)
from calendly_pipeline_tests.clients.clevertap_given import asker
from calendly_pipeline_tests.fakes.clevertap import World
from calendly_pipeline_tests.fakes.clevertap.given import NOW, event, profile

BAD = [event(identity=""), event(name="App Launched"), event(ts=1_781_000_000_000), profile(Phone="555-0100")]
CODES = [523, 513, 525, 516]
DAY = NOW.date()


def verdicts(results: list[RecordResult]) -> list[str]:
    """The verdicts alone."""
    return [result.verdict for result in results]


def test_profiles_and_events_in_one_call() -> None:
    """Both kinds go up together, once, with account and passcode in headers that are not kept anywhere."""
    with asker() as given:
        results = given.upload([profile(Name="Ada"), event(evtData={"title": "Review"})])
        (request,) = given.fake.server.requests
        assert verdicts(results) == ["accepted", "accepted"]
        assert given.world.profiles["ada@client.example"].data == {"Name": "Ada"}
        assert [stored.properties for stored in given.world.events] == [{"title": "Review"}]
    assert request.headers["x-clevertap-account-id"] == "TEST-ABC-123Z"
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert "authorization" not in request.headers


@pytest.mark.parametrize("echo", ["both", "record", "number"])
def test_each_refusal_finds_its_record(echo: str) -> None:
    """Whichever way the vendor names a refused record, it is that one; its words are kept, the others are accepted."""
    records = [event(identity="a@x.example"), *BAD, event(identity="b@x.example")]
    with asker(echo=echo) as given:
        results = given.upload(records)
        stored = [one.identity for one in given.world.events]
    assert verdicts(results) == ["accepted", *["rejected"] * 4, "accepted"]
    assert [result.code for result in results[1:5]] == CODES
    assert "restricted system event" in results[2].words
    assert stored == ["a@x.example", "b@x.example"]


def test_a_refusal_that_names_no_record() -> None:
    """When nothing tells which record was refused, none passes for accepted and none for refused."""
    with asker(echo="neither") as given:
        results = given.upload([event(identity="a@x.example"), BAD[0]])
    assert verdicts(results) == ["unknown", "unknown"]
    assert results[0].words == "CleverTap stored 1 of 2 records and does not say which"


@pytest.mark.parametrize("fail_empty", [False, True])
def test_nothing_was_stored(fail_empty: bool) -> None:
    """`fail` refuses every record, also when the list of refusals comes empty."""
    with asker(fail_empty=fail_empty) as given:
        assert verdicts(given.upload(BAD)) == ["rejected"] * 4


def test_a_server_error_of_one_record() -> None:
    """555 is the only code that is worth another attempt; the record was not stored."""
    with asker() as given:
        given.fake.server.server_errors["ada@client.example"] = 1
        first = given.upload([event(), event(identity="b@x.example")])
        again = given.upload([event()])
        assert verdicts(first) == ["retry", "accepted"]
        assert verdicts(again) == ["accepted"]
        assert [stored.identity for stored in given.world.events] == ["b@x.example", "ada@client.example"]


def test_a_dry_run_stores_nothing() -> None:
    """It says what would be refused, and the account stays as it was."""
    with asker() as given:
        results = given.upload([event(), profile(Name="Ada"), *BAD], dry_run=True)
        assert verdicts(results) == ["accepted", "accepted", *["rejected"] * 4]
        assert (given.world.events, given.world.profiles, given.fake.server.sent()) == ([], {}, [])


@pytest.mark.parametrize("fault", ["lost", "half", "500", "502", "truncated", "cut"])
def test_an_event_is_sent_once(fault: str) -> None:
    """After an answer that did not come, an event is not sent again: it may have been stored."""
    with asker() as given:
        given.fake.server.faults.fail_next(1, fault)
        with pytest.raises(Unavailable):
            given.upload([profile(Name="Ada"), event()])
        assert len(given.fake.server.requests) == 1
        assert len(given.world.events) == (1 if fault in ("lost", "half", "truncated") else 0)


@pytest.mark.parametrize("fault", ["lost", "500"])
def test_profiles_are_sent_again(fault: str) -> None:
    """Profiles alone change nothing when they come twice."""
    with asker() as given:
        given.fake.server.faults.fail_next(2, fault)
        assert verdicts(given.upload([profile(Name="Ada")])) == ["accepted"]
        assert len(given.fake.server.requests) == 3


def test_fifteen_at_a_time() -> None:
    """However many uploads are asked for, no more than the vendor allows are on their way, so none is refused."""

    async def upload(client: CleverTapClient) -> list[list[RecordResult]]:
        return await asyncio.gather(*(client.upload([event(identity=f"{n}@x.example")]) for n in range(60)))

    with asker(latency=0.02) as given:
        results = given.asked(upload)
        assert {verdict for result in results for verdict in verdicts(result)} == {"accepted"}
        stats = given.fake.server.gate.stats
        assert (4 < stats.most_at_once <= 15, stats.refused) == (True, 0)
        assert len(given.world.events) == 60


def test_somebody_elses_uploads_leave_no_room() -> None:
    """A 429 without any header is waited out by profiles; in the end it is RateLimited."""
    with asker(most_uploads=0) as given:
        with pytest.raises(RateLimited):
            given.upload([profile(Name="Ada")], attempts=3)
        assert len(given.fake.server.requests) == 3


def test_a_thousand_a_call() -> None:
    """A thousand records are taken, one more never leaves."""
    records = [event(identity=f"{number}@x.example") for number in range(1001)]
    with asker() as given:
        assert set(verdicts(given.upload(records[:1000]))) == {"accepted"}
        with pytest.raises(ValueError, match="1001 records"):
            given.upload(records)
        assert len(given.fake.server.requests) == 1


@pytest.mark.parametrize(
    "data",
    [
        {"MSG-email": True},
        {"msg-SMS ": False},
        {"MSG-carrier-pigeon": True},
        {"category-resubscribe": []},
        {"Category-Unsubscribe": ["x"]},
    ],
    ids=lambda data: next(iter(data)),
)
def test_consent_is_never_written(data: dict[str, Any]) -> None:
    """A switch of somebody's channels is refused before any request, on or off, wherever in the record it stands."""
    with asker() as given:
        for record in (profile(**data), event(evtData=data), {**event(), **data}):
            with pytest.raises(ConsentRefused, match="never written"):
                given.upload([event(), record])
        assert len(given.fake.server.requests) == 0
    assert not is_consent("Message count")


@pytest.mark.parametrize(("account_id", "passcode"), [("", "WRONG"), ("OTHER", ""), ("öß", ""), ("a\nb", "")])
def test_a_wrong_login(account_id: str, passcode: str) -> None:
    """A refused login names where both halves come from, and that another region refuses them too."""
    with asker() as given:
        given.account_id, given.passcode = account_id, passcode
        with pytest.raises(
            Unauthenticated, match=r"CLEVERTAP_PASSCODE, and check destinations.clevertap.region"
        ) as one:
            given.upload([event()])
        with pytest.raises(Unauthenticated):
            given.asked(lambda client: client.check_login())
        assert given.world.events == []
    assert "WRONG" not in str(one.value)


def test_a_good_login() -> None:
    """It is found out by a reading that finds nobody and changes nothing."""
    with asker() as given:
        given.asked(lambda client: client.check_login())
        assert given.world.profiles == {}


def test_one_profile() -> None:
    """A profile is read by its identity; somebody unknown is None."""
    with asker() as given:
        given.upload([profile(Name="Ada")])
        record = given.asked(lambda client: client.profile("ada@client.example"))
        assert record is not None
        assert record["profileData"] == {"Name": "Ada"}
        assert given.asked(lambda client: client.profile("bo@x.example")) is None


@pytest.mark.parametrize(("size", "pages"), [(1, 7), (3, 3), (7, 1), (100, 1)])
def test_every_event_is_read_once(size: int, pages: int) -> None:
    """Events come back by name and day with their properties, whatever the page size; other names and days do not."""
    other = [event(name="Other"), event(ts=int(NOW.timestamp()) - 86_400)]
    with asker() as given:
        given.upload([event(identity=f"{n}@x.example", evtData={"key": n}) for n in range(7)] + other)
        given.fake.server.reading.page_size = size
        found = given.events("Review scheduled", DAY, DAY)
    assert [one.properties["key"] for page in found for one in page] == list(range(7))
    assert (len(found), found[0][0].identity, found[0][0].occurred) == (pages, "0@x.example", "20260615050000")


def test_nothing_to_read() -> None:
    """A name nobody sent is one empty page."""
    with asker() as given:
        assert given.events("Never", date(2026, 1, 1), DAY) == [[]]


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"status": "success", "cursor": "same", "next_cursor": "same", "records": []}, PagingStuck),
        ({"status": "fail", "error": "Query is not valid", "code": 400}, Rejected),
        ({"status": "partial", "error": "Request still in progress", "code": 1}, Unavailable),
        ([], Unavailable),
    ],
    ids=["same cursor", "fail", "in progress", "no object"],
)
def test_a_reading_that_does_not_come(told: Any, error: type[Exception]) -> None:
    """Odd answers to a reading are errors, never an empty listing."""
    with asker() as given:
        given.fake.server._answer = lambda request, body: (200, told)
        with pytest.raises(error):
            given.events("Review scheduled", DAY, DAY)


@pytest.mark.parametrize("told", [{"message": "ok"}, [], {"status": "success"}, {"status": "fine", "processed": 1}])
def test_an_upload_answered_oddly(told: Any) -> None:
    """An answer that says nothing of the records leaves them open; it never passes for success."""
    with asker(World()) as given:
        given.fake.server._answer = lambda request, body: (200, told)
        with pytest.raises(Unavailable, match="does not say what became of the records"):
            given.upload([event()])
