"""The Cal.com client reads every booking, whatever pages, totals and versions the server answers with."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse

from calendly_pipeline.clients.calcom import CalcomClient
from calendly_pipeline.failures import ApiError, PagingStuck, Unavailable
from calendly_pipeline_tests.clients.calcom_given import Calcom, calcom, uids
from calendly_pipeline_tests.fakes.calcom.server import TOO_OLD
from calendly_pipeline_tests.fakes.faults import STORM, Faults
from calendly_pipeline_tests.fakes.gate import Recorded
from calendly_pipeline_tests.fakes.limits import Limit, calcom_headers
from calendly_pipeline_tests.fakes.requests_valid import complaints

SPEC = Path(__file__).parents[1] / "specs" / "calcom-v2-read-surface.json"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 8, 1, tzinfo=UTC)


@pytest.fixture
def given() -> Iterator[Calcom]:
    """A hosted server with 130 bookings."""
    with calcom(130) as server:
        yield server


@pytest.mark.parametrize("page_size", [4, 7, 64, 65, 130, 250])
@pytest.mark.parametrize("after_updated_at", [None, LONG_AGO], ids=["by-start", "by-change"])
def test_every_booking_for_any_page_size(given: Calcom, page_size: int, after_updated_at: datetime | None) -> None:
    """The pages hold every booking of the world, and the last thing asked for was an empty page."""
    given.page_size = page_size
    pages = given.pages(after_updated_at=after_updated_at)
    assert uids(pages) == set(given.world.bookings)
    assert int(given.queries()[-1]["skip"]) >= 130


def test_every_booking_while_earlier_ones_change(given: Calcom) -> None:
    """A booking read early changes before each page, so that all behind it come forward: none is missed."""
    given.page_size = 20
    waiting = sorted(given.world.bookings, key=lambda uid: given.world.bookings[uid].updated_at or LONG_AGO)

    def change(request: Recorded) -> None:
        if len(given.server.requests) < 9:
            given.world.cancel(LATER, waiting.pop(0), "x@clients.example")

    given.server.on_request(change)
    before = set(given.world.bookings)
    assert uids(given.pages(after_updated_at=LONG_AGO)) >= before


def test_every_booking_while_some_are_added_and_deleted(given: Calcom) -> None:
    """New bookings at the front and deleted ones shift the pages either way: what was there throughout is read."""
    given.page_size = 20
    event_type = next(iter(given.world.event_types.values()))
    waiting = sorted(given.world.bookings, key=lambda uid: given.world.bookings[uid].starts_at)
    gone: set[str] = set()

    def change(request: Recorded) -> None:
        number = len(given.server.requests)
        if number % 2 and number < 12:
            start = datetime(2025, 12, 1, tzinfo=UTC) + timedelta(days=number)
            given.world.book(LATER, event_type, start, "New", "new@clients.example")
        elif number < 12:
            gone.update(waiting[:3])
            for _ in range(3):
                given.world.delete_booking(waiting.pop(0))

    given.server.on_request(change)
    before = set(given.world.bookings)
    assert uids(given.pages()) >= before - gone


def test_bounds_and_order_are_sent(given: Calcom) -> None:
    """Bounds go out in milliseconds of UTC, and changes are asked for in the order of change."""
    start, end = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, 1, 2, 3, 456_789, tzinfo=UTC)
    found = uids(given.pages(after_start=start, before_end=end))
    bookings = given.world.bookings.values()
    assert found == {b.uid for b in bookings if b.starts_at >= start and b.ends_at <= end}
    assert given.queries()[0] == {
        "afterStart": "2026-02-01T00:00:00.000Z", "beforeEnd": "2026-03-01T01:02:03.456Z", "sortStart": "asc",
        "take": "250", "skip": "0",
    }  # fmt: skip
    given.pages(after_updated_at=start)
    assert given.queries()[-1]["sortUpdatedAt"] == "asc"


def test_overstated_totals_are_not_believed(given: Calcom) -> None:
    """The total ignores the filter by change; the listing ends at the empty page all the same."""
    newest = max(b.updated_at for b in given.world.bookings.values() if b.updated_at)
    (page,) = given.pages(after_updated_at=newest)
    assert page.data["pagination"]["totalItems"] == 130
    assert len(given.queries()) == 2


def test_nothing_is_no_page() -> None:
    """An account without bookings gives no pages."""
    with calcom() as empty:
        assert empty.pages() == []


def test_a_cursor_is_followed() -> None:
    """A server that answers with a cursor is read by its cursor, to the end."""
    with calcom(230, always_cursor=True) as given:
        assert uids(given.pages()) == set(given.world.bookings)
        first, *others = given.queries()
    assert "cursor" not in first
    assert [("cursor" in query, query["limit"], "skip" in query) for query in others] == [(True, "100", False)] * 2


@pytest.mark.parametrize("query", ["skip=", "cursor="], ids=["skip", "cursor"])
def test_pages_that_do_not_advance_stop_the_listing(query: str) -> None:
    """A server that ignores the position, or whose cursor leads back, raises PagingStuck."""
    with calcom(230, always_cursor=query == "cursor=") as given:
        inner = given.server.gate.app

        async def forgetful(scope: Any, receive: Any, send: Any) -> None:
            parts = scope["query_string"].decode().split("&")
            kept = "&".join(part for part in parts if not part.startswith(query))
            await inner({**scope, "query_string": kept.encode()}, receive, send)

        given.server.gate.app = forgetful
        with pytest.raises(PagingStuck, match=r"the pages do not advance|a page leads back"):
            given.pages()


def test_an_older_server_is_named_as_such() -> None:
    """Bookings in the shape of another version raise an error that says what to set."""
    with calcom(5, versions=TOO_OLD, now=lambda: LONG_AGO) as given:
        with pytest.raises(ApiError, match=r"does not know cal-api-version 2024-08-13.*api_url or CAL_COM_API_URL"):
            given.pages()
        with pytest.raises(ApiError, match="cal-api-version 2024-08-13"):
            given.asked(lambda client: client.probe())
        uid = next(iter(given.world.bookings))
        with pytest.raises(ApiError, match="the bookings have no start"):
            given.asked(lambda client: client.booking(uid))


def test_a_server_without_pagination_is_no_api_v2(given: Calcom) -> None:
    """An empty list that says nothing of its pages cannot vouch for an empty account."""
    inner = given.server.gate.app

    async def silent(scope: Any, receive: Any, send: Any) -> None:
        answer = JSONResponse({"status": "success", "data": []})
        await (answer if scope["path"] == "/v2/bookings" else inner)(scope, receive, send)

    given.server.gate.app = silent
    with pytest.raises(ApiError, match="the answer holds no pagination"):
        given.asked(lambda client: client.probe())


def test_who_the_key_is_and_its_event_types(given: Calcom) -> None:
    """probe tells the address in lower case and looks at one booking; event types are the owner's."""
    next(iter(given.world.users.values())).email = "Olive@Firm.example"
    owner = given.asked(lambda client: client.probe())
    assert (owner.address, owner.username) == ("olive@firm.example", "olive")
    assert [answer.kind for answer in owner.answers] == ["me", "bookings"]

    async def titles(client: CalcomClient) -> list[str]:
        return [row["title"] async for page in client.event_types() for row in page.data["data"]]

    assert given.asked(titles) == ["Portfolio Review", "Intro Call", "Planning", "Workshop"]


def test_one_booking_and_a_series(given: Calcom) -> None:
    """One booking by its uid; the uid of a series gives the list of its occurrences."""
    event_type = next(iter(given.world.event_types.values()))
    series = given.world.book_series(LONG_AGO, event_type, LATER, "Ada", "ada@clients.example")
    one = given.asked(lambda client: client.booking(series[0].uid))
    assert (one.kind, one.request, one.data["data"]["uid"]) == ("booking", f"/bookings/{series[0].uid}", series[0].uid)
    many = given.asked(lambda client: client.booking(series[0].recurring_uid or ""))
    assert [row["uid"] for row in many.data["data"]] == [booking.uid for booking in series]


def test_requests_are_as_described(given: Calcom) -> None:
    """Every request of a client's life is one that the API description knows."""
    given.page_size = 50
    given.pages(after_start=LONG_AGO, before_end=LATER)
    given.pages(after_updated_at=LONG_AGO)

    async def others(client: CalcomClient) -> None:
        await client.probe()
        await client.booking(next(iter(given.world.bookings)))
        assert [answer.kind async for answer in client.event_types()] == ["event_types"]

    given.asked(others)
    assert complaints(given.server.requests, json.loads(SPEC.read_text())) == []
    assert {request.headers.get("cal-api-version") for request in given.server.requests} == {
        "2024-08-13", "2024-06-14", None,
    }  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_storm_loses_nothing(seed: int) -> None:
    """A third of all requests fail in every way there is, and every booking is read."""
    faults = Faults(seed, 0.33, tuple(kind for kind in STORM if kind != "slow"))
    with calcom(130, faults=faults) as given:
        given.page_size = 20
        assert uids(given.pages()) == set(given.world.bookings)
        assert faults.counts.total() > 2


@pytest.mark.parametrize("kind", ["500", "502", "truncated", "half", "cut"])
def test_a_server_that_stays_away_is_unavailable(given: Calcom, kind: str) -> None:
    """Errors of the server, HTML, half a body and cut connections are tried again, then raised as Unavailable."""
    given.server.faults.fail_next(99, kind)
    with pytest.raises(Unavailable) as raised:
        given.asked(lambda client: client.me(), attempts=3)
    assert raised.value.retry_helps
    assert len(given.server.requests) == 3


@pytest.mark.parametrize("reset_as", ["seconds", "timestamp"])
@pytest.mark.parametrize("name", ["Default", "Short"])
def test_the_limit_is_kept_whatever_its_name_and_unit(reset_as: str, name: str) -> None:
    """Twelve requests at five per minute wait two windows, and not one is refused."""
    with calcom(22) as given:
        given.page_size = 2
        given.server.limit = Limit(
            5, 60.0, calcom_headers(name), block_seconds=60.0, reset_as=reset_as, clock=given.clock.monotonic
        )
        assert uids(given.pages()) == set(given.world.bookings)
        stats = given.server.gate.stats
        windows = -(-stats.served // 5)
    assert stats.refused == 0
    assert 60 * (windows - 1) <= given.clock.now <= 63 * (windows - 1)
