"""OAuth of Calendly: consent with PKCE, pairs of tokens that replace each other, and secrets that stay secret."""

import asyncio
import logging
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from calendly_pipeline.clients.calendly import CalendlyClient
from calendly_pipeline.clients.calendly_oauth import (
    SCOPES,
    OAuthApp,
    begin_consent,
    code_of,
    finish_consent,
    has_consent,
)
from calendly_pipeline.failures import InputError, Unauthenticated
from calendly_pipeline.state import State, oauth_tokens
from calendly_pipeline_tests.clients.calendly_given import BEGIN, END, uris
from calendly_pipeline_tests.clients.oauth_given import BACK, Consented, app_with_consent, app_without_consent, run
from calendly_pipeline_tests.fakes.calendly.tokens import challenge_of

APP = OAuthApp("https://auth.calendly.com", "app", "hush-canary", BACK)


def secrets_of(consented: Consented) -> list[str]:
    """What must stand in no error, no log and no repr."""
    row = consented.row
    return [row["access_token"], row["refresh_token"], "hush-canary"]


def test_the_url_of_a_consent() -> None:
    """It names the app, the way back, the scopes, a state and the S256 challenge; each consent has its own."""
    consent, other = begin_consent(APP), begin_consent(APP)
    url = urlsplit(consent.url)
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://auth.calendly.com/oauth/authorize"
    assert parse_qs(url.query, strict_parsing=True) == {
        "client_id": ["app"],
        "redirect_uri": [BACK],
        "response_type": ["code"],
        "scope": [" ".join(SCOPES)],
        "state": [consent.state],
        "code_challenge": [challenge_of(consent.code_verifier)],
        "code_challenge_method": ["S256"],
    }
    assert 43 <= len(consent.code_verifier) <= 128  # RFC 7636
    assert consent.code_verifier != other.code_verifier
    assert consent.state != other.state
    assert consent.code_verifier not in repr(consent)
    assert "hush-canary" not in consent.url + repr(APP)


def test_the_code_in_the_address() -> None:
    """The code is read from the whole address of the last page, pasted with blanks around it."""
    consent = begin_consent(APP)
    assert code_of(f"  {BACK}?code=a%2Bb&state={consent.state}\n", consent) == "a+b"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"{BACK}?code=abc&state=foreign", "not the answer to this consent"),
        (f"{BACK}?code=abc", "not the answer to this consent"),
        (f"{BACK}?state=STATE", "not the answer to this consent"),
        (f"{BACK}?code=&state=STATE", "not the answer to this consent"),
        (f"{BACK}?code=abc&state=STATE&state=foreign", "not the answer to this consent"),
        ("", "not the answer to this consent"),
        (f"{BACK}?error=access_denied&state=STATE", "refused the consent: access_denied. Begin again"),
    ],
    ids=["foreign-state", "no-state", "no-code", "blank-code", "two-states", "nothing", "refused"],
)
def test_an_address_that_is_no_answer(address: str, said: str) -> None:
    """An address of another consent, without a code or with an error is an InputError that says what to do."""
    consent = begin_consent(APP)
    with pytest.raises(InputError, match=said):
        code_of(address.replace("STATE", consent.state), consent)


@pytest.mark.parametrize("secret", ["hush-canary", None], ids=["web", "native"])
def test_consent_is_saved_per_account(tmp_path: Path, secret: str | None) -> None:
    """The code becomes a pair in the store that Calendly takes; another account has none, a new consent replaces it."""
    with app_without_consent(tmp_path, secret) as consented:
        assert not has_consent(consented.state, "default")
        consent = begin_consent(consented.app)
        code = code_of(consented.agree(consent), consent)
        run(finish_consent(consented.app, consent, code, consented.state, "default"))
        assert has_consent(consented.state, "default")
        assert not has_consent(consented.state, "other")
        first = consented.row
        assert run(consented.tokens().token()) == first["access_token"]
        assert consented.is_alive(first["access_token"])
        assert first["scope"] == " ".join(SCOPES)
        assert timedelta(minutes=115) < first["expires_at"] - datetime.now(UTC) <= timedelta(hours=2)
        consented.consent()
        assert consented.row["refresh_token"] != first["refresh_token"]


@pytest.mark.parametrize("wrong", ["code", "verifier", "secret", "redirect"])
def test_a_refused_consent_saves_nothing(tmp_path: Path, wrong: str) -> None:
    """A code, verifier, secret or way back that does not fit is Unauthenticated, and quotes none of them."""
    with app_without_consent(tmp_path) as consented:
        consent, app = begin_consent(consented.app), consented.app
        code = code_of(consented.agree(consent), consent)
        if wrong == "code":
            code = "other-canary-code"
        elif wrong == "verifier":
            consent = replace(consent, code_verifier="canary" * 10)
        elif wrong == "secret":
            app = replace(app, client_secret="other-canary")  # noqa: S106
        else:
            app = replace(app, redirect_uri="http://localhost/other")
        with pytest.raises(Unauthenticated, match="Give consent again: calendly-pipeline login") as raised:
            run(finish_consent(app, consent, code, consented.state, "default"))
        said = "".join(traceback.format_exception(raised.value))
        assert "POST /oauth/token (authorization_code): " in said
        assert code not in said
        assert "canary" not in said
        assert not has_consent(consented.state, "default")


def test_an_account_without_consent(tmp_path: Path) -> None:
    """Whoever has given no consent hears which account and what to do."""
    said = r"account second has no token yet\. Give consent again"
    with app_without_consent(tmp_path) as consented, pytest.raises(Unauthenticated, match=said):
        run(consented.tokens("second").token())


@pytest.mark.parametrize(("seconds", "is_new"), [(600, False), (60, True), (-3600, True)])
def test_a_token_is_refreshed_before_it_ends(tmp_path: Path, seconds: float, is_new: bool) -> None:
    """Two minutes before its end a token is replaced: the new pair is in the store, and the old token is dead."""
    with app_with_consent(tmp_path) as consented:
        before = consented.row
        consented.expire(seconds)
        tokens = consented.tokens()
        found = run(tokens.token())
        assert (found != before["access_token"]) is is_new
        assert (consented.row["access_token"], consented.row["refreshing_by"]) == (found, None)
        assert consented.is_alive(found)
        assert consented.is_alive(before["access_token"]) is not is_new
        assert run(tokens.token()) == found
        assert consented.token_requests == 1 + is_new


def test_a_token_that_ends_within_a_listing(tmp_path: Path) -> None:
    """A token revoked between two pages is renewed, and no page is lost or doubled."""
    with app_with_consent(tmp_path) as consented:
        booked = consented.given.book(150)
        listed = []

        def revoke(request: object) -> None:
            listed.append(request)
            if len(listed) == 4:  # the second page of events
                consented.given.server.tokens.grants.pop(consented.row["access_token"])

        consented.given.server.on_request(revoke)

        async def read(client: CalendlyClient) -> list[str]:
            return uris([page async for page in client.events(await client.identity(), BEGIN, END)])

        assert consented.given.use(read, tokens=consented.tokens()) == booked
        assert [request.status for request in consented.given.server.requests if request.path != "/oauth/token"][
            -5:
        ] == [200, 200, 200, 401, 200]


def test_many_at_once_refresh_once(tmp_path: Path) -> None:
    """Thirty requests of two clients of the same store that find the token expired cause one refresh."""
    with app_with_consent(tmp_path) as consented:
        consented.expire()
        one, two = consented.tokens(), consented.tokens()

        async def ask() -> set[str]:
            return set(await asyncio.gather(*(source.token() for source in (one, two) for _ in range(15))))

        assert run(ask()) == {consented.row["access_token"]}
        assert consented.token_requests == 2


def test_refused_at_once_renewed_once(tmp_path: Path) -> None:
    """Ten requests whose token is refused together cause one refresh, also when another process was first."""
    with app_with_consent(tmp_path) as consented:
        one, two = consented.tokens(), consented.tokens()

        async def ask() -> list[str]:
            old = await one.token()
            assert await two.token() == old
            assert await asyncio.gather(*(source.renew(old) for source in (one, two) for _ in range(5))) == [True] * 10
            return [await one.token(), await two.token()]

        found = run(ask())
        assert found == [consented.row["access_token"]] * 2
        assert consented.is_alive(found[0])
        assert consented.token_requests == 2


def test_secrets_stay_out_of_logs_and_reprs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With all logs on, a consent, a refresh and a listing mention no token."""
    caplog.set_level(logging.DEBUG)
    with app_with_consent(tmp_path) as consented:
        hidden = secrets_of(consented)
        consented.expire()
        tokens = consented.tokens()
        run(tokens.token())
        consented.given.use(lambda client: client.identity(), tokens=tokens)
        hidden += secrets_of(consented)
        shown = caplog.text + repr(tokens) + repr(consented.app) + repr(consented.state)
        assert "oauth/token" in caplog.text
        assert [secret for secret in hidden if secret in shown] == []


def test_secrets_stay_out_of_a_store_that_fails(tmp_path: Path) -> None:
    """When the pair cannot be saved, the error of the store does not quote it."""
    with app_with_consent(tmp_path) as consented:
        consented.expire()
        hidden = secrets_of(consented)
        with consented.state.transaction() as connection:
            connection.execute(sa.text("create trigger no before update of access_token on oauth_tokens "
                                       "begin select raise(abort, 'the disk is full'); end"))  # fmt: skip
        with pytest.raises(IntegrityError, match="the disk is full") as raised:
            run(consented.tokens().token())
        said = "".join(traceback.format_exception(raised.value))
        living = list(consented.given.server.tokens.grants) + list(consented.given.server.tokens._refreshes)
        assert [secret for secret in [*hidden, *living] if secret in said] == []


def test_the_file_is_the_owners(tmp_path: Path) -> None:
    """The store that holds the tokens can be read by its owner only."""
    state = State(f"sqlite:///{tmp_path / 'own' / 'state.db'}")
    state.upgrade()
    assert state.rows(oauth_tokens) == []
    state.close()
    assert (tmp_path / "own" / "state.db").stat().st_mode & 0o077 == 0
