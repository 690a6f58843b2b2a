"""Every page of a listing once, whatever the page size, the vendor's tokens and what moves meanwhile."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from calendly_pipeline.clients import calendly as client_module
from calendly_pipeline.clients.calendly import CalendlyClient
from calendly_pipeline.failures import ApiError, PagingStuck
from calendly_pipeline_tests.clients.calendly_given import Given, calendly, uris
from calendly_pipeline_tests.clients.odd_server import Odd, Reply, odd
from calendly_pipeline_tests.fakes.calendly.drift import Drift

FEW = settings(max_examples=20, deadline=None)


def listed(given: Given, page_size: int) -> list[str]:
    """The events as listed with this page size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client_module, "PAGE_SIZE", page_size)
        return given.events()


def page(*uris: str, then: str | None = None, **pagination: Any) -> Reply:
    """A page of a listing, and the token of the next one."""
    told = {"next_page_token": then, **pagination}
    return Reply(200, {"collection": [{"uri": uri} for uri in uris], "pagination": told})


def read(server: Odd) -> list[str]:
    """Every record of a listing."""

    async def ask(client: CalendlyClient) -> list[str]:
        return uris([answer async for answer in client.pages("/things", {"a": "b"}, kind="things")])

    return server.use(ask)


def test_every_page_for_any_page_size() -> None:
    """A world that rests is listed exactly, in order, however many records a page holds and whether some are empty."""
    with calendly() as given:
        booked = given.book(23)

        @FEW
        @for_all(page_size=st.integers(1, 30), empty_every=st.sampled_from([0, 2, 3]))
        def check(page_size: int, empty_every: int) -> None:
            given.server.pager.empty_every = empty_every
            assert listed(given, page_size) == booked

        check()


def test_every_event_while_the_world_moves() -> None:
    """Whatever is booked, moved and cancelled between two pages: what was there at the beginning is listed once."""
    with calendly() as given:
        given.book(20, timedelta(hours=9))
        drift = Drift(given.world, 3, every=0)
        given.server.on_request(drift)

        @FEW
        @for_all(page_size=st.integers(1, 25), every=st.integers(1, 4))
        def check(page_size: int, every: int) -> None:
            there = {event["uri"] for event in given.world.events.values()}
            drift.every = every
            found = Counter(listed(given, page_size))
            drift.every = 0
            assert there <= found.keys()
            assert set(found.values()) == {1}

        check()
        assert drift.changes > 20


def test_a_token_that_stays_is_noticed() -> None:
    """When the vendor's token never advances, the listing ends with an error instead of running for ever."""
    with calendly() as given:
        given.book(5)
        given.server.pager.stuck = True
        with pytest.raises(PagingStuck, match="GET /scheduled_events: a page leads back to one already read"):
            listed(given, 1)
        assert len(given.server.requests) < 8


def test_a_token_that_comes_again_is_noticed() -> None:
    """Pages that lead in a circle are read once."""
    circle = [page(str(number), then=token) for number, token in enumerate("abcabcabc")]
    with odd(*circle) as server:
        with pytest.raises(PagingStuck):
            read(server)
        assert len(server.server.asked) == 4


def test_an_empty_page_with_a_token_goes_on() -> None:
    """A page without records is not the end; a token that is null, blank or missing is."""
    for end in ({"next_page_token": None}, {"next_page_token": ""}, {}, None):
        last = Reply(200, {"collection": [{"uri": "2"}], "pagination": end})
        with odd(page("1", then="a"), page(then="b"), last) as server:
            assert read(server) == ["1", "2"]
            targets = [asked.target for asked in server.server.asked]
        assert targets == [
            "/things?a=b&count=100",
            "/things?a=b&count=100&page_token=a",
            "/things?a=b&count=100&page_token=b",
        ]


def test_an_older_answer_names_only_the_next_url() -> None:
    """The token is taken out of the URL and sent back as it is meant; the URL itself is never followed."""
    with odd(page("9")) as elsewhere:
        following = f"{elsewhere.url}/stolen?count=7&page_token=a%2Bb%3D%3D%26c&x=1"
        with odd(page("1", count=1, next_page=following), page("2", count=1, next_page=None)) as server:
            assert read(server) == ["1", "2"]
            assert [asked.target for asked in server.server.asked] == [
                "/things?a=b&count=100",
                "/things?a=b&count=100&page_token=a%2Bb%3D%3D%26c",
            ]
        assert elsewhere.server.asked == []


@pytest.mark.parametrize(
    "body",
    [[], "text", {}, {"collection": None}, {"collection": {"uri": "x"}}, {"resource": {}}],
    ids=["list", "text", "empty", "null", "object", "resource"],
)
def test_an_answer_that_is_no_list(body: object) -> None:
    """JSON without a collection is an error that names the request, not the end of the listing."""
    said = r"GET /things\?.*: the answer holds no collection"
    with odd(page("1", then="a"), Reply(200, body)) as server, pytest.raises(ApiError, match=said):
        read(server)


def test_a_page_that_fails_for_a_while_is_asked_again() -> None:
    """Errors between pages neither end the listing nor repeat a page."""
    html = Reply(502, b"<html>", "text/html")
    with odd(page("1", then="a"), html, Reply(200, b"{", "text/html"), page("2")) as server:
        assert read(server) == ["1", "2"]
