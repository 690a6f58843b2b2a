"""The fake Cal.com's API v2 over a world: routes, versions, refusals; `Served(server)` listens, below `/v2`.

What a server answers depends on `cal-api-version`, and an unknown one is no error (Cal.com API reference).
"""

import copy
import itertools
import json
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from calendly_pipeline_tests.fakes.calcom import listing, shapes
from calendly_pipeline_tests.fakes.calcom.controls import add_controls
from calendly_pipeline_tests.fakes.calcom.records import Booking, User, iso
from calendly_pipeline_tests.fakes.calcom.world import World
from calendly_pipeline_tests.fakes.faults import Faults
from calendly_pipeline_tests.fakes.gate import Gate, Recorded
from calendly_pipeline_tests.fakes.limits import Limit, calcom_headers

OLDEST = "2024-04-15"
HOSTED = ("2024-06-14", "2024-08-13", "2026-02-25", "2026-05-01")
SELF_HOSTED = ("2024-06-14", "2024-08-13")
TOO_OLD = ("2024-06-14",)
"""A server that knows the first version of bookings only."""
BOOKINGS_SINCE = "2024-08-13"
CURSOR_VERSION = "2026-05-01"
NO_AUTHENTICATION = (
    "ApiAuthStrategy - No authentication method provided. Either pass an API key as 'Bearer' header or OAuth client "
    "credentials as 'x-cal-secret-key' and 'x-cal-client-id' headers"
)
NAMES = {400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound"}


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def api_key_limit(per_window: int = 120, window_seconds: float = 60.0, **details: Any) -> Limit:
    """An API key's limit as shipped: 120 a minute, then blocked for a minute; `details` as in Limit."""
    return Limit(per_window, window_seconds, calcom_headers(), **{"block_seconds": 60.0, **details})


class CalcomServer:
    """An ASGI app around one world; `server.world` changes what it says."""

    def __init__(
        self,
        world: World,
        *,
        limit: Limit | None = None,
        versions: tuple[str, ...] = HOSTED,
        always_cursor: bool = False,
        shuffles_ties: bool = True,
        faults: Faults | None = None,
        latency: float = 0.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.world = world
        self.limit = limit or api_key_limit()
        self.access_token_limit = Limit(500, 60.0, calcom_headers(), block_seconds=60.0)
        self.versions = versions
        self.always_cursor = always_cursor
        self.shuffles_ties = shuffles_ties
        self.now = now
        self._numbers = itertools.count(1)
        self.gate = Gate(
            Starlette(routes=self._routes()),
            self._limit_of,
            self._envelope("/v2", 429, "CustomThrottlerGuard - Too many requests. Please try again later."),
            self._envelope("/v2", 500, "Internal server error"),
            faults=faults,
            latency=latency,
        )
        add_controls(self.gate, world)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.gate(scope, receive, send)

    @property
    def requests(self) -> deque[Recorded]:
        """What came in, oldest first."""
        return self.gate.requests

    @property
    def faults(self) -> Faults:
        """Faults on demand."""
        return self.gate.faults

    def keep_state(self) -> None:
        """The fault `stale` answers from the world as it is now."""
        earlier = CalcomServer(copy.deepcopy(self.world), versions=self.versions, now=self.now)
        self.gate.copy = earlier.gate.app

    def on_request(self, hook: Callable[[Recorded], None]) -> None:
        """Call this before each request is answered."""
        self.gate.on_request(hook)

    def _routes(self) -> list[Route]:
        paths = {
            "/v2/me": (self._me, "PROFILE_READ"),
            "/v2/bookings": (self._bookings, "BOOKING_READ"),
            "/v2/bookings/{uid}": (self._booking, None),
            "/v2/event-types": (self._event_types, "EVENT_TYPE_READ"),
            "/v2/webhooks": (self._webhooks, "WEBHOOK_READ"),
        }
        routes = [Route(path, self._endpoint(answer, scope)) for path, (answer, scope) in paths.items()]
        return [*routes, Route("/{rest:path}", self._endpoint(self._nothing, None))]

    def _endpoint(self, answer: Callable[[Request], dict[str, Any]], scope: str | None) -> Callable[..., Any]:
        async def respond(request: Request) -> Response:
            try:
                if scope is not None:
                    self._require(request, scope)
                status, body = 200, json.dumps({"status": "success", **answer(request)}).encode()
            except (Refused, listing.Invalid) as refusal:
                status = refusal.status if isinstance(refusal, Refused) else 400
                path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                body = self._envelope(path, status, str(refusal))
            headers = {"X-Request-Id": f"req-{next(self._numbers)}"}
            return Response(body, status, headers, "application/json; charset=utf-8")

        return respond

    def _me(self, request: Request) -> dict[str, Any]:
        return {"data": shapes.me_shape(self._user(request))}

    def _bookings(self, request: Request) -> dict[str, Any]:
        version = self._version(request)
        parameters = dict(request.query_params)
        bookings = listing.visible(self.world, self._user(request))
        if version == OLDEST:
            return {"data": self._old_page(bookings, parameters)}
        is_cursor = self.always_cursor or version == CURSOR_VERSION
        query = listing.read_query(parameters, is_cursor=is_cursor)
        if is_cursor:
            rows, pagination = listing.cursor_page(bookings, query, self.now())
        else:
            rows, pagination = listing.offset_page(bookings, query, self.now(), shuffles_ties=self.shuffles_ties)
        shown = [shapes.booking_shape(self.world, booking, version) for booking in rows]
        return {"data": shown, "pagination": pagination}

    def _old_page(self, bookings: list[Booking], parameters: Mapping[str, str]) -> dict[str, Any]:
        """Version 2024-04-15 lists what is to come, ten at a time, and knows none of the later filters."""
        query = listing.Query((parameters.get("filters[status]", "upcoming"),), take=10)
        rows, _ = listing.offset_page(bookings, query, self.now(), shuffles_ties=False)
        return {"bookings": [shapes.old_booking_shape(row) for row in rows], "recurringInfo": [], "nextCursor": None}

    def _booking(self, request: Request) -> dict[str, Any]:
        """Needs no key; the uid of a series answers its occurrences."""
        uid, version = request.path_params["uid"], self._version(request)
        booking = self.world.bookings.get(uid)
        if booking is not None and version == OLDEST:
            return {"data": shapes.old_booking_shape(booking)}
        if booking is not None:
            return {"data": shapes.booking_shape(self.world, booking, version)}
        series = self.world.series(uid)
        if not series:
            raise Refused(404, f"Booking with uid={uid} was not found in the database")
        return {"data": [shapes.booking_shape(self.world, booking, version) for booking in series]}

    def _event_types(self, request: Request) -> dict[str, Any]:
        """Without a username: the caller's own, hidden ones too."""
        user, named = self._user(request), request.query_params.get("username")
        owner = next((u for u in self.world.users.values() if u.username == named), None) if named else user
        own = [t for t in self.world.event_types.values() if owner is not None and t.owner_id == owner.id]
        shown = [t for t in own if not t.is_hidden or t.owner_id == user.id]
        rows = [shapes.event_type_shape(self.world, event_type) for event_type in shown]
        if self._version(request) == OLDEST:
            old = [{"id": row["id"], "title": row["title"], "length": row["lengthInMinutes"]} for row in rows]
            return {"data": {"eventTypeGroups": [{"eventTypes": old}], "profiles": []}}
        return {"data": rows}

    def _webhooks(self, request: Request) -> dict[str, Any]:
        return {"data": []}

    def _nothing(self, request: Request) -> dict[str, Any]:
        raise Refused(404, f"Cannot {request.method} {request.url.path}")

    def _version(self, request: Request) -> str:
        """An unknown or missing version is no error, but the oldest one."""
        asked = request.headers.get("cal-api-version", "")
        is_known = asked in self.versions and (asked >= BOOKINGS_SINCE or "/bookings" not in request.url.path)
        return asked if is_known else OLDEST

    def _user(self, request: Request) -> User:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not token:
            raise Refused(401, NO_AUTHENTICATION)
        key = self.world.keys.get(token)
        if key is None and token.startswith("cal_"):
            raise Refused(401, "CustomThrottlerGuard - Invalid API Key")
        if key is None or key.user_id not in self.world.users:
            raise Refused(401, "ApiAuthStrategy - Invalid Bearer token")
        if key.is_expired:
            raise Refused(401, "ApiAuthStrategy - api key - Your api key is expired")
        return self.world.users[key.user_id]

    def _require(self, request: Request, scope: str) -> None:
        self._user(request)
        key = self.world.keys[request.headers["authorization"].removeprefix("Bearer ")]
        if key.scopes is not None and scope not in key.scopes:
            raise Refused(
                403,
                f"insufficient_scope: token does not have the required scopes. Required: {scope}. "
                f"Token has: {', '.join(sorted(key.scopes))}",
            )

    def _limit_of(self, path: str, authorization: str) -> tuple[Limit, str]:
        token = authorization.removeprefix("Bearer ")
        is_access_token = bool(token) and not token.startswith("cal_")
        return (self.access_token_limit if is_access_token else self.limit), token or "by address"

    def _envelope(self, path: str, status: int, message: str) -> bytes:
        name = {429: "Throttler", 500: "InternalServerError"}.get(status) or NAMES[status]
        details = {"message": message, "error": name, "statusCode": status}
        error = {"code": f"{name}Exception", "message": message, "details": details}
        moment = iso(self.now())
        return json.dumps({"status": "error", "timestamp": moment, "path": path, "error": error}).encode()
