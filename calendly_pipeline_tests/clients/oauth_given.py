"""A firm that has given consent to its OAuth app at a fake Calendly, and the state store with its tokens."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx

from calendly_pipeline.clients.calendly_oauth import Consent, OAuthApp, OAuthTokens, begin_consent, finish_consent
from calendly_pipeline.state import State, in_utc, oauth_tokens
from calendly_pipeline_tests.clients.calendly_given import Given, calendly
from calendly_pipeline_tests.fakes.limits import Limit

Result = TypeVar("Result")
BACK = "http://localhost:8000/oauth/calendly"


@dataclass
class Consented:
    """The fake, the app, and the store."""

    given: Given
    app: OAuthApp
    state: State

    @property
    def row(self) -> dict[str, Any]:
        """The pair in the store."""
        (row,) = self.state.rows(oauth_tokens)
        return {**row, "expires_at": in_utc(row["expires_at"])}

    @property
    def token_requests(self) -> int:
        """How often the fake was asked for tokens."""
        return sum(request.path == "/oauth/token" for request in self.given.server.requests)

    def tokens(self, account: str = "default") -> OAuthTokens:
        """A token source of its own, as another process has one."""
        return OAuthTokens(self.app, self.state, account)

    def change(self, **values: Any) -> None:
        """Change the pair in the store behind everybody's back."""
        with self.state.transaction() as connection:
            connection.execute(oauth_tokens.update().values(**values))

    def expire(self, seconds: float = -1.0) -> None:
        """Let the access token end so many seconds from now."""
        self.change(expires_at=datetime.now(UTC) + timedelta(seconds=seconds))

    def is_alive(self, access_token: str) -> bool:
        """Whether the fake still takes the access token."""
        headers = {"authorization": f"Bearer {access_token}"}
        return httpx.get(f"{self.given.url}/users/me", headers=headers).status_code == 200

    def agree(self, consent: Consent) -> str:
        """The address the browser is sent to once the owner agrees."""
        return httpx.get(consent.url).headers["location"]

    def consent(self, account: str = "default") -> None:
        """The whole way, from the URL to the pair in the store."""
        consent = begin_consent(self.app)
        code = dict(httpx.URL(self.agree(consent)).params)["code"]
        run(finish_consent(self.app, consent, code, self.state, account))


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Wait for it."""
    return asyncio.run(work)


@contextmanager
def app_without_consent(folder: Path, secret: str | None = "hush-canary") -> Iterator[Consented]:  # noqa: S107
    """The app is registered; nobody has agreed yet."""
    with calendly() as given:
        given.server.oauth_limit = Limit(1000)
        given.server.tokens.add_client("app", secret, [BACK])
        state = State(f"sqlite:///{folder / 'state.db'}")
        state.upgrade()
        try:
            yield Consented(given, OAuthApp(given.url, "app", secret, BACK), state)
        finally:
            state.close()


@contextmanager
def app_with_consent(folder: Path) -> Iterator[Consented]:
    """The owner has agreed."""
    with app_without_consent(folder) as consented:
        consented.consent()
        yield consented
