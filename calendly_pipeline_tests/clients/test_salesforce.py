"""The Salesforce client against the fake: reads, collections, refusals, a day's limit, lost answers."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from calendly_pipeline.clients.http import Retry
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline.clients.salesforce import SalesforceClient
from calendly_pipeline.clients.salesforce_answers import RecordError, Usage
from calendly_pipeline.failures import (
    ApiError,
    DailyLimitReached,
    DeadlineReached,
    NotFound,
    PermissionDenied,
    PlanTooLow,
    RateLimited,
    Rejected,
    Unauthenticated,
    Unavailable,
)
from calendly_pipeline_tests.clients.salesforce_given import Asker, asker
from calendly_pipeline_tests.fakes.salesforce.records import Refused
from calendly_pipeline_tests.fakes.salesforce.world import LINK_KEY, LINK_OBJECT, USER_LINK

URL = "Calendly__lnk_URL__c"


@pytest.fixture
def given() -> Iterator[Asker]:
    """A firm with three users."""
    with asker(3) as one:
        yield one


def link(key: str, url: str = "https://calendly.com/ada", **more: Any) -> dict[str, Any]:
    """One record."""
    return {LINK_KEY: key, URL: url, **more}


def upsert(given: Asker, *records: dict[str, Any]) -> list[Any]:
    """Their results."""
    return given.asked(lambda client: client.upsert(LINK_OBJECT, LINK_KEY, records))


def test_describe_gives_fields_by_label(given: Asker) -> None:
    """Fields are found by what people call them, with type, length and what may be written."""
    found = given.asked(lambda client: client.describe(LINK_OBJECT))
    (field,) = found.labelled("link")
    assert (found.label, field.name, field.type, field.length) == ("Calendly Link", URL, "url", 255)
    assert [one.name for one in found.fields if one.is_external_id and one.is_unique] == [LINK_KEY]
    assert found.field("LINK_KEY__C") == found.field(LINK_KEY)
    assert (found.field("Id"), found.field("Nothing__c")) == (found.fields[0], None)
    assert not found.fields[0].is_updateable


def test_the_organizations_own_users(given: Asker) -> None:
    """Everybody, the inactive too, with addresses in lower case, page by page; no partners, guests or robots."""
    given.org.server.page_size = 2
    world = given.org.world
    world.add_user("O'Hara@Firm.example", username="ohara@crm", is_active=False)
    world.add_user("host1@firm.example", username="site@crm", kind="Guest")
    found = given.asked(lambda client: client.users())
    assert [(user.address, user.username, user.is_active) for user in found] == [
        *((f"host{n}@firm.example", f"host{n}@firm.example.crm", True) for n in (1, 2, 3)),
        ("o'hara@firm.example", "ohara@crm", False),
    ]
    assert [called.verb for called in given.org.server.calls] == ["query"] * 2
    assert given.org.server.writes() == []


def test_rows_by_key_in_batches(given: Asker) -> None:
    """As many as an address can hold, however long they are; a quote in a key ends nothing."""
    given.org.world.add_row(LINK_OBJECT, link("o'hara"))
    keys = [f"{number:0255}" for number in range(60)] + ["o'hara"]
    found = given.asked(lambda client: client.rows(LINK_OBJECT, LINK_KEY, keys, [URL]))
    assert [row[LINK_KEY] for row in found] == ["o'hara"]
    assert [called.verb for called in given.org.server.calls] == ["query"] * 2


def test_pages_of_rows_are_read_to_the_end(given: Asker) -> None:
    """All rows with one of the keys, with only the columns that were asked for."""
    given.org.server.page_size = 2
    for number in range(5):
        given.org.world.add_row(LINK_OBJECT, link(f"k{number}", f"https://calendly.com/{number}"))
    found = given.asked(lambda client: client.rows(LINK_OBJECT, LINK_KEY, [f"k{n}" for n in range(9)], [URL]))
    assert [row[URL] for row in found] == [f"https://calendly.com/{number}" for number in range(5)]
    assert all(set(row) == {"Id", LINK_KEY, URL} for row in found)


def test_upsert_gives_each_record_its_result(given: Asker) -> None:
    """Results stand in the order of the records; what one is refused for is in the vendor's words."""
    results = upsert(given, link("a"), link("b", "x" * 256), link("c"))
    assert [(one.is_accepted, one.is_created) for one in results] == [(True, True), (False, False), (True, True)]
    (error,) = results[1].errors
    assert (error.code, error.fields, "max length=255" in error.message) == ("STRING_TOO_LONG", (URL,), True)
    assert str(error).startswith("STRING_TOO_LONG: Link: data value too large")
    assert [one.is_created for one in upsert(given, link("a"))] == [False]


def test_update_goes_by_id_and_needs_no_request_for_nothing(given: Asker) -> None:
    """Users are changed by their id; no records, no request."""
    user = given.asked(lambda client: client.users())[1]
    record = {"Id": user.user_id, USER_LINK: "https://calendly.com/host2"}
    (result,) = given.asked(lambda client: client.update("User", [record]))
    assert (result.is_accepted, result.record_id) == (True, user.user_id)
    assert given.org.world.user(user.user_id)[USER_LINK] == "https://calendly.com/host2"
    assert given.asked(lambda client: client.update("User", [])) == []
    assert len(given.org.server.writes()) == 1


def test_a_locked_row_is_tried_again_alone(given: Asker) -> None:
    """Only the record that found its row locked is sent again; its result takes its place."""
    given.org.world.locked["b"] = 2
    results = upsert(given, link("a"), link("b"), link("c"))
    assert all(one.is_accepted for one in results)
    sent = [[record[LINK_KEY] for record in called.records] for called in given.org.server.writes()]
    assert sent == [["a", "b", "c"], ["b"], ["b"]]


def test_a_row_that_stays_locked_is_reported(given: Asker) -> None:
    """After the last attempt the record is refused with the vendor's code, and the others are not."""
    given.org.world.locked["b"] = 99
    given.retry = Retry(attempts=2, first_wait_seconds=0.01, longest_wait_seconds=0.02)
    results = upsert(given, link("a"), link("b"))
    said = RecordError("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
    assert [one.errors for one in results] == [(), (said,)]
    assert len(given.org.server.writes()) == 2


def test_a_repeat_that_meets_its_first_attempt_waits(given: Asker) -> None:
    """A duplicate of the very external id means that the first attempt is at work; another field's does not."""
    said = f"duplicate value found: {LINK_KEY} duplicates value on record with id: a0B1"
    given.org.world.refused |= {"a": ("DUPLICATE_VALUE", said), "b": ("DUPLICATE_VALUE", said.replace(LINK_KEY, "X"))}

    def first_is_done(request: object) -> None:
        if given.org.server.writes():
            given.org.world.refused.pop("a", None)

    given.org.server.on_request(first_is_done)
    results = upsert(given, link("a"), link("b"))
    assert [one.is_accepted for one in results] == [True, False]
    assert len(given.org.server.writes()) == 2


@pytest.mark.parametrize("fault", ["lost", "half", "truncated", "cut", "500", "502", "429"])
def test_a_write_without_an_answer_is_repeated(given: Asker, fault: str) -> None:
    """Whether or not it was carried out: the second attempt finds the row by its key, and there is one row."""
    given.org.server.faults.fail_next(2, fault, "upsert")
    (result,) = upsert(given, link("a"))
    assert (result.is_accepted, list(given.org.world.links_by_key())) == (True, ["a"])
    assert (given.clients[0].traffic.requests, given.clients[0].traffic.repeated) == (3, 2)


def test_it_gives_up_in_the_end(given: Asker) -> None:
    """What stays unavailable is an error that says another run can help."""
    given.org.server.faults.fail_next(99, "502", "describe")
    with pytest.raises(Unavailable, match="HTTP 502") as raised:
        given.asked(lambda client: client.describe(LINK_OBJECT))
    assert (raised.value.retry_helps, len(given.org.server.requests)) == (True, given.retry.attempts)


@pytest.mark.parametrize(
    ("refused", "kind", "words"),
    [
        (Refused(401, "INVALID_SESSION_ID", "Session expired or invalid"), Unauthenticated, "INVALID_SESSION_ID.*new"),
        (Refused(403, "INSUFFICIENT_ACCESS", "no access"), PermissionDenied, "no access.*permission sets"),
        (Refused(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled"), PlanTooLow, "edition has no API"),
        (Refused(404, "NOT_FOUND", "The requested resource does not exist"), NotFound, "does not exist"),
        (Refused(300, "", ""), Rejected, "several records"),
        (Refused(400, "MALFORMED_QUERY", "unexpected token"), Rejected, "MALFORMED_QUERY: unexpected token"),
    ],
)
def test_refusals_are_not_repeated(given: Asker, refused: Refused, kind: type[ApiError], words: str) -> None:
    """Each is an error of its own kind in the vendor's words with the remedy, after one request, without the token."""
    given.org.server.refusals["describe"] = refused
    with pytest.raises(kind, match=words) as raised:
        given.asked(lambda client: client.describe(LINK_OBJECT))
    assert (type(raised.value), raised.value.retry_helps) == (kind, False)
    assert (len(given.org.server.requests), given.token in str(raised.value)) == (1, False)


def test_too_many_at_once_is_tried_again_and_the_days_end_is_not(given: Asker) -> None:
    """The limit of concurrent requests passes within a run; the day's does not, so nothing more is asked."""
    said = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    given.org.server.refusals["describe"] = Refused(403, "REQUEST_LIMIT_EXCEEDED", said)
    with pytest.raises(RateLimited) as raised:
        given.asked(lambda client: client.describe(LINK_OBJECT))
    assert (type(raised.value), len(given.org.server.requests)) == (RateLimited, given.retry.attempts)
    given.org.server.refusals.clear()
    given.org.server.requests.clear()
    given.org.world.used, given.org.world.daily_limit = 999, 1000

    async def two(client: SalesforceClient) -> None:
        assert await client.limits() == Usage(1000, 1000)
        assert client.usage == Usage(1000, 1000)
        await client.describe(LINK_OBJECT)

    with pytest.raises(DailyLimitReached, match=r"1000 of 1000 requests used.*later one") as day:
        given.asked(two)
    assert (day.value.retry_helps, len(given.org.server.requests)) == (True, 2)


def test_more_than_a_batch_is_our_own_mistake(given: Asker) -> None:
    """Nothing is sent."""
    with pytest.raises(ValueError, match="At most 200"):
        upsert(given, *[link(str(number)) for number in range(201)])
    assert len(given.org.server.requests) == 0


def test_nothing_is_asked_after_the_deadline(given: Asker) -> None:
    """The run's time is over: no request leaves."""
    with pytest.raises(DeadlineReached):
        given.asked(lambda client: client.limits(), deadline=Deadline(0.0))
    assert len(given.org.server.requests) == 0


def test_a_result_that_does_not_fit_its_request_is_none(given: Asker) -> None:
    """Fewer results than records: nobody is told that their record was accepted."""
    given.org.server.refusals["upsert"] = Refused(200, "odd", "odd")
    given.retry = Retry(attempts=1)
    with pytest.raises(Unavailable, match="no 2 results"):
        upsert(given, link("a"), link("b"))


def test_the_token_is_shown_nowhere(given: Asker, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the login's own text nor the library's log holds it."""
    with caplog.at_level(logging.DEBUG):
        given.asked(lambda client: client.limits())
    assert given.token not in repr(given.login()) + caplog.text
    assert given.org.server.requests[0].headers["authorization"] == "Bearer ***"
