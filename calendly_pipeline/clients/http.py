"""What every vendor's client shares: authentication, retries by error class, a rate budget, a deadline, clear errors.

The error tree is in `failures.py`: `ApiError` -> `Rejected` (4xx) / `Unavailable` (5xx, 408, 429, network, answers that
are no JSON). Only `Unavailable` is tried again.
"""

import asyncio
import json
import ssl
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import quote_plus, urlencode

import httpx
import stamina

from calendly_pipeline.clients.answer import Answer
from calendly_pipeline.clients.pacing import REFUSED_PAUSE_SECONDS, Deadline, RateBudget, Window, read_window
from calendly_pipeline.failures import (
    AlreadyExists,
    ApiError,
    NotFound,
    PermissionDenied,
    RateLimited,
    Rejected,
    Unauthenticated,
    Unavailable,
    Unreachable,
)

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
LONGEST_WORDS = 300
POOL_SIZE = 4
"""Connections per pool. httpx looks at every connection of a pool at every request: one pool of 64 gave 98 requests a
second where pools of 4 gave 530 (measured).
"""


@dataclass
class Traffic:
    """What a client did."""

    requests: int = 0
    refused: int = 0
    repeated: int = 0


@dataclass(frozen=True)
class Retry:
    """How often and how long an unavailable vendor is tried again; waits double, with jitter."""

    attempts: int = 10
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30.0


class TokenSource(Protocol):
    """Where the token comes from."""

    async def token(self) -> str:
        """The token to use now."""
        ...

    async def renew(self, refused: str) -> bool:
        """Called when a token was refused; True when another one can be had."""
        ...


@dataclass(frozen=True)
class StaticToken:
    """A personal access token or API key."""

    value: str = field(repr=False)

    async def token(self) -> str:
        """The token."""
        return self.value

    async def renew(self, refused: str) -> bool:
        """A fixed token cannot be renewed."""
        return False


class VendorClient:
    """Sends requests to one vendor with one token; use as `async with`."""

    vendor = "vendor"
    remedy_401 = "Make a new token."
    limit_headers = "x-ratelimit"
    """What the names of the headers that tell the limit begin with."""

    def __init__(
        self,
        base_url: str,
        tokens: TokenSource,
        *,
        limit_share: float = 0.8,
        concurrency: int = 24,
        deadline: Deadline | None = None,
        retry: Retry | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.tokens = tokens
        self.traffic = Traffic()
        self.deadline = deadline or Deadline()
        self.budget = RateBudget(limit_share, self.deadline.clock, self.deadline, self.limit_headers)
        self.retry = retry or Retry()
        self.concurrency = concurrency
        self._free: asyncio.LifoQueue[httpx.AsyncClient] = asyncio.LifoQueue()
        self._http = [_connections(min(concurrency, POOL_SIZE)) for _ in range(-(-concurrency // POOL_SIZE))]
        for slot in range(concurrency):
            self._free.put_nowait(self._http[slot // POOL_SIZE])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for http in self._http:
            await http.aclose()

    @property
    def waited_seconds(self) -> float:
        """How long requests waited for the vendor's limit."""
        return self.budget.waited_seconds

    async def get(
        self, path: str, params: Mapping[str, Any] | None = None, *, kind: str, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """GET a path below the base URL; raises ApiError."""
        return await self.send("GET", path, params=params, kind=kind, headers=headers)

    async def send(
        self,
        method: str,
        path: str,
        *,
        kind: str,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
        may_be_empty: bool = False,
        named: str | None = None,
    ) -> Answer:
        """Send one request, again while the vendor is unavailable. Raises ApiError.

        `repeatable` False: again only while it cannot have arrived. `may_be_empty`: no content means done, whatever the
        status of success. `named` is what errors and landing call the
        request where its path does not tell what was asked.
        """
        query = urlencode(params or {})
        request = f"{method} {named or path}" + (f"?{query}" if query else "")
        context = stamina.retry_context(
            on=_wait_before_another if repeatable else _wait_if_not_arrived,
            attempts=self.retry.attempts,
            timeout=None,
            wait_initial=self.retry.first_wait_seconds,
            wait_max=self.retry.longest_wait_seconds,
            wait_jitter=self.retry.first_wait_seconds,
        )
        async for attempt in context:
            with attempt:
                if attempt.num > 1:
                    self.traffic.repeated += 1
                return await self._once(method, path, query, request, body, headers, kind, may_be_empty)
        raise AssertionError("stamina always yields an attempt")

    def authorization(self, token: str) -> str:
        """The value of the Authorization header."""
        return f"Bearer {token}"

    def credentials(self, token: str) -> dict[str, str]:
        """The headers that say who asks; vendors with a scheme of their own override it."""
        return {"Authorization": self.authorization(token)}

    def budget_for(self, method: str, path: str) -> RateBudget:
        """The budget that a request counts against; vendors with several limits refine it."""
        return self.budget

    def told(self, response: httpx.Response) -> Mapping[str, str]:
        """What an answer tells the rate budget: its headers; a vendor that names a pause in the body adds it here."""
        return response.headers

    def error_of(self, status: int, request: str, body: Any) -> ApiError:
        """The error an answer means; vendors refine it. `body` is the parsed answer, None when it is no JSON."""
        words = words_of(body)
        if status == 401:
            return Unauthenticated(self.vendor, request, words or "the token was refused", self.remedy_401, 401)
        if status == 403:
            return PermissionDenied(self.vendor, request, words or "permission denied", "", 403)
        if status == 404:
            return NotFound(self.vendor, request, words or "not found", "", 404)
        if status == 409:
            return AlreadyExists(self.vendor, request, words or "it exists already", "", 409)
        if status >= 500 or status in (408, 425):
            return Unavailable(self.vendor, request, f"HTTP {status} {words}".rstrip(), "Try again later.", status)
        return Rejected(self.vendor, request, f"HTTP {status} {words}".rstrip(), "", status)

    async def _once(
        self,
        method: str,
        path: str,
        query: str,
        request: str,
        body: Any,
        headers: Mapping[str, str] | None,
        kind: str,
        may_be_empty: bool,
    ) -> Answer:
        token = await self.tokens.token()
        response = await self._answer(method, path, query, request, body, headers, token)
        if response.status_code == 401 and await self.tokens.renew(token):
            token = await self.tokens.token()
            response = await self._answer(method, path, query, request, body, headers, token)
        data = parsed(response.content)
        is_empty = response.status_code == 204 or (may_be_empty and not response.content.strip())
        if response.is_success and (data is not None or is_empty):
            received_at = datetime.fromtimestamp(self.deadline.clock.unix(), UTC)
            return Answer(kind, request.partition(" ")[2], received_at, response.content, data)
        if response.status_code == 429:
            self.traffic.refused += 1
            raise RateLimited(self.vendor, request, self._window_of(response) is not None)
        if data is None and (response.is_success or response.status_code == 403):
            said = response.headers.get("content-type", "no content type")
            raise Unavailable(self.vendor, request, f"HTTP {response.status_code} answered {said} that is no JSON")
        raise self.error_of(response.status_code, request, parsed(response.content, token))

    async def _answer(
        self,
        method: str,
        path: str,
        query: str,
        request: str,
        body: Any,
        headers: Mapping[str, str] | None,
        token: str,
    ) -> httpx.Response:
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            said = "the token holds characters that no token has; nothing was sent"
            raise Unauthenticated(self.vendor, request, said, self.remedy_401)
        url = f"{self.base_url}{path}" + (f"?{query}" if query else "")
        sent = {**(headers or {}), **self.credentials(token)}
        budget = self.budget_for(method, path)
        http = await self._free.get()
        try:
            sent_at = await budget.acquire(self.vendor, request)
            try:
                self.deadline.require(0, self.vendor, request)
                self.traffic.requests += 1
                response = await http.request(method, url, json=body, headers=sent)
            except BaseException:
                budget.settle(None)
                raise
            told = None if response.is_server_error and not self._window_of(response) else self.told(response)
            budget.settle(told, refused=response.status_code == 429, sent_at=sent_at)
            return response
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            said = f"no connection came about ({type(error).__name__})"
            raise Unreachable(self.vendor, request, said, "Check the network.") from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            said = f"no whole answer came ({type(error).__name__})"
            raise Unavailable(self.vendor, request, said, "Check the network.") from error
        finally:
            self._free.put_nowait(http)

    def _window_of(self, response: httpx.Response) -> Window | None:
        return read_window(self.told(response), self.deadline.clock, self.limit_headers)


def _connections(count: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        verify=_trusted(),
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=count, max_keepalive_connections=count),
        headers={"Accept": "application/json", "User-Agent": "calendly-pipeline"},
    )


@cache
def _trusted() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def words_of(body: Any) -> str:
    """What a vendor's error body says, cut short and on one line."""
    if not isinstance(body, dict):
        return ""
    error = body.get("error")
    if isinstance(error, dict):
        body = {**error, **{key: value for key, value in body.items() if key != "error"}}
    named = [body.get(key) for key in ("title", "code", "message", "error_description")]
    if isinstance(error, str):
        named.append(error)
    listed = body.get("details")
    details = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    named += [" ".join(str(item.get(key, "")) for key in ("parameter", "message")).strip() for item in details]
    said = ": ".join(dict.fromkeys(str(part) for part in named if isinstance(part, str) and part))
    return " ".join("".join(c if c.isprintable() else " " for c in said).split())[:LONGEST_WORDS]


def _wait_before_another(error: Exception) -> bool | float:
    if isinstance(error, RateLimited) and error.is_window_known:
        return REFUSED_PAUSE_SECONDS  # then it queues again, and the budget knows how long
    return isinstance(error, Unavailable)


def _wait_if_not_arrived(error: Exception) -> bool | float:
    return _wait_before_another(error) if isinstance(error, Unavailable) and not error.may_have_arrived else False


def parsed(content: bytes, *secrets: str) -> Any:
    """An answer's JSON, None when it is none; secrets that a vendor says back are blotted out."""
    try:
        return _blotted(json.loads(content), _spellings(secrets))
    except (ValueError, RecursionError):
        return None


def _spellings(secrets: Iterable[str]) -> list[str]:
    """A secret as it is, in a URL, and in a header of Basic authentication."""
    plain = [secret for secret in secrets if secret]
    packed = [b64encode(text.encode()).decode().rstrip("=") for secret in plain for text in (secret, f":{secret}")]
    return [*plain, *map(quote_plus, plain), *packed]


def _blotted(value: Any, spellings: Sequence[str]) -> Any:
    """Texts without them; after parsing, because JSON may spell any letter as `\\u0061`."""
    if not spellings:
        return value
    if isinstance(value, str):
        for spelling in spellings:
            value = value.replace(spelling, "***")
        return value
    if isinstance(value, list):
        return [_blotted(item, spellings) for item in value]
    if isinstance(value, dict):
        return {_blotted(key, spellings): _blotted(item, spellings) for key, item in value.items()}
    return value
