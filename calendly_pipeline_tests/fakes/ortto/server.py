"""The fake Ortto over a world: `Served(server)` listens, at `/v1/`.

    POST /v1/person/merge {...}, header `X-Api-Key: <key>`

What was asked is in `server.asked`, in order, refused requests too; `server.writes()` are those that change something.
"""

import json
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from calendly_pipeline_tests.fakes.faults import Faults
from calendly_pipeline_tests.fakes.gate import Gate, Recorded
from calendly_pipeline_tests.fakes.limits import Headers, Limit, Taken
from calendly_pipeline_tests.fakes.ortto.calls import PATHS, WRITES, Call
from calendly_pipeline_tests.fakes.ortto.controls import add_controls
from calendly_pipeline_tests.fakes.ortto.refusals import Refused
from calendly_pipeline_tests.fakes.ortto.world import World

ROOT = "/v1"
BAN_COUNT = 15
BAN_SECONDS = 15.0


@dataclass(frozen=True)
class Asked:
    """One request that reached the vendor, and what became of it."""

    path: str
    body: dict[str, Any]
    status: int

    @property
    def is_write(self) -> bool:
        """Whether it is one that changes something."""
        return self.path in WRITES


class BodyLimit(Limit):
    """A limit that only the body of a refusal tells of."""

    def headers(self, taken: Taken) -> Headers:
        """None."""
        return []

    def too_many(self, key: str) -> bytes:
        """The body of a refusal."""
        window = self.windows.get(key)
        left = math.ceil(window.opened_at + self.window_seconds - self.clock()) if window else 1
        return json.dumps({"code": "rate-limit", "try-in-seconds": max(left, 1)}).encode()


class OrttoServer:
    """An ASGI app around one world; `server.world` changes what it says.

    `is_shuffled`: batches are answered in another order than they were sent in.
    """

    def __init__(
        self,
        world: World,
        *,
        limit: BodyLimit | None = None,
        is_shuffled: bool = False,
        faults: Faults | None = None,
        latency: float = 0.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.world = world
        self.limit = limit
        self.is_shuffled = is_shuffled
        self.fills_up = False  # as an account with as many contacts as its plan allows
        self.hides_permissions = False  # as an answer would that does not know of them
        self.now = now
        self.asked: deque[Asked] = deque(maxlen=50_000)
        self.bans = 0
        self._bad: deque[datetime] = deque(maxlen=BAN_COUNT)
        self._banned_until: datetime | None = None
        self.gate = Gate(
            self._respond,
            self._limit_of,
            b'{"code": "rate-limit", "try-in-seconds": 1}',
            b'{"code": 500, "error": "Internal Server Error"}',
            faults=faults,
            latency=latency,
        )
        add_controls(self)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/_control/"):
            headers = dict(scope["headers"])
            key = headers.pop(b"x-api-key", b"")  # the gate knows keys by one header alone, and blots that one out
            scope = {**scope, "headers": [*headers.items(), (b"authorization", key)], "ortto.key": key.decode()}
        await self.gate(scope, receive, send)

    @property
    def requests(self) -> deque[Recorded]:
        """What came in, oldest first."""
        return self.gate.requests

    @property
    def faults(self) -> Faults:
        """Faults on demand."""
        return self.gate.faults

    def writes(self) -> list[Asked]:
        """Requests that change something, those refused too."""
        return [one for one in self.asked if one.is_write]

    def reads(self) -> list[Asked]:
        """Requests that change nothing."""
        return [one for one in self.asked if not one.is_write]

    async def _respond(self, scope: Any, receive: Any, send: Any) -> None:
        raw = await Request(scope, receive).body()
        path = scope["path"].removeprefix(ROOT)
        given = _parsed(raw)
        try:
            self._require_welcome()
            status, body = 200, self._answer(scope, path, given)
        except Refused as refusal:
            status, body = refusal.status, refusal.body(len(self.asked))
            self._note_bad()
        self.asked.append(Asked(path, given or {}, status))
        await Response(json.dumps(body).encode(), status, media_type="application/json")(scope, receive, send)

    def _answer(self, scope: Any, path: str, given: dict[str, Any] | None) -> Any:
        if scope["ortto.key"] not in self.world.keys:
            raise Refused("Invalid API key", 401)
        if scope["method"] != "POST":
            raise Refused("Method not allowed", 405)
        if not scope["path"].startswith(ROOT) or path not in PATHS:
            raise Refused("Not found", 404)
        if given is None:
            raise Refused("Failed to parse request")
        if self.fills_up and path == "/person/merge":
            raise Refused("Contact limit reached", 507)
        return PATHS[path](Call(self.world, given, self.now(), self.is_shuffled, self.hides_permissions))

    def _require_welcome(self) -> None:
        if self._banned_until and self.now() < self._banned_until:
            raise Refused("Forbidden", 403)

    def _note_bad(self) -> None:
        """15 bad requests in 15 s shut the address out for 15 s."""
        now = self.now()
        self._bad.append(now)
        if len(self._bad) == BAN_COUNT and (now - self._bad[0]).total_seconds() < BAN_SECONDS:
            self._banned_until = datetime.fromtimestamp(now.timestamp() + BAN_SECONDS, UTC)
            self._bad.clear()
            self.bans += 1

    def _limit_of(self, path: str, authorization: str) -> tuple[Limit, str] | None:
        if self.limit is None:
            return None
        key = authorization or "nobody"
        self.gate.too_many = self.limit.too_many(key)
        return self.limit, key


def _parsed(raw: bytes) -> dict[str, Any] | None:
    try:
        given = json.loads(raw)
    except ValueError:
        return None
    return given if isinstance(given, dict) else None
