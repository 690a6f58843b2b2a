"""Calendly's OAuth: consent with PKCE, and refresh tokens that work once.

A refresh token is killed by its use, and the answer holds the only new one. So one process at a time may refresh: it
claims the row of the state store, asks, and saves the new pair before anybody uses it. Whoever finds the row claimed
waits for the new pair. A claim ends by itself after `CLAIM_SECONDS`, should its process die.
"""

import asyncio
import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import sqlalchemy as sa

from calendly_pipeline.clients.http import parsed, words_of
from calendly_pipeline.failures import ApiError, InputError, RateLimited, Unauthenticated, Unavailable
from calendly_pipeline.state import State, in_utc, oauth_tokens

SCOPES = (
    "users:read",
    "organizations:read",
    "event_types:read",
    "scheduled_events:read",
    "routing_forms:read",
    "webhooks:write",
    "scheduling_links:write",
)
EARLY = timedelta(minutes=2)
CLAIM_SECONDS = 60.0
ANSWER_SECONDS = 30.0
"""Well below `CLAIM_SECONDS`: while the claim holds, nobody else uses the refresh token."""
POLL_SECONDS = 0.1
SECRET_FIELDS = ("refresh_token", "code", "code_verifier")
CONSENT_AGAIN = "Give consent again: calendly-pipeline login."


@dataclass(frozen=True)
class OAuthApp:
    """The firm's OAuth app at Calendly."""

    auth_url: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    redirect_uri: str = "http://localhost:8000/oauth/calendly"


@dataclass(frozen=True)
class Consent:
    """A consent that was begun: send the person to `url`."""

    url: str
    state: str
    code_verifier: str = field(repr=False)


def begin_consent(app: OAuthApp) -> Consent:
    """The URL where the person consents, with PKCE (S256, recommended for all apps by Calendly's guide)."""
    verifier, state = secrets.token_urlsafe(64), secrets.token_urlsafe(24)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "client_id": app.client_id,
        "redirect_uri": app.redirect_uri,
        "response_type": "code",
        "scope": " ".join(SCOPES),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return Consent(f"{app.auth_url}/oauth/authorize?{urlencode(query)}", state, verifier)


def code_of(redirected_to: str, consent: Consent) -> str:
    """The code in the address the browser was sent to; raises InputError when it belongs to another consent."""
    query = parse_qs(urlsplit(redirected_to.strip()).query)
    if "error" in query:
        raise InputError(f"Calendly refused the consent: {query['error'][0]}.", "Begin again: calendly-pipeline login.")
    if query.get("state") != [consent.state] or not query.get("code"):
        raise InputError("This address is not the answer to this consent.", "Paste the whole address of the last page.")
    return query["code"][0]


async def finish_consent(app: OAuthApp, consent: Consent, code: str, state: State, account: str) -> None:
    """Exchange the code for the first pair of tokens and save it; raises ApiError."""
    grant = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": app.redirect_uri,
        "code_verifier": consent.code_verifier,
    }
    pair = await _ask(app, grant)
    with state.transaction() as connection:
        connection.execute(sa.delete(oauth_tokens).where(*_row(account)))
        connection.execute(sa.insert(oauth_tokens).values(platform="calendly", account=account, **pair))


def has_consent(state: State, account: str) -> bool:
    """Whether a pair of tokens was ever saved for the account."""
    with state.engine.connect() as connection:
        return connection.execute(sa.select(oauth_tokens.c.account).where(*_row(account))).first() is not None


@dataclass
class OAuthTokens:
    """The token source of one account; safe with several processes at once."""

    app: OAuthApp
    state: State
    account: str
    _pair: dict[str, Any] | None = field(default=None, repr=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def token(self) -> str:
        """The present access token, refreshed when it is about to expire. Raises Unauthenticated without consent."""
        async with self._turn:
            if self._pair is None:
                self._pair = self._read()
            if self._pair["expires_at"] - EARLY <= datetime.now(UTC):
                self._pair = await self._refreshed(self._pair["refresh_token"])
            return self._pair["access_token"]

    async def renew(self, refused: str) -> bool:
        """Get another token after one was refused, once per token."""
        async with self._turn:
            if self._pair and self._pair["access_token"] == refused:
                self._pair = await self._refreshed(self._pair["refresh_token"])
            return True

    def _read(self) -> dict[str, Any]:
        with self.state.engine.connect() as connection:
            row = connection.execute(sa.select(oauth_tokens).where(*_row(self.account))).mappings().first()
        if row is None:
            raise Unauthenticated("Calendly", "OAuth", f"account {self.account} has no token yet", CONSENT_AGAIN)
        return {**row, "expires_at": in_utc(row["expires_at"])}

    async def _refreshed(self, used: str) -> dict[str, Any]:
        claim = secrets.token_hex(8)
        while True:
            present = self._read()
            if present["refresh_token"] != used:
                return present  # another process was first
            if self._claim(claim, used):
                return await self._exchange(claim, used)
            await asyncio.sleep(POLL_SECONDS)

    def _claim(self, claim: str, used: str) -> bool:
        now = datetime.now(UTC)
        is_free = sa.or_(oauth_tokens.c.refreshing_by.is_(None), oauth_tokens.c.refreshing_until < now)
        statement = (
            sa.update(oauth_tokens)
            .where(*_row(self.account), oauth_tokens.c.refresh_token == used, is_free)
            .values(refreshing_by=claim, refreshing_until=now + timedelta(seconds=CLAIM_SECONDS))
        )
        with self.state.transaction() as connection:
            return connection.execute(statement).rowcount == 1

    async def _exchange(self, claim: str, used: str) -> dict[str, Any]:
        mine = (*_row(self.account), oauth_tokens.c.refreshing_by == claim)
        free = {"refreshing_by": None, "refreshing_until": None}
        try:
            pair = await _ask(self.app, {"grant_type": "refresh_token", "refresh_token": used})
        except ApiError:
            with self.state.transaction() as connection:
                connection.execute(sa.update(oauth_tokens).where(*mine).values(**free))
            present = self._read()
            if present["refresh_token"] != used:
                return present  # the claim had ended, and whoever came next was faster
            raise
        still_used = (*_row(self.account), oauth_tokens.c.refresh_token == used)
        with self.state.transaction() as connection:  # also when the claim has ended: no other pair is alive
            connection.execute(sa.update(oauth_tokens).where(*still_used).values(**pair, **free))
        return self._read()


def _row(account: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (oauth_tokens.c.platform == "calendly", oauth_tokens.c.account == account)


async def _ask(app: OAuthApp, grant: dict[str, str]) -> dict[str, Any]:
    secret = {"client_secret": app.client_secret} if app.client_secret else {}
    request = f"POST /oauth/token ({grant['grant_type']})"
    try:
        async with asyncio.timeout(ANSWER_SECONDS), httpx.AsyncClient(timeout=ANSWER_SECONDS) as http:
            url = f"{app.auth_url}/oauth/token"
            response = await http.post(url, data={**grant, **secret, "client_id": app.client_id})
    except (httpx.TransportError, httpx.DecodingError, TimeoutError) as error:
        raise Unavailable("Calendly", request, f"no answer came ({type(error).__name__})", "Try again.") from error
    status = response.status_code
    body = parsed(response.content)
    if status == 429:
        raise RateLimited("Calendly", request, is_window_known=False)
    if status >= 500 or status in (408, 425) or (body is None and (response.is_success or status == 403)):
        raise Unavailable("Calendly", request, f"HTTP {status}", "Try again.", status)
    if not response.is_success or not isinstance(body, dict) or not {"access_token", "refresh_token"} <= body.keys():
        said = parsed(response.content, *(grant[name] for name in SECRET_FIELDS if grant.get(name)), *secret.values())
        words = words_of(said) or f"HTTP {status}"
        raise Unauthenticated("Calendly", request, words, CONSENT_AGAIN, status)
    now = datetime.now(UTC)
    return {
        "access_token": body["access_token"],
        "refresh_token": body["refresh_token"],
        "expires_at": now + timedelta(seconds=float(body.get("expires_in") or 7200)),
        "scope": str(body.get("scope") or ""),
        "changed_at": now,
    }
