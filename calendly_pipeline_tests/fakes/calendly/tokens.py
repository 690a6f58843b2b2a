"""Who may call: personal tokens, and OAuth with PKCE and refresh tokens that work once."""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

READ = frozenset(
    f"{family}:read"
    for family in ("users", "organizations", "event_types", "scheduled_events", "routing_forms", "groups", "webhooks")
)
EVERYTHING = None  # tokens made before 2026-03-03 keep full access (Calendly release notes)
CODE_SECONDS = 600


class OAuthError(Exception):
    """An OAuth refusal: `{"error": ..., "error_description": ...}`."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, "error_description": description}


@dataclass(frozen=True)
class Grant:
    """One access token."""

    text: str
    user: str
    scopes: frozenset[str] | None
    client_id: str | None = None
    expires_at: float | None = None

    def allows(self, scope: str) -> bool:
        """Whether the token has this scope; `:write` includes `:read`."""
        if self.scopes is None or scope in self.scopes:
            return True
        return scope.endswith(":read") and scope.replace(":read", ":write") in self.scopes


@dataclass(frozen=True)
class Client:
    """A registered OAuth app; a native app has no secret."""

    client_id: str
    client_secret: str | None
    redirect_uris: tuple[str, ...]


@dataclass
class _Code:
    client_id: str
    redirect_uri: str
    challenge: str | None
    scope: str
    user: str
    expires_at: float


@dataclass
class _Refresh:
    client_id: str
    user: str
    scope: str
    access: str
    used: bool = False


@dataclass
class Tokens:
    """Every token the fake knows; `clock` gives Unix seconds."""

    clock: Callable[[], float] = time.time
    expires_in: int = 7200
    grants: dict[str, Grant] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    _codes: dict[str, _Code] = field(default_factory=dict)
    _refreshes: dict[str, _Refresh] = field(default_factory=dict)

    def personal(self, user: str, scopes: Iterable[str] | None = READ, text: str = "") -> str:
        """A personal access token of a user; without scopes (`None`) it may do everything."""
        token = text or secrets.token_urlsafe(24)
        self.grants[token] = Grant(token, user, None if scopes is None else frozenset(scopes))
        return token

    def revoke(self, token: str) -> None:
        """The token stops working; a refresh token takes its access token along."""
        self.grants.pop(token, None)
        refresh = self._refreshes.pop(token, None)
        if refresh:
            self.grants.pop(refresh.access, None)

    def find(self, token: str) -> Grant | None:
        """The grant of a token that still works."""
        grant = self.grants.get(token)
        if grant and grant.expires_at is not None and self.clock() >= grant.expires_at:
            return None
        return grant

    def add_client(
        self, client_id: str, client_secret: str | None, redirect_uris: Iterable[str] = ("http://localhost/callback",)
    ) -> None:
        """Register an OAuth app."""
        self.clients[client_id] = Client(client_id, client_secret, tuple(redirect_uris))

    def authorize(self, client_id: str, redirect_uri: str, code_challenge: str | None, scope: str, user: str) -> str:
        """The user agrees: a code that lives ten minutes."""
        client = self.clients.get(client_id)
        if client is None or redirect_uri not in client.redirect_uris:
            raise OAuthError("invalid_client", "Unknown client or redirect URI.", 401)
        code = secrets.token_urlsafe(16)
        self._codes[code] = _Code(client_id, redirect_uri, code_challenge, scope, user, self.clock() + CODE_SECONDS)
        return code

    def token(self, form: dict[str, str], organization: str) -> dict[str, Any]:
        """POST /oauth/token."""
        self._client(form)
        grant_type = form.get("grant_type")
        if grant_type == "authorization_code":
            code = self._code(form)
            return self._pair(code.client_id, code.user, code.scope, organization)
        if grant_type == "refresh_token":
            refresh = self._refreshes.get(form.get("refresh_token", ""))
            if refresh is None or refresh.used or refresh.client_id != form["client_id"]:
                raise OAuthError("invalid_grant", "The provided authorization grant is invalid, expired or revoked.")
            refresh.used = True
            self.grants.pop(refresh.access, None)
            return self._pair(refresh.client_id, refresh.user, refresh.scope, organization)
        raise OAuthError("unsupported_grant_type", "The authorization grant type is not supported.")

    def introspect(self, form: dict[str, str]) -> dict[str, Any]:
        """POST /oauth/introspect."""
        self._client(form)
        grant = self.find(form.get("token", ""))
        refresh = self._refreshes.get(form.get("token", ""))
        if grant and grant.client_id == form["client_id"]:
            scope = " ".join(sorted(grant.scopes or ()))
            kind = "Bearer"
        elif refresh and not refresh.used and refresh.client_id == form["client_id"]:
            scope, kind = refresh.scope, "refresh_token"
        else:
            return {"active": False}
        return {"active": True, "scope": scope, "client_id": form["client_id"], "token_type": kind}

    def revoke_by_client(self, form: dict[str, str]) -> None:
        """POST /oauth/revoke."""
        self._client(form)
        self.revoke(form.get("token", ""))

    def _client(self, form: dict[str, str]) -> None:
        client = self.clients.get(form.get("client_id", ""))
        if client is None or (client.client_secret or "") != form.get("client_secret", ""):
            raise OAuthError("invalid_client", "Client authentication failed.", 401)

    def _code(self, form: dict[str, str]) -> _Code:
        code = self._codes.pop(form.get("code", ""), None)
        refusal = OAuthError("invalid_grant", "The provided authorization grant is invalid, expired or revoked.")
        if code is None or self.clock() >= code.expires_at or code.client_id != form["client_id"]:
            raise refusal
        if code.redirect_uri != form.get("redirect_uri"):
            raise OAuthError("invalid_grant", "The redirect URI does not match the authorization request.")
        if code.challenge is not None and challenge_of(form.get("code_verifier", "")) != code.challenge:
            raise refusal
        return code

    def _pair(self, client_id: str, user: str, scope: str, organization: str) -> dict[str, Any]:
        now = self.clock()
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.grants[access] = Grant(access, user, frozenset(scope.split()), client_id, now + self.expires_in)
        self._refreshes[refresh] = _Refresh(client_id, user, scope, access)
        return {
            "token_type": "Bearer",
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": self.expires_in,
            "created_at": int(now),
            "scope": scope,
            "owner": user,
            "organization": organization,
        }


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
