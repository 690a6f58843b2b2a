"""Salesforce's REST API over `simple-salesforce`, as far as links need it: describe, users, rows, collections.

The library is synchronous, so every request runs in a thread, one after the other. Rows are written through sObject
Collections: up to 200 a request, each with its own result, keyed by an external id or by the record's own id, so that
every request may be repeated. Requests count against the whole organization's day (`usage`).
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote_plus

import requests
import stamina
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceError
from simple_salesforce.format import format_soql

from calendly_pipeline.clients.http import LONGEST_WORDS, Retry, Traffic
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline.clients.salesforce_answers import (
    REMEDY_401,
    VENDOR,
    Described,
    RecordResult,
    Usage,
    described,
    error_of,
    record_results,
)
from calendly_pipeline.clients.salesforce_login import Login
from calendly_pipeline.failures import (
    ApiError,
    DailyLimitReached,
    PagingStuck,
    RateLimited,
    Unauthenticated,
    Unavailable,
)

API_VERSION = "64.0"
BATCH_SIZE = 200
"""The most records of one collection request (REST API guide, sObject Collections)."""
VALUES_BYTES = 8_000
"""Of the values in a query: URI and headers together may have 16,384 bytes (help.salesforce.com 000386264)."""
QUOTES_BYTES = 9
"""Two quotes and a comma, encoded."""

Record = Mapping[str, Any]


@dataclass(frozen=True)
class User:
    """A Salesforce user."""

    user_id: str
    address: str
    """Lower case."""
    username: str
    is_active: bool


class _Busy(Exception):
    """Some records of a collection may pass at another attempt."""


class SalesforceClient:
    """One login; use as `async with`."""

    vendor = VENDOR
    batch_size = BATCH_SIZE

    def __init__(
        self,
        login: Login,
        *,
        version: str = API_VERSION,
        deadline: Deadline | None = None,
        retry: Retry | None = None,
        session: requests.Session | None = None,
    ) -> None:
        self.login = login
        self.version = version
        self.deadline = deadline or Deadline()
        self.retry = retry or Retry()
        self.traffic = Traffic()
        self.waited_seconds = 0.0  # Salesforce counts by the day and names no window to wait for
        self._session = session
        self._sf: Salesforce | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._sf is not None:
            self._sf.session.close()

    @property
    def usage(self) -> Usage | None:
        """What the last answer said of the organization's day; None: nothing yet."""
        said = self._sf.api_usage.get("api-usage") if self._sf is not None else None
        return Usage(said.used, said.total) if said else None

    async def describe(self, name: str) -> Described:
        """An object with its fields; raises NotFound when there is none, or none that the user may see."""
        return described(await self.send("GET", f"sobjects/{name}/describe"))

    async def users(self) -> list[User]:
        """The organization's own users, inactive ones too: neither guests and partners of its sites, nor robots."""
        query = "SELECT Id, Email, Username, IsActive FROM User WHERE UserType = {kind}"
        return [_user(row) for row in await self._query(format_soql(query, kind="Standard"), "query User")]

    async def rows(self, name: str, key: str, keys: Iterable[str], fields: Sequence[str]) -> list[dict[str, Any]]:
        """Rows of an object whose `key` field holds one of the keys, with their Id, the key and the fields."""
        columns = tuple(dict.fromkeys(("Id", key, *fields)))
        query = "SELECT {columns:literal} FROM {name:literal} WHERE {key:literal} IN {keys}"
        named = {"columns": ", ".join(columns), "name": name, "key": key}
        found: list[dict[str, Any]] = []
        for part in _parts(sorted(set(keys))):
            found += await self._query(format_soql(query, **named, keys=part), f"query {name}")
        return [{column: row.get(column) for column in columns} for row in found]

    async def upsert(self, name: str, external_id_field: str, records: Sequence[Record]) -> list[RecordResult]:
        """Make or change up to 200 rows by their external id; one result each, in their order. Raises ApiError."""
        path = f"composite/sobjects/{name}/{external_id_field}"
        return await self._collection(path, name, records, external_id_field)

    async def update(self, name: str, records: Sequence[Record]) -> list[RecordResult]:
        """Change up to 200 rows by their `Id`; one result each, in their order. Raises ApiError."""
        return await self._collection("composite/sobjects", name, records, None)

    async def limits(self) -> Usage:
        """The organization's requests of the last 24 hours."""
        said = await self.send("GET", "limits/")
        daily = said.get("DailyApiRequests") if isinstance(said, dict) else None
        if not isinstance(daily, dict):
            raise Unavailable(VENDOR, "GET limits/", "the answer names no limit", "Try again later.")
        return Usage(int(daily["Max"]) - int(daily["Remaining"]), int(daily["Max"]))

    async def send(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None, shown: str = ""
    ) -> Any:
        """One request below the API's version, again while Salesforce is unavailable; its JSON. Raises ApiError.

        `shown` is what errors call the request where its path does not tell what was asked.
        """
        request = f"{method} {shown or path}"
        async for attempt in self._attempts(_wait_before_another):
            with attempt:
                self.traffic.repeated += attempt.num > 1
                return await self._once(method, path, request, params, body)
        raise AssertionError("stamina always yields an attempt")

    async def _query(self, soql: str, shown: str) -> list[dict[str, Any]]:
        """Every page."""
        path, params = "query/", {"q": soql}
        found: list[dict[str, Any]] = []
        seen: set[str] = set()
        while True:
            page = await self.send("GET", path, params=params, shown=shown)
            if not isinstance(page, dict) or not isinstance(page.get("records"), list):
                raise Unavailable(VENDOR, f"GET {shown}", "the answer holds no records", "Try again later.")
            found += page["records"]
            if page.get("done", True):
                return found
            path, params = str(page.get("nextRecordsUrl")).partition(f"/v{self.version}/")[2], {}
            if not path or path in seen:
                raise PagingStuck(VENDOR, f"GET {shown}", "the pages do not advance", "Try again later.")
            seen.add(path)

    async def _collection(
        self, path: str, name: str, records: Sequence[Record], external_id_field: str | None
    ) -> list[RecordResult]:
        """All records once, then those again that may pass later."""
        if len(records) > BATCH_SIZE:
            raise ValueError(f"At most {BATCH_SIZE} records a request; {len(records)} were given.")
        results: dict[int, RecordResult] = {}
        waiting = list(range(len(records)))
        try:
            async for attempt in self._attempts(_Busy):
                with attempt:
                    part = [{"attributes": {"type": name}, **records[place]} for place in waiting]
                    results |= dict(zip(waiting, await self._written(path, part, f"{path} {name}"), strict=True))
                    waiting = [place for place in waiting if results[place].can_pass_later(external_id_field)]
                    if waiting:
                        raise _Busy
        except _Busy:
            pass  # the results say so of each record
        return [results[place] for place in range(len(records))]

    async def _written(self, path: str, part: Sequence[Record], shown: str) -> list[RecordResult]:
        if not part:
            return []
        said = await self.send("PATCH", path, body={"allOrNone": False, "records": part})
        return record_results(said, len(part), f"PATCH {shown}")

    def _attempts(self, on: Any) -> Any:
        return stamina.retry_context(
            on=on,
            attempts=self.retry.attempts,
            timeout=None,
            wait_initial=self.retry.first_wait_seconds,
            wait_max=self.retry.longest_wait_seconds,
            wait_jitter=self.retry.first_wait_seconds,
        )

    async def _once(self, method: str, path: str, request: str, params: Mapping[str, str] | None, body: Any) -> Any:
        async with self._turn:
            self.deadline.require(0, VENDOR, request)
            return await asyncio.to_thread(self._answer, method, path, request, params, body)

    def _answer(self, method: str, path: str, request: str, params: Mapping[str, str] | None, body: Any) -> Any:
        """In a thread."""
        sent = {} if body is None else {"json": body}
        try:
            self.traffic.requests += 1
            if self._sf is None:
                self._sf = self.login.connect(self.version, self._session)
            return self._sf.restful(path, dict(params or {}), method, **sent)
        except SalesforceAuthenticationFailed as error:
            raise self._login_failed(error) from None  # the library's error may hold half a token
        except SalesforceError as error:
            raised = error_of(error, request, self.usage)
            self.traffic.refused += isinstance(raised, RateLimited)
            raise raised from error
        except requests.RequestException as error:
            said = f"no whole answer came ({type(error).__name__})"
            raise Unavailable(VENDOR, request, said, "Check the network.") from error
        except (AttributeError, IndexError, KeyError, TypeError) as error:  # the library trusts the shape of answers
            said = f"an answer of another form ({type(error).__name__})"
            raise Unavailable(VENDOR, request, said, "Try again later.") from error

    def _login_failed(self, error: SalesforceAuthenticationFailed) -> ApiError:
        """A status in place of Salesforce's code: the answer was no JSON, and its text is nobody's words."""
        if not isinstance(error.code, int):
            return Unauthenticated(VENDOR, "login", self._words(error), REMEDY_401, 401)
        said = f"HTTP {error.code} answered no JSON"
        if error.code in range(400, 500):
            return Unauthenticated(VENDOR, "login", said, REMEDY_401, error.code)
        return Unavailable(VENDOR, "login", said, "Try again later.", error.code)

    def _words(self, error: Exception) -> str:
        said = " ".join(str(error).split())
        for secret in self.login.secrets:
            said = said.replace(secret, "***")
        return said[:LONGEST_WORDS]


def _user(row: Mapping[str, Any]) -> User:
    address = str(row.get("Email") or "").strip().lower()
    return User(str(row["Id"]), address, str(row.get("Username") or ""), bool(row.get("IsActive")))


def _parts(values: Iterable[str]) -> Iterator[list[str]]:
    """Values that fit into one query each."""
    part: list[str] = []
    size = 0
    for value in values:
        cost = len(quote_plus(value)) + QUOTES_BYTES
        if part and size + cost > VALUES_BYTES:
            yield part
            part, size = [], 0
        part.append(value)
        size += cost
    if part:
        yield part


def _wait_before_another(error: Exception) -> bool:
    """A day's limit does not come back within a run."""
    return isinstance(error, Unavailable) and not isinstance(error, DailyLimitReached)
