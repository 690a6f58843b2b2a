"""OAuth: codes with PKCE, access tokens that end, refresh tokens that work once."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from calendly_pipeline_tests.fakes.calendly.tokens import challenge_of
from calendly_pipeline_tests.fakes.conftest import Calendly

VERIFIER = "v" * 64
BACK = "http://localhost/callback"
APP = {"client_id": "app", "client_secret": "hush"}


class Clock:
    """Unix seconds that a test turns by hand."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(calendly: Calendly) -> Clock:
    calendly.server.tokens.clock = Clock()
    calendly.server.tokens.add_client("app", "hush", [BACK])
    calendly.server.oauth_limit.per_window = 100
    return calendly.server.tokens.clock


def _code(calendly: Calendly, scope: str = "users:read") -> str:
    return calendly.server.tokens.authorize("app", BACK, challenge_of(VERIFIER), scope, calendly.world.owner)


def _exchange(calendly: Calendly, **fields: str) -> httpx.Response:
    form = {**APP, "grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": VERIFIER, **fields}
    return calendly.client.post("/oauth/token", data=form)


def _refresh(calendly: Calendly, token: str, **fields: str) -> httpx.Response:
    return calendly.client.post(
        "/oauth/token", data={**APP, "grant_type": "refresh_token", "refresh_token": token, **fields}
    )


def _me(calendly: Calendly, token: str) -> int:
    return calendly.client.get("/users/me", headers={"authorization": f"Bearer {token}"}).status_code


def test_code_becomes_a_pair_once(calendly: Calendly, clock: Clock) -> None:
    """A code gives a pair of tokens with the agreed scopes, and works once."""
    code = _code(calendly)
    pair = _exchange(calendly, code=code).raise_for_status().json()
    assert (pair["token_type"], pair["expires_in"], pair["scope"]) == ("Bearer", 7200, "users:read")
    assert (pair["created_at"], pair["owner"]) == (int(clock.now), calendly.world.owner)
    assert _me(calendly, pair["access_token"]) == 200
    again = _exchange(calendly, code=code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    query = {"organization": calendly.world.organization["uri"]}
    headers = {"authorization": f"Bearer {pair['access_token']}"}
    assert calendly.client.get("/event_types", params=query, headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"code_verifier": "w" * 64}, "invalid_grant"),
        ({"redirect_uri": "http://localhost/other"}, "invalid_grant"),
        ({"code": "nothing"}, "invalid_grant"),
        ({"client_secret": "shout"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
    ids=["verifier", "redirect", "code", "secret", "grant"],
)
def test_bad_exchange_is_refused(calendly: Calendly, clock: Clock, fields: dict[str, str], error: str) -> None:
    """Each refusal has OAuth's own error and a description."""
    answer = _exchange(calendly, **{"code": _code(calendly), **fields})
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] == error
    assert answer.json()["error_description"]


def test_code_lives_ten_minutes(calendly: Calendly, clock: Clock) -> None:
    """A code is refused once ten minutes are over."""
    code = _code(calendly)
    clock.now += 600
    assert _exchange(calendly, code=code).json()["error"] == "invalid_grant"


def test_refresh_gives_a_new_pair_and_kills_the_old(calendly: Calendly, clock: Clock) -> None:
    """Each refresh token works once; the access token before it dies with it."""
    first = _exchange(calendly, code=_code(calendly)).json()
    second = _refresh(calendly, first["refresh_token"]).raise_for_status().json()
    assert _me(calendly, first["access_token"]) == 401
    assert _me(calendly, second["access_token"]) == 200
    assert _refresh(calendly, first["refresh_token"]).json()["error"] == "invalid_grant"
    assert _refresh(calendly, second["refresh_token"]).status_code == 200


def test_access_token_ends(calendly: Calendly, clock: Clock) -> None:
    """After `expires_in` seconds the access token is unknown; the refresh token is not."""
    calendly.server.tokens.expires_in = 30
    pair = _exchange(calendly, code=_code(calendly)).json()
    clock.now += 30
    assert _me(calendly, pair["access_token"]) == 401
    assert _refresh(calendly, pair["refresh_token"]).status_code == 200


def test_lost_answer_costs_the_refresh_token(calendly: Calendly, clock: Clock) -> None:
    """When the answer is lost on the way, the token is spent all the same."""
    pair = _exchange(calendly, code=_code(calendly)).json()
    calendly.server.faults.fail_next(1, "lost", "/oauth/token")
    with pytest.raises(httpx.RemoteProtocolError):
        _refresh(calendly, pair["refresh_token"])
    assert _refresh(calendly, pair["refresh_token"]).json()["error"] == "invalid_grant"


def test_revoke_and_introspect(calendly: Calendly, clock: Clock) -> None:
    """Introspection knows a living token; a revoked refresh token takes its access token along."""
    pair = _exchange(calendly, code=_code(calendly)).json()
    known = calendly.client.post("/oauth/introspect", data={**APP, "token": pair["access_token"]}).json()
    assert known == {"active": True, "scope": "users:read", "client_id": "app", "token_type": "Bearer"}
    assert calendly.client.post("/oauth/revoke", data={**APP, "token": pair["refresh_token"]}).status_code == 200
    gone = calendly.client.post("/oauth/introspect", data={**APP, "token": pair["access_token"]}).json()
    assert gone == {"active": False}
    assert _me(calendly, pair["access_token"]) == 401


def test_authorize_page_sends_a_code_back(calendly: Calendly, clock: Clock) -> None:
    """The consent page agrees at once and comes back with the code and the state."""
    asked = {"client_id": "app", "redirect_uri": BACK, "response_type": "code", "state": "s",
             "code_challenge": challenge_of(VERIFIER), "scope": "users:read"}  # fmt: skip
    answer = calendly.client.get("/oauth/authorize", params=asked)
    assert answer.status_code == 302
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    assert back["state"] == ["s"]
    assert _exchange(calendly, code=back["code"][0]).status_code == 200


def test_token_calls_have_their_own_limit(calendly: Calendly, clock: Clock) -> None:
    """Token calls are limited apart from the data calls (8 a minute)."""
    calendly.server.oauth_limit.per_window = 8
    answers = [_refresh(calendly, "x").status_code for _ in range(9)]
    assert answers == [400] * 8 + [429]
