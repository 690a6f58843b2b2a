"""What Cal.com refuses becomes the error that says whose fault it is; no error text holds a secret."""

from typing import Any

import pytest

from calendly_pipeline.clients.calcom import CalcomClient
from calendly_pipeline.clients.http import StaticToken
from calendly_pipeline.failures import (
    ApiError,
    NotFound,
    PermissionDenied,
    RateLimited,
    Rejected,
    ScopeMissing,
    Unauthenticated,
    Unavailable,
)
from calendly_pipeline_tests.clients.calcom_given import calcom


def envelope(message: str, code: str = "ForbiddenException") -> dict[str, Any]:
    """An error body as Cal.com writes it."""
    details = {"message": message, "error": code, "statusCode": 0}
    error = {"code": code, "message": message, "details": details}
    return {"status": "error", "timestamp": "2026-03-01T09:00:00.000Z", "path": "/v2/bookings", "error": error}


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (401, "CustomThrottlerGuard - Invalid API Key", Unauthenticated),
        (498, "Access token expired", Unauthenticated),
        (403, "Forbidden resource", PermissionDenied),
        (404, "Booking with uid=x was not found in the database", NotFound),
        (400, "take must not be greater than 250", Rejected),
        (500, "Internal server error", Unavailable),
        (524, "A timeout occurred", Unavailable),
    ],
)
def test_statuses_and_their_errors(status: int, message: str, kind: type[ApiError]) -> None:
    """Each status is its error, and the vendor's words are in it."""
    client = CalcomClient("https://api.cal.com/v2", StaticToken("cal_secret"))
    error = client.error_of(status, "GET /bookings", envelope(message))
    assert type(error) is kind
    assert message in str(error)
    assert str(error).startswith("Cal.com GET /bookings: ")


def test_missing_scopes_are_named() -> None:
    """403 of an access token names what it lacks, not what it has."""
    with calcom() as given:
        admin = next(user for user in given.world.users.values() if user.is_admin)
        given.key = given.world.add_key(admin, scopes=["PROFILE_READ"])
        with pytest.raises(ScopeMissing) as raised:
            given.asked(lambda client: client.probe())
    assert raised.value.scopes == ("BOOKING_READ",)


def test_a_wrong_key_is_not_tried_again() -> None:
    """401 is raised after one request and says where keys are made; the key itself is not in it."""
    with calcom() as given:
        given.key = "cal_live_wrong"
        with pytest.raises(Unauthenticated, match="Settings, Developer, API keys") as raised:
            given.pages()
        assert len(given.server.requests) == 1
    assert given.key not in str(raised.value)


def test_a_missing_booking_and_a_wrong_address_differ() -> None:
    """A uid that is nowhere is NotFound; a base URL that is no API v2 says what it should be."""
    with calcom() as given:
        with pytest.raises(NotFound, match="uid=nowhere was not found"):
            given.asked(lambda client: client.booking("nowhere"))
        given.url += "/api"
        with pytest.raises(NotFound, match=r"it ends in /v2, as in https://api.cal.com/v2"):
            given.asked(lambda client: client.probe())


def test_a_refusal_that_repeats_the_token_is_blotted() -> None:
    """Cal.com says the access token back in one of its messages; the error does not."""
    client = CalcomClient("https://api.cal.com/v2", StaticToken("secret.jwt.text"))
    body = envelope("PermissionsGuard - no oAuth client found for access token=secret.jwt.text")
    assert "secret" not in str(client.error_of(403, "GET /me", body))


def test_too_many_requests_are_waited_out_or_raised() -> None:
    """A refused request is tried again when the block ends; with no attempts left it is RateLimited."""
    with calcom(3) as given:
        given.server.limit.spend(given.key, 10_000)
        assert len(given.pages()) == 1
        assert given.clock.now >= 60
        given.server.faults.fail_next(5, "429")
        with pytest.raises(RateLimited):
            given.asked(lambda client: client.me(), attempts=2)


@pytest.mark.parametrize("uid", ["../me", "a b", "ä/?x"])
def test_a_uid_cannot_change_the_path(uid: str) -> None:
    """Whatever stands in a uid, the request stays below /bookings/."""
    with calcom() as given, pytest.raises(NotFound):
        given.asked(lambda client: client.booking(uid))
    assert given.server.requests[0].path.startswith("/v2/bookings/")
