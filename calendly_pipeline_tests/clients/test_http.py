"""What each kind of answer means, how often it is asked for, and what an error says."""

import asyncio
import traceback
from typing import Any

import pytest

from calendly_pipeline.clients import http
from calendly_pipeline.clients.calendly import CalendlyClient
from calendly_pipeline.clients.http import StaticToken
from calendly_pipeline.failures import (
    AlreadyExists,
    ApiError,
    NotFound,
    PermissionDenied,
    PlanTooLow,
    RateLimited,
    Rejected,
    ScopeMissing,
    Unauthenticated,
    Unavailable,
    Unreachable,
)
from calendly_pipeline_tests.clients.odd_server import QUICK, TOKEN, Reply, odd

HTML = b"<html><title>502 Bad Gateway</title><body>cloudflare</body></html>"
TRUNCATED = b'{"collection": [{"uri": "https://api'


def said(title: str, message: str, **more: Any) -> dict[str, Any]:
    """An error body as Calendly writes it."""
    return {"title": title, "message": message, **more}


ONCE = {
    "invalid": (400, said("Invalid Argument", "m", details=[{"parameter": "count", "message": "too big"}]), Rejected,
                "HTTP 400 Invalid Argument: m: count too big"),
    "token": (401, said("Unauthenticated", "The access token is invalid"), Unauthenticated,
              "Unauthenticated: The access token is invalid. Make a new token in Calendly"),
    "token-html": (401, HTML, Unauthenticated, "the token was refused"),
    "permission": (403, said("Permission Denied", "You do not have permission"), PermissionDenied,
                   "Permission Denied: You do not have permission"),
    "scope": (403, said("Insufficient scope", "No.", required_scopes=["a:read", "b:read"]), ScopeMissing,
              "Insufficient scope: No. Make a new token with: a:read, b:read."),
    "plan": (403, said("Permission Denied", "Please upgrade your Calendly account to Standard"), PlanTooLow,
             "upgrade your Calendly account to Standard. The plan of this Calendly account does not include it."),
    "paid-plan": (403, said("Permission Denied", "Please upgrade to a paid Calendly account."), PlanTooLow,
                  "Please upgrade to a paid Calendly account."),
    "missing": (404, said("Resource Not Found", "Not here."), NotFound, "Resource Not Found: Not here"),
    "missing-html": (404, HTML, NotFound, "not found"),
    "exists": (409, said("Already Exists", "Hook with this url already exists"), AlreadyExists, "Already Exists: Hook"),
    "calendar": (424, said("External Calendar Error", "m"), Rejected, "HTTP 424 External Calendar Error: m"),
    "redirect": (301, b"", Rejected, "HTTP 301."),
    "oauth": (400, {"error": "invalid_grant", "error_description": "Gone."}, Rejected, "Gone.: invalid_grant"),
}  # fmt: skip
AGAIN = {
    "refused": (429, {}, RateLimited, "too many requests. Try again in a minute."),
    "refused-html": (429, HTML, RateLimited, "too many requests"),
    "broken": (500, said("Internal Server Error", "Oh."), Unavailable, "HTTP 500 Internal Server Error: Oh"),
    "gateway": (502, HTML, Unavailable, "HTTP 502."),
    "timeout": (408, b"", Unavailable, "HTTP 408."),
    "early": (425, b"", Unavailable, "HTTP 425."),
    "challenge": (403, HTML, Unavailable, "HTTP 403 answered text/html that is no JSON"),
    "html": (200, HTML, Unavailable, "HTTP 200 answered text/html that is no JSON"),
    "empty": (200, b"", Unavailable, "HTTP 200 answered text/html that is no JSON"),
    "truncated": (200, TRUNCATED, Unavailable, "that is no JSON"),
    "deep": (200, b"[" * 100_000, Unavailable, "that is no JSON"),
    "half-letters": (200, b'{"a": "\xff\xfe"}', Unavailable, "that is no JSON"),
}  # fmt: skip


@pytest.mark.parametrize("name", [*ONCE, *AGAIN])
def test_each_answer_is_its_error(name: str) -> None:
    """The status makes the error's kind, Calendly's words are in it, and only what can pass later is asked again."""
    status, body, kind, words = {**ONCE, **AGAIN}[name]
    with odd(Reply(status, body, "text/html" if isinstance(body, bytes) else "application/json")) as server:
        with pytest.raises(ApiError) as raised:
            server.get("/things?a=1")
        times = len(server.server.asked)
    assert type(raised.value) is kind
    assert words in str(raised.value)
    assert str(raised.value).startswith("Calendly GET /things?a=1: ")
    assert raised.value.status in (status, None)
    assert times == (1 if name in ONCE else QUICK.attempts)
    assert raised.value.retry_helps is (name in AGAIN)
    assert TOKEN not in "".join(traceback.format_exception(raised.value))


def test_scopes_are_named() -> None:
    """The error of a token without scopes carries their names."""
    body = said("Insufficient scope", "No.", required_scopes=["groups:read"])
    with odd(Reply(403, body)) as server, pytest.raises(ScopeMissing) as raised:
        server.get()
    assert raised.value.scopes == ("groups:read",)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    """The token goes to no other address, whatever a redirect says."""
    with odd(Reply(200, {})) as elsewhere, odd(Reply(status, b"", headers={"location": elsewhere.url})) as server:
        with pytest.raises(Rejected, match=f"HTTP {status}"):
            server.get()
        assert len(server.server.asked) == 1
        assert elsewhere.server.asked == []


def test_a_token_that_is_said_back_is_blotted() -> None:
    """A vendor that repeats the token in its refusal does not bring it into our errors."""
    for status in (400, 401, 403, 404, 500):
        body = said("No", f"token {TOKEN} is bad")
        with odd(Reply(status, body)) as server, pytest.raises(ApiError, match=r"token \*\*\* is bad") as raised:
            server.get()
        assert TOKEN not in "".join(traceback.format_exception(raised.value)) + repr(raised.value)


@pytest.mark.parametrize(
    "token",
    ["", "two words", "two\nlines", "curly\u2019quote", "\ufeffmark", "bell\x07"],
    ids=["blank", "words", "lines", "quote", "mark", "bell"],
)
def test_a_token_that_can_be_none_is_not_sent(token: str) -> None:
    """A token with characters that no header takes is Unauthenticated at once, and is not quoted."""
    with odd(Reply(200, {})) as server:
        with pytest.raises(Unauthenticated, match="characters that no token has") as raised:
            server.get(tokens=StaticToken(token))
        assert server.server.asked == []
    said = "".join(traceback.format_exception(raised.value))
    assert not token or token not in said
    assert raised.value.__cause__ is None


def test_words_are_one_short_line() -> None:
    """Control characters, line breaks and floods of words do not get into an error."""
    body = said("Ti\ttle\x00", "a\r\nb\x1b[31m\u202e" + "x" * 1000, details="none", code=7)
    with odd(Reply(400, body)) as server, pytest.raises(Rejected) as raised:
        server.get()
    words = str(raised.value)
    assert words.startswith("Calendly GET /things: HTTP 400 Ti tle : a b [31m ")
    assert words.isprintable()
    assert len(words) < 350


@pytest.mark.parametrize(
    "body",
    [{"details": 5}, {"details": {"a": 1}}, {"details": ["x", 1]}, {"error": 5}, {"error": {"details": 3}}, [], "x", 1],
    ids=str,
)
def test_error_bodies_of_any_shape(body: Any) -> None:
    """Whatever JSON an error body is, the error is the status's."""
    with odd(Reply(404, body)) as server, pytest.raises(NotFound):
        server.get()


def test_a_slow_answer_is_given_up_and_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that does not come in time is Unavailable; the next attempt may pass."""
    monkeypatch.setattr(http, "READ_SECONDS", 0.15)
    with odd(Reply(200, {}, seconds=0.3), Reply(200, {"a": 1})) as server:
        assert server.get() == {"a": 1}
        assert len(server.server.asked) == 2
        server.server.replies = [Reply(200, {}, seconds=0.2)]
        with pytest.raises(Unavailable, match=r"no whole answer came \(ReadTimeout\). Check the network"):
            server.get(retry=http.Retry(1))


def test_nobody_there() -> None:
    """A port where nobody listens is Unreachable after all attempts: nothing can have arrived."""
    with odd(Reply()) as server:
        pass
    with pytest.raises(Unreachable, match=r"no connection came about \(ConnectError\)") as raised:
        server.get()
    assert TOKEN not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    ("reply", "times"), [(Reply(500), 1), (Reply(200, HTML), 1), (Reply(429), 4)], ids=["500", "html", "429"]
)
def test_what_must_not_happen_twice_is_sent_once(reply: Reply, times: int) -> None:
    """A request that is not repeatable is sent again only when it was refused for its number, so did not arrive."""

    async def post(client: CalendlyClient) -> None:
        await client.send("POST", "/links", body={"a": 1}, kind="link", repeatable=False)

    with odd(reply) as server:
        with pytest.raises(Unavailable):
            server.use(post)
        assert [(asked.method, asked.body) for asked in server.server.asked] == [("POST", b'{"a":1}')] * times


def test_a_timely_end() -> None:
    """Attempts end a request that never passes, however many wait; the traffic says what happened."""

    async def ask(client: CalendlyClient) -> tuple[int, int, int]:
        asked = (client.get(f"/things/{number}", kind="things") for number in range(6))
        errors = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(error) for error in errors} == {RateLimited}
        return client.traffic.requests, client.traffic.repeated, client.traffic.refused

    with odd(Reply(429, {})) as server:
        assert server.use(ask) == (24, 18, 24)
        assert len(server.server.asked) == 24
