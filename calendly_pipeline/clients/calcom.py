"""Cal.com API v2, hosted or self-hosted: bookings, event types and who the key belongs to.

    GET /bookings?take=250&skip=...  ->  pages of bookings, until an empty one
    GET /bookings/{uid}, /event-types, /me

The header `cal-api-version` decides the shape of an answer, and a server that does not know the value answers an older
one without an error (Cal.com API reference), so every page is looked at before it is believed. What the answers say of
totals is not read: they ignore the filters by change.
"""

import re
from collections.abc import AsyncIterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from calendly_pipeline.clients.answer import Answer
from calendly_pipeline.clients.calcom_paging import Joint
from calendly_pipeline.clients.http import VendorClient, words_of
from calendly_pipeline.failures import ApiError, NotFound, PagingStuck, ScopeMissing, Unauthenticated

BOOKINGS_VERSION = "2024-08-13"
EVENT_TYPES_VERSION = "2024-06-14"
PAGE_SIZE = 250
CURSOR_PAGE_SIZE = 100
EXPIRED_TOKEN = 498
"""Cal.com's status for the expired token of a managed user."""


@dataclass(frozen=True)
class Owner:
    """Whom a key belongs to."""

    address: str
    """Lower case. Bookings are listed that this user hosts or merely attends; an admin's key lists every member's."""
    username: str
    time_zone: str
    answers: tuple[Answer, ...]


class CalcomClient(VendorClient):
    """One key of one Cal.com instance; the base URL ends in the version: `https://api.cal.com/v2`."""

    vendor = "Cal.com"
    remedy_401 = "Make a new key in Cal.com under Settings, Developer, API keys; a self-hosted server needs its own."
    page_size = PAGE_SIZE

    def error_of(self, status: int, request: str, body: Any) -> ApiError:
        """Refines what Cal.com says: a token's missing scopes, its expiry, and a path that is no API v2."""
        body = _without_token(body)
        words = words_of(body)
        required = re.search(r"insufficient_scope.*?Required: ([A-Z_, ]+)", words)
        if status == 403 and required:
            return ScopeMissing(self.vendor, request, words, tuple(re.findall(r"[A-Z_]+", required.group(1))))
        if status == EXPIRED_TOKEN:
            return Unauthenticated(self.vendor, request, words or "the token has expired", self.remedy_401, status)
        if status == 404 and (body is None or "Cannot GET" in words):
            return NotFound(self.vendor, request, words or "no such path", _remedy_url(self.base_url), status)
        return super().error_of(status, request, body)

    async def probe(self) -> Owner:
        """Ask who the key is, and for one booking; raises ApiError saying what to set when the server is another."""
        me = await self.me()
        user = me.data.get("data") if isinstance(me.data, dict) else None
        if not isinstance(user, dict) or "email" not in user:
            raise ApiError(self.vendor, "GET /me", "the answer names no user", _remedy_url(self.base_url))
        one = await self.get("/bookings", {"take": 1}, kind="bookings", headers=_version(BOOKINGS_VERSION))
        self._rows(one)
        if not isinstance(one.data.get("pagination"), dict):
            raise self._wrong_version(one, "the answer holds no pagination")
        address = str(user["email"]).strip().lower()
        return Owner(address, str(user.get("username") or ""), str(user.get("timeZone") or ""), (me, one))

    async def me(self) -> Answer:
        """The user of the key."""
        return await self.get("/me", kind="me")

    async def booking(self, uid: str) -> Answer:
        """One booking; the uid of a series answers the list of its occurrences. Raises NotFound."""
        headers = _version(BOOKINGS_VERSION)
        answer = await self.get(f"/bookings/{quote(uid, safe='')}", kind="booking", headers=headers)
        self._rows(answer)
        return answer

    async def event_types(self) -> AsyncIterator[Answer]:
        """The user's own event types, hidden ones too; deleted ones and those of teams are not told."""
        answer = await self.get("/event-types", kind="event_types", headers=_version(EVENT_TYPES_VERSION))
        if not isinstance(answer.data, dict) or not isinstance(answer.data.get("data"), list):
            raise self._wrong_version(answer, "the answer holds no list of event types", EVENT_TYPES_VERSION)
        yield answer

    async def bookings(
        self,
        *,
        after_start: datetime | None = None,
        before_end: datetime | None = None,
        after_updated_at: datetime | None = None,
    ) -> AsyncIterator[Answer]:
        """Every booking within the bounds, all inclusive; a booking may stand on two pages. Raises PagingStuck.

        `after_updated_at` sees no attendee marked absent, no cancelled seat and no row whose updatedAt is null
        (Cal.com API reference); its pages come in the order of change, so what was read of a broken-off listing counts.
        """
        bounds = {"afterStart": after_start, "beforeEnd": before_end, "afterUpdatedAt": after_updated_at}
        column = "start" if after_updated_at is None else "updatedAt"
        params = {
            **{name: _instant(moment) for name, moment in bounds.items() if moment is not None},
            "sortStart" if after_updated_at is None else "sortUpdatedAt": "asc",
        }
        joint = Joint(self.page_size, column)
        while True:
            page = {"take": self.page_size, "skip": joint.skip}
            answer = await self.get(
                "/bookings", {**params, **page}, kind="bookings", headers=_version(BOOKINGS_VERSION)
            )
            rows = self._rows(answer)
            if _is_cursor(answer.data):
                async for following in self._from_cursor(params, answer):
                    yield following
                return
            if not rows:
                return
            if joint.fits(rows):
                yield answer
            if joint.is_stuck:
                raise PagingStuck(self.vendor, "GET /bookings", "the pages do not advance", "Try again later.")

    async def _from_cursor(self, params: Mapping[str, Any], answer: Answer) -> AsyncIterator[Answer]:
        """The pages of a server that answers with a cursor (version 2026-05-01), this one first."""
        seen: set[str] = set()
        while True:
            if answer.data["data"]:
                yield answer
            cursor = answer.data["pagination"].get("nextCursor")
            if not cursor:
                return
            if cursor in seen:
                raise PagingStuck(self.vendor, "GET /bookings", "a page leads back to one already read")
            seen.add(cursor)
            page = {"limit": CURSOR_PAGE_SIZE, "cursor": cursor}
            headers = _version(BOOKINGS_VERSION)
            answer = await self.get("/bookings", {**params, **page}, kind="bookings", headers=headers)
            self._rows(answer)
            if not _is_cursor(answer.data):
                raise ApiError(self.vendor, "GET /bookings", "the server went from cursors to positions half-way")

    def _rows(self, answer: Answer) -> list[dict[str, Any]]:
        """The bookings of an answer; raises ApiError when they are of another version."""
        data = answer.data.get("data") if isinstance(answer.data, dict) else None
        is_old = isinstance(data, dict) and "bookings" in data
        rows = [data] if isinstance(data, dict) and not is_old else data
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self._wrong_version(answer, "the answer holds no list of bookings")
        if rows and not any("start" in row for row in rows):
            raise self._wrong_version(answer, "the bookings have no start")
        return rows

    def _wrong_version(self, answer: Answer, what: str, version: str = BOOKINGS_VERSION) -> ApiError:
        return ApiError(
            self.vendor,
            f"GET {answer.request}",
            f"{what}: this server does not know cal-api-version {version} and fell back to an older one",
            f"Update the self-hosted server, or name another one by api_url or CAL_COM_API_URL (now {self.base_url}).",
        )


def _version(value: str) -> dict[str, str]:
    return {"cal-api-version": value}


def _is_cursor(data: Mapping[str, Any]) -> bool:
    pagination = data.get("pagination")
    return isinstance(pagination, dict) and ("nextCursor" in pagination or "hasMore" in pagination)


def _instant(moment: datetime) -> str:
    """Milliseconds, as the vendor keeps them; rounded down, so that nothing at the bound is left out."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def _remedy_url(base_url: str) -> str:
    return f"Check api_url or CAL_COM_API_URL (now {base_url}): it ends in /v2, as in https://api.cal.com/v2."


def _without_token(body: Any) -> Any:
    """One of Cal.com's refusals repeats the access token (read in its code); an error text never holds a secret."""
    if not isinstance(body, dict) or not isinstance(body.get("error"), dict):
        return body
    body = deepcopy(body)
    message = str(body["error"].get("message") or "")
    body["error"]["message"] = re.sub(r"(token=)[^\s,.]+(\.[^\s,.]+)*", r"\1***", message)
    return body
