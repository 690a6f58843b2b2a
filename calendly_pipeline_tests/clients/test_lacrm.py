"""The client of LACRM: a bare key, an even pace, pages that must advance, and errors that say whose fault it is."""

import json
from typing import Any

import pytest

from calendly_pipeline.clients.http import StaticToken
from calendly_pipeline.clients.lacrm import PACE_SHARE, LacrmClient
from calendly_pipeline.failures import (
    ApiError,
    DeadlineReached,
    NotFound,
    PagingStuck,
    PermissionDenied,
    RateLimited,
    Rejected,
    Unauthenticated,
    Unavailable,
)
from calendly_pipeline_tests.clients.lacrm_given import Asker, asker
from calendly_pipeline_tests.fakes.lacrm import SilentLimit

SHAPES: list[dict[str, Any]] = [
    {},
    {"results_as_objects": ["GetContacts", "GetCustomFields"]},
    {"bare_results": ["GetContacts", "GetCustomFields"], "plain_options": False},
]


def people(given: Asker) -> list[str]:
    """Ids of the contacts a client lists."""
    rows = given.pages(lambda client: client.contacts("Contacts"))
    found = [page.data["Results"] if isinstance(page.data, dict) else page.data for page in rows]
    return [row["ContactId"] for rows in found for row in (rows.values() if isinstance(rows, dict) else rows)]


def test_the_key_goes_bare() -> None:
    """The key is the whole header; the client knows whose it is, and neither text nor repr of it shows."""
    with asker() as given:
        user = given.asked(lambda client: client.key_user())
        (request,) = given.crm.server.requests
    assert (user.name, user.address, user.time_zone) == ("Dana Host", "dana@firm.example", "America/New_York")
    assert (user.user_id.isdigit(), request.headers["authorization"], request.path) == (True, "***", "/v2/getuser")
    assert given.crm.key not in repr(StaticToken(given.crm.key))


@pytest.mark.parametrize("shape", SHAPES, ids=["lists", "objects", "bare"])
def test_every_shape_of_a_listing(shape: dict[str, Any]) -> None:
    """Contacts and custom fields come as a list, as an object by id, or bare; all are the same to the client."""
    with asker(23, **shape) as given:
        assert sorted(people(given)) == given.crm.world.ids(companies=False)
        pages = given.pages(lambda client: client.custom_fields())
        fields = given.asked(_rows_of(pages))
    assert [field["Name"] for field in fields] == [field.name for field in given.crm.world.fields.values()]


@pytest.mark.parametrize(("size", "pages"), [(1, 21), (7, 3), (20, 2), (21, 1), (22, 1)])
def test_every_page_once_for_any_page_size(size: int, pages: int) -> None:
    """A page that is full to the last row asks for no empty one; each contact comes once, oldest first."""
    with asker(23) as given:
        given.page_size = size
        found = people(given)
        calls = [called.parameters for called in given.crm.server.calls]
    assert sorted(found) == given.crm.world.ids(companies=False)
    assert [call["Page"] for call in calls] == list(range(1, pages + 1))
    assert {(call["RecordTypeFilter"], call["SortBy"], call["SortDirection"]) for call in calls} == {
        ("Contacts", "DateCreated", "Ascending")
    }


def test_ten_thousand_are_asked_for() -> None:
    """The page size is the vendor's largest."""
    with asker() as given:
        people(given)
        assert given.crm.server.calls[0].parameters["MaxNumberOfResults"] == 10_000


def test_nobody_there() -> None:
    """An empty account is one empty page."""
    with asker() as given:
        (page,) = given.pages(lambda client: client.contacts("Companies"))
    assert page.data == {"HasMoreResults": False, "Results": []}


def test_pages_that_do_not_advance() -> None:
    """A server that gives its first page again and again stops the listing loudly."""
    with asker(23) as given:
        given.page_size = 5
        given.crm.server.repeats_first_page = True
        with pytest.raises(PagingStuck, match="GetContacts"):
            people(given)
        assert given.functions() == ["GetContacts", "GetContacts"]


def test_what_landing_is_told() -> None:
    """An answer names its function and paging, not the bare path; its body is as received."""
    with asker(3) as given:
        (page,) = given.pages(lambda client: client.contacts("Contacts"))
    assert page.kind == "contacts"
    assert page.request.startswith("/GetContacts?RecordTypeFilter=Contacts&SortBy=DateCreated")
    assert json.loads(page.raw) == page.data


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("in_200", [False, True])
def test_a_wrong_key(status: int, in_200: bool) -> None:
    """Whatever LACRM answers a wrong key with, it is the key that is named, with where to make another."""
    with asker(3, bad_key_status=status, errors_in_200=in_200) as given:
        given.key = "wrong"
        with pytest.raises(Unauthenticated, match=r"Invalid API key .*Settings, Programmer API") as raised:
            people(given)
    assert "wrong" not in str(raised.value)


def test_a_mistake_is_not_the_keys() -> None:
    """A refusal of a good key stays a refusal, in the vendor's words with its code; it is not tried again."""
    with asker() as given:
        with pytest.raises(Rejected, match=r"'GetMood' is not a valid function \([a-z0-9]{16}\)") as raised:
            given.asked(lambda client: client.call("GetMood", kind="mood"))
        assert given.functions() == ["GetMood", "GetUser"]
    assert type(raised.value) is Rejected


@pytest.mark.parametrize("in_200", [False, True])
def test_one_contact(in_200: bool) -> None:
    """A contact comes unwrapped; one that is gone is NotFound, also when the error comes with a 200."""
    with asker(3, errors_in_200=in_200) as given:
        one = given.crm.world.ids()[0]
        assert given.asked(lambda client: client.contact(one)).data["ContactId"] == one
        given.crm.world.delete(one)
        with pytest.raises(NotFound, match="not valid"):
            given.asked(lambda client: client.contact(one))


def test_a_wrong_key_denies_no_contact() -> None:
    """When the key is revoked meanwhile, no contact passes for deleted."""
    with asker(3) as given:
        one = given.crm.world.ids()[0]
        given.crm.world.keys.clear()
        with pytest.raises(Unauthenticated):
            given.asked(lambda client: client.contact(one))


@pytest.mark.parametrize(
    ("status", "kind"), [(400, Rejected), (401, Unauthenticated), (403, PermissionDenied), (500, Unavailable)]
)
def test_statuses_and_their_errors(status: int, kind: type[ApiError]) -> None:
    """Each status is its error, and the vendor's words and code are in it."""
    client = LacrmClient("https://api.lessannoyingcrm.com/v2/", StaticToken("1-a"))
    body = {"ErrorCode": "4178t6namw3vx9s6", "ErrorDescription": "No such thing"}
    error = client.error_of(status, "POST /GetContact", body)
    assert type(error) is kind
    if status < 500:
        assert "No such thing (4178t6namw3vx9s6)" in str(error)


def test_one_request_a_second() -> None:
    """Requests keep a second and a little apart, whatever comes back, and the waiting is counted."""
    with asker(23) as given:
        given.page_size = 5
        people(given)
    assert len(given.clock.slept) == 4
    assert given.waited_seconds == pytest.approx(4.0 / PACE_SHARE)


def test_a_limit_that_nobody_told_of() -> None:
    """429 without a header is tried again at the same pace, and is RateLimited when it does not end."""
    with asker(3) as given:
        given.crm.server.limit = SilentLimit(3, 4.0, clock=given.clock.monotonic)
        assert len([given.asked(lambda client: client.user()) for _ in range(5)]) == 5
        given.crm.server.faults.fail_next(5, "429")
        with pytest.raises(RateLimited):
            given.asked(lambda client: client.user(), attempts=2)


@pytest.mark.parametrize("kind", ["500", "502", "truncated", "cut", "half", "429"])
def test_faults_are_waited_out(kind: str) -> None:
    """A reading that fails three times in any way is there at the fourth attempt."""
    with asker(23) as given:
        given.crm.server.faults.fail_next(3, kind, "getcontacts")
        assert sorted(people(given)) == given.crm.world.ids(companies=False)


def test_the_deadline_ends_a_listing() -> None:
    """A reading whose time is over stops between two requests."""
    with asker(23) as given:
        given.page_size, given.seconds = 1, 5.0
        with pytest.raises(DeadlineReached):
            people(given)
        assert len(given.functions()) <= 6


def _rows_of(pages: list[Any]) -> Any:
    async def rows(client: LacrmClient) -> list[dict[str, Any]]:
        return [row for page in pages for row in client.rows(page)]

    return rows
