"""The fake Brevo over a world: `Served(server)` listens, at `/v3`, header `api-key`.

What came in is in `server.requests`, what changes something in `server.writes()`. `queue_seconds` is how long an event
that was taken cannot be read back. `too_early(n)` answers the next n writes of contacts with 425.
"""

import json
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from calendly_pipeline_tests.fakes.brevo.calls import ROUTES, Call
from calendly_pipeline_tests.fakes.brevo.controls import add_controls
from calendly_pipeline_tests.fakes.brevo.refusals import Refused
from calendly_pipeline_tests.fakes.brevo.world import World
from calendly_pipeline_tests.fakes.faults import Faults
from calendly_pipeline_tests.fakes.gate import Gate, Recorded
from calendly_pipeline_tests.fakes.limits import Limit

BASE = "/v3"
HEADERS = ("x-sib-ratelimit-limit", "x-sib-ratelimit-remaining", "x-sib-ratelimit-reset")
TOO_MANY = b'{"code":"too_many_requests","message":"You have exceeded the rate limit"}'


def brevo_limits(
    per_second: int = 10, per_hour: int = 100, clock: Callable[[], float] = time.monotonic
) -> dict[str, Limit]:
    """The limits of a plan by group of endpoints; events in batches and reading them are not listed: 100 an hour."""
    return {
        "contacts": Limit(per_second, 1.0, HEADERS, clock=clock),
        "events": Limit(per_second, 1.0, HEADERS, clock=clock),
        "other": Limit(per_hour, 3600.0, HEADERS, clock=clock),
    }


class BrevoServer:
    """An ASGI app around one account; `server.world` changes what it says."""

    def __init__(
        self,
        world: World,
        *,
        limits: Mapping[str, Limit] | None = None,
        faults: Faults | None = None,
        latency: float = 0.0,
        queue_seconds: float = 0.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.world = world
        self.limits = limits or {}
        self.queue_seconds = queue_seconds
        self.now = now
        self.refusing = False  # an account that may not be used: 403 for everything
        self._too_early = 0
        self._method = ""
        server_error = b'{"code":"internal_server_error","message":"Internal server error"}'
        self.gate = Gate(
            self._respond,
            self._limit_of,
            TOO_MANY,
            server_error,
            faults=faults,
            latency=latency,
            key_header="api-key",
        )
        self.gate.on_request(self._note_method)
        add_controls(self)

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

    def on_request(self, hook: Callable[[Recorded], None]) -> None:
        """Call this before each request is answered."""
        self.gate.on_request(hook)

    def writes(self) -> list[Recorded]:
        """Requests that change something, those refused too."""
        return [request for request in self.requests if request.method != "GET"]

    def bodies(self, path: str) -> list[Any]:
        """What was sent to a path below the base, in order."""
        return [json.loads(request.body) for request in self.writes() if request.path == BASE + path]

    def too_early(self, count: int) -> None:
        """Answer so many writes of contacts with 425."""
        self._too_early = count

    async def _respond(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        try:
            status, content = self._answer(request, await request.body())
        except Refused as refused:
            status, content = refused.status, refused.body
        except (KeyError, ValueError) as error:
            status, content = 400, {"code": "bad_request", "message": f"Invalid request: {error}"}
        body = b"" if content is None else json.dumps(content).encode()
        await Response(body, status, media_type="application/json")(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> tuple[int, Any]:
        if request.headers.get("api-key") not in self.world.keys:
            raise Refused("Key not found", "unauthorized", 401)
        if self.refusing:
            raise Refused("Your account is suspended", "permission_denied", 403)
        path = request.url.path.removeprefix(BASE)
        if self._too_early and request.method in ("POST", "PUT") and path.startswith("/contacts"):
            self._too_early -= 1
            raise Refused("Contact is being processed", "account_in_process", 425)
        for method, pattern, endpoint in ROUTES:
            found = re.fullmatch(pattern, path)
            if found and method == request.method and request.url.path.startswith(BASE):
                return endpoint(self._call(found.groups(), request, body))
        raise Refused("Route not found", "document_not_found", 404)

    def _call(self, parts: tuple[str, ...], request: Request, body: bytes) -> Call:
        now = self.now()
        given = json.loads(body) if body else {}
        if not isinstance(given, dict):
            raise Refused("The body is not valid", "bad_request")
        query = dict(parse_qsl(request.url.query))
        return Call(self.world, now, now + timedelta(seconds=self.queue_seconds), parts, query, given)

    def _note_method(self, recorded: Recorded) -> None:
        self._method = recorded.method  # the gate asks for the limit next, with nothing between

    def _limit_of(self, path: str, key: str) -> tuple[Limit, str] | None:
        if not self.limits:
            return None
        path = path.removeprefix(BASE)
        group = "contacts" if path.startswith("/contacts") else "other"
        group = "events" if (self._method, path) == ("POST", "/events") else group
        return self.limits[group], key or "nobody"
