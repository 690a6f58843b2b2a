"""The fake Cal.com answers over HTTP as the vendor does, odd successes included."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from calendly_pipeline_tests.fakes.calcom import CalcomServer, api_key_limit
from calendly_pipeline_tests.fakes.calcom.given import ADA, MONDAY, NOW, Firm, after
from calendly_pipeline_tests.fakes.calcom.named_limits import NamedLimits
from calendly_pipeline_tests.fakes.calcom.server import SELF_HOSTED
from calendly_pipeline_tests.fakes.limits import Limit, calcom_headers
from calendly_pipeline_tests.fakes.requests_valid import Description
from calendly_pipeline_tests.fakes.serving import Served

DOCUMENTED = "2024-08-13"
SPEC = Path(__file__).parents[1] / "specs" / "calcom-v2-read-surface.json"


class Caller:
    """A key and the server it is sent to."""

    def __init__(self, server: CalcomServer, url: str, key: str) -> None:
        self.server = server
        self.url = url
        self.key = key

    def get(self, path: str, version: str | None = DOCUMENTED, key: str | None = None, **query: Any) -> httpx.Response:
        """One answer."""
        headers = {"Authorization": f"Bearer {self.key if key is None else key}"}
        headers |= {"cal-api-version": version} if version else {}
        return httpx.get(f"{self.url}/v2{path}", params=query, headers=headers)

    def uids(self, **query: Any) -> list[str]:
        """The uids of one page."""
        return [row["uid"] for row in self.get("/bookings", **query).json()["data"]]


@pytest.fixture
def firm() -> Firm:
    """A firm without bookings."""
    return Firm()


@pytest.fixture
def caller(firm: Firm) -> Iterator[Caller]:
    """Hanna's key at a hosted server."""
    server = CalcomServer(firm.world, now=lambda: MONDAY + timedelta(days=1))
    with Served(server) as served:
        yield Caller(server, served.url, firm.key)


@pytest.mark.parametrize(
    ("key", "words"),
    [("cal_wrong", "Invalid API Key"), ("wrong", "Invalid Bearer token")],
    ids=["unknown-key", "no-key-at-all"],
)
def test_a_wrong_key_is_refused_in_the_envelope(caller: Caller, key: str, words: str) -> None:
    """401 names the time, the path and the exception."""
    answer = caller.get("/bookings", key=key, take=3)
    assert answer.status_code == 401
    body = answer.json()
    assert (body["status"], body["path"], body["error"]["code"]) == (
        "error", "/v2/bookings?take=3", "UnauthorizedException",
    )  # fmt: skip
    assert words in body["error"]["message"]
    assert body["error"]["details"]["statusCode"] == 401
    assert answer.headers["x-request-id"]


def test_an_access_token_needs_its_scope(firm: Firm, caller: Caller) -> None:
    """403 names the scope that is required and those the token has."""
    token = firm.world.add_key(firm.hanna, scopes=["PROFILE_READ"])
    assert caller.get("/me", key=token).json()["data"]["email"] == "hanna@firm.example"
    refused = caller.get("/bookings", key=token)
    assert (refused.status_code, refused.json()["error"]["message"]) == (
        403,
        "insufficient_scope: token does not have the required scopes. Required: BOOKING_READ. Token has: PROFILE_READ",
    )


@pytest.mark.parametrize("version", [None, "2025-01-01", "2024-06-14"])
def test_an_unknown_version_falls_back_without_a_word(firm: Firm, caller: Caller, version: str | None) -> None:
    """Without a version that bookings know, the answer has the oldest shape and no pagination."""
    firm.world.book(NOW, firm.review, MONDAY + timedelta(days=3), "Ada Example", ADA)
    body = caller.get("/bookings", version).json()
    assert (body["status"], set(body)) == ("success", {"status", "data"})
    assert body["data"]["bookings"][0]["startTime"] == "2026-03-12T15:00:00.000Z"


def test_a_self_hosted_server_does_not_know_newer_versions(firm: Firm) -> None:
    """2026-05-01 gives a cursor on the hosted server and the oldest shape on a self-hosted one."""
    firm.world.book(NOW, firm.review, MONDAY + timedelta(days=3), "Ada Example", ADA)
    server = CalcomServer(firm.world, versions=SELF_HOSTED, now=lambda: MONDAY)
    with Served(server) as served:
        caller = Caller(server, served.url, firm.key)
        assert "bookings" in caller.get("/bookings", "2026-05-01").json()["data"]
        assert caller.get("/bookings").json()["pagination"]["totalItems"] == 1


def test_pages_and_what_is_said_of_them(firm: Firm, caller: Caller) -> None:
    """Everything in the pagination object follows from the total."""
    for day in range(5):
        firm.world.book(NOW, firm.review, MONDAY + timedelta(days=day), "Ada Example", ADA)
    body = caller.get("/bookings", take=2, skip=4).json()
    assert len(body["data"]) == 1
    assert body["pagination"] == {
        "returnedItems": 1, "totalItems": 5, "itemsPerPage": 2, "remainingItems": 0, "currentPage": 3, "totalPages": 3,
        "hasNextPage": False, "hasPreviousPage": True,
    }  # fmt: skip


def test_the_total_ignores_filters_by_change(firm: Firm, caller: Caller) -> None:
    """hasNextPage overstates beside afterUpdatedAt, and an empty account is on page 0."""
    assert caller.get("/bookings").json()["pagination"]["currentPage"] == 0
    for day in range(4):
        firm.world.book(after(minutes=day), firm.review, MONDAY + timedelta(days=day), "Ada Example", ADA)
    body = caller.get("/bookings", take=2, afterUpdatedAt="2026-03-01T09:03:00.000Z").json()
    assert len(body["data"]) == 1
    assert (body["pagination"]["totalItems"], body["pagination"]["hasNextPage"]) == (4, True)


def test_bounds_are_inclusive_and_null_never_matches(firm: Firm, caller: Caller) -> None:
    """A booking at the bound is listed; one whose updatedAt is null is not, whatever the bound."""
    uid = firm.world.book(NOW, firm.review, MONDAY, "Ada Example", ADA).uid
    assert caller.uids(afterStart="2026-03-09T15:00:00Z", beforeEnd="2026-03-09T16:00:00Z") == [uid]
    assert caller.uids(beforeEnd="2026-03-09T15:59:59Z") == []
    assert caller.uids(afterUpdatedAt="2026-03-01T09:00:00Z", beforeCreatedAt="2026-03-01T09:00:00Z") == [uid]
    firm.world.forget_updated_at(uid)
    assert caller.uids(afterUpdatedAt="2020-01-01T00:00:00Z") == []
    assert caller.uids(sortUpdatedAt="asc") == [uid]


def test_the_order_of_sorts(firm: Firm, caller: Caller) -> None:
    """One sort is used, in the vendor's precedence, and `sortUpdated` is no parameter."""
    early = firm.world.book(after(hours=2), firm.review, MONDAY, "Ada Example", ADA).uid
    late = firm.world.book(NOW, firm.review, MONDAY + timedelta(days=1), "Ada Example", ADA).uid
    assert caller.uids() == [early, late]
    assert caller.uids(sortUpdatedAt="asc") == [late, early]
    assert caller.uids(sortUpdatedAt="asc", sortStart="desc") == [late, early]
    assert caller.uids(sortUpdated="desc") == [early, late]


def test_status_means_a_tab(firm: Firm, caller: Caller) -> None:
    """`past` holds unconfirmed bookings, `cancelled` refused ones too, and the list takes commas."""
    world, day = firm.world, timedelta(days=1)
    pending = world.book(NOW, firm.planning, MONDAY, "Ada Example", ADA).uid
    refused = world.book(NOW, firm.planning, MONDAY + 2 * day, "Ada Example", ADA).uid
    world.reject(after(hours=1), refused)
    coming = world.book(NOW, firm.review, MONDAY + 3 * day, "Ada Example", ADA).uid
    assert caller.uids(status="past") == [pending]
    assert caller.uids(status="cancelled,upcoming") == [refused, coming]
    assert caller.uids(status="unconfirmed") == []


def test_answers_are_as_described(firm: Firm, caller: Caller) -> None:
    """Bookings of every kind, the pagination and the user fit the API description, and event types lack nothing.

    The description's alternatives for an event type's locations and questions overlap, so no answer can fit them.
    """
    described: dict[str, Any] = {"description": "", "rating": 5}
    people = {"guests": ["bob@clients.example"], "co_hosts": [firm.admin]}
    firm.world.book(NOW, firm.review, MONDAY, "Ada Example", ADA, phone="+15550100", **people, **described)
    firm.world.book_series(NOW, firm.review, MONDAY, "Ada Example", ADA, **described)
    firm.world.book(NOW, firm.workshop, MONDAY, "Ada Example", ADA, **described)
    description = Description(json.loads(SPEC.read_text()))
    body = caller.get("/bookings").json()
    for row in body["data"]:
        seated = "seatUid" in row["attendees"][0]
        kind = "GetSeatedBookingOutput" if seated else "BookingOutput"
        kind = "RecurringBookingOutput" if "recurringBookingUid" in row else kind
        assert description.errors(row, "components", "schemas", f"{kind}_2024_08_13") == []
    assert description.errors(body["pagination"], "components", "schemas", "PaginationMetaDto") == []
    event_types = caller.get("/event-types", "2024-06-14").json()
    complaints = description.errors(event_types, "components", "schemas", "GetEventTypesOutput_2024_06_14")
    assert [complaint for complaint in complaints if "required property" in complaint] == []
    assert description.errors(caller.get("/me").json(), "components", "schemas", "GetMeOutput") == []


def test_addresses_are_matched_letter_by_letter(firm: Firm, caller: Caller) -> None:
    """attendeeEmail is case sensitive; a parameter that does not exist filters nothing."""
    uid = firm.world.book(NOW, firm.review, MONDAY, "Ada Example", "Ada@clients.example").uid
    assert caller.uids(attendeeEmail="Ada@clients.example", eventTypeId=firm.review.id) == [uid]
    assert caller.uids(attendeeEmail=ADA) == []
    assert caller.uids(attendee_email="nobody@x.example") == [uid]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"take": 251}, "take must not be greater than 250"),
        ({"take": 0}, "take must not be less than 1"),
        ({"afterStart": "yesterday"}, "afterStart must be a valid ISO 8601 date string"),
        ({"status": "accepted"}, "each value in status"),
    ],
    ids=["take-high", "take-low", "moment", "status"],
)
def test_values_that_cannot_be_are_refused(caller: Caller, query: dict[str, Any], words: str) -> None:
    """A known parameter with an impossible value is 400."""
    answer = caller.get("/bookings", **query)
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]


def test_who_sees_what(firm: Firm, caller: Caller) -> None:
    """A user sees what they host and what they attend elsewhere; an admin what every member hosts."""
    hosted = firm.world.book(NOW, firm.review, MONDAY, "Ada Example", ADA).uid
    attended = firm.world.book(NOW, firm.elsewhere, MONDAY + timedelta(days=1), "Hanna", "hanna@firm.example").uid
    assert caller.uids() == [hosted, attended]
    caller.key = firm.admin_key
    assert caller.uids() == [hosted]


def test_one_booking_needs_no_key(firm: Firm, caller: Caller) -> None:
    """By uid, without authentication; a series answers its occurrences; nothing is 404."""
    uid = firm.world.book(NOW, firm.review, MONDAY, "Ada Example", ADA).uid
    series = firm.world.book_series(NOW, firm.review, MONDAY, "Ada Example", ADA)
    headers = {"cal-api-version": DOCUMENTED}
    assert httpx.get(f"{caller.url}/v2/bookings/{uid}", headers=headers).json()["data"]["uid"] == uid
    listed = caller.get(f"/bookings/{series[0].recurring_uid}").json()["data"]
    assert [row["uid"] for row in listed] == [booking.uid for booking in series]
    missing = caller.get("/bookings/nowhere")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "NotFoundException")


def test_a_cursor_in_the_newest_version(firm: Firm, caller: Caller) -> None:
    """2026-05-01 pages by an opaque cursor and takes no notice of take and skip."""
    for day in range(5):
        firm.world.book(NOW, firm.review, MONDAY + timedelta(days=day), "Ada Example", ADA)
    first = caller.get("/bookings", "2026-05-01", limit=3, take=1, skip=4).json()
    assert len(first["data"]) == 3
    second = caller.get("/bookings", "2026-05-01", limit=3, cursor=first["pagination"]["nextCursor"]).json()
    assert second["pagination"] == {"nextCursor": None, "hasMore": False}
    assert len({row["uid"] for row in first["data"] + second["data"]}) == 5
    assert caller.get("/bookings", "2026-05-01", status="past,upcoming").status_code == 400


def test_event_types_are_the_callers_own(firm: Firm, caller: Caller) -> None:
    """The owner sees hidden ones, others by username do not; webhooks are none."""
    firm.review.is_hidden = True
    own = caller.get("/event-types", "2024-06-14").json()["data"]
    assert [row["title"] for row in own] == ["Portfolio Review", "Planning", "Workshop"]
    others = caller.get("/event-types", "2024-06-14", key=firm.admin_key, username="hanna").json()["data"]
    assert [row["title"] for row in others] == ["Planning", "Workshop"]
    assert "eventTypeGroups" in caller.get("/event-types", None).json()["data"]
    assert caller.get("/webhooks").json()["data"] == []


def test_over_the_limit_is_blocked_without_retry_after(firm: Firm) -> None:
    """429 says ThrottlerException, nothing remaining and when the block ends; Retry-After is never sent."""
    server = CalcomServer(firm.world, limit=api_key_limit(2, 60.0, block_seconds=90.0))
    with Served(server) as served:
        caller = Caller(server, served.url, firm.key)
        first, _, refused = (caller.get("/me") for _ in range(3))
    assert (first.headers["x-ratelimit-limit-default"], first.headers["x-ratelimit-remaining-default"]) == ("2", "1")
    assert first.headers["x-ratelimit-reset-default"] == "60"
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "ThrottlerException")
    assert refused.headers["x-ratelimit-remaining-default"] == "0"
    assert refused.headers["x-ratelimit-reset-default"] == "90"
    assert "retry-after" not in refused.headers


def test_several_named_limits_refuse_only_together(firm: Firm) -> None:
    """A request passes while one of the limits has room; each tells its own headers, one of them a Unix time."""
    limits = [
        Limit(1, 60.0, calcom_headers("Short"), reset_as="timestamp"),
        Limit(2, 60.0, calcom_headers("Long")),
    ]
    server = CalcomServer(firm.world, limit=NamedLimits(limits))
    with Served(server) as served:
        caller = Caller(server, served.url, firm.key)
        answers = [caller.get("/me") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining-short"] for answer in answers] == ["0", "0", "0"]
    assert [answer.headers["x-ratelimit-remaining-long"] for answer in answers] == ["1", "0", "0"]
    assert int(answers[0].headers["x-ratelimit-reset-short"]) > 1_000_000_000
