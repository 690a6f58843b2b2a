"""The fake LACRM's one endpoint over a world: `Served(server)` listens, at `/v2/`.

    POST /v2/ {"Function": ..., "Parameters": {...}}, header `Authorization: <key>`

What was called is in `server.calls`, in order, the refused calls too; the gate's counts and faults see the function
behind the path (`/v2/createnote`), so that `faults.fail_next(1, "lost", "createnote")` hits that one.
"""

import copy
import json
from collections import Counter, deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from calendly_pipeline_tests.fakes.faults import Faults
from calendly_pipeline_tests.fakes.gate import Gate, Recorded
from calendly_pipeline_tests.fakes.lacrm.attached import ATTACHED
from calendly_pipeline_tests.fakes.lacrm.calls import FUNCTIONS, Call
from calendly_pipeline_tests.fakes.lacrm.controls import add_controls
from calendly_pipeline_tests.fakes.lacrm.refusals import Refused, error_code
from calendly_pipeline_tests.fakes.lacrm.world import World
from calendly_pipeline_tests.fakes.limits import Headers, Limit, Taken

PATH = "/v2/"
EVERY = {**FUNCTIONS, **ATTACHED}
READS = tuple(name for name in EVERY if name.startswith("Get"))


@dataclass(frozen=True)
class Called:
    """One call that reached the vendor, and what became of it."""

    function: str
    parameters: dict[str, Any]
    error: str | None

    @property
    def is_write(self) -> bool:
        """Whether it is one that changes something."""
        return not self.function.startswith("Get")


class SilentLimit(Limit):
    """A limit that no header tells of (a third-party review of the API)."""

    def headers(self, taken: Taken) -> Headers:
        """None."""
        return []


class LacrmServer:
    """An ASGI app around one world; `server.world` changes what it says.

    `results_as_objects` and `bare_results` name functions whose results come as an object by id or as a bare array,
    `errors_in_200` sends errors with status 200, `bad_key_status` is what a wrong key gets: all were seen in the wild.
    """

    def __init__(
        self,
        world: World,
        *,
        limit: Limit | None = None,
        results_as_objects: Collection[str] = (),
        bare_results: Collection[str] = (),
        plain_options: bool = True,
        errors_in_200: bool = False,
        bad_key_status: int = 400,
        faults: Faults | None = None,
        latency: float = 0.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.world = world
        self.limit = limit
        self.results_as_objects = set(results_as_objects)
        self.bare_results = set(bare_results)
        self.plain_options = plain_options
        self.errors_in_200 = errors_in_200
        self.repeats_first_page = False  # as a server would that does not know `Page`
        self.bad_key_status = bad_key_status
        self.now = now
        self.calls: deque[Called] = deque(maxlen=50_000)
        self.gate = Gate(
            self._respond,
            self._limit_of,
            b"Too Many Requests",
            b"Internal Server Error",
            faults=faults,
            latency=latency,
        )
        add_controls(self)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_control/"):
            await self.gate(scope, receive, send)
            return
        body = await Request(scope, receive).body()

        async def again() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        seen = {**scope, "path": scope["path"] + _function(body).lower(), "lacrm.path": scope["path"]}
        await self.gate(seen, again, send)

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
        self.gate.copy = LacrmServer(copy.deepcopy(self.world), now=self.now).gate.app

    def on_request(self, hook: Callable[[Recorded], None]) -> None:
        """Call this before each request is answered."""
        self.gate.on_request(hook)

    def count(self, function: str) -> int:
        """How often a function was carried out or refused."""
        return Counter(called.function for called in self.calls)[function]

    def writes(self) -> list[Called]:
        """Calls that change something, those refused too."""
        return [called for called in self.calls if called.is_write]

    async def _respond(self, scope: Any, receive: Any, send: Any) -> None:
        body = await Request(scope, receive).body()
        try:
            result = self._answer(scope, body)
        except Refused as refusal:
            status = 200 if self.errors_in_200 else refusal.status
            said = {"ErrorCode": refusal.code, "ErrorDescription": str(refusal)}
            await _json(said, status)(scope, receive, send)
            return
        response = Response(b"", 200) if result is None else _json(result, 200)
        await response(scope, receive, send)

    def _answer(self, scope: Any, body: bytes) -> Any:
        if scope["lacrm.path"] != PATH:
            raise Refused("Not found", "path", 404)
        if scope["method"] != "POST":
            raise Refused("Only POST requests are accepted", "method")
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        key = self.world.keys.get(headers.get(b"authorization", ""))
        if key is None:
            raise Refused("Invalid API key", "key", self.bad_key_status)
        function, parameters = _asked(body)
        if self.repeats_first_page:
            parameters = {**parameters, "Page": 1}
        error: str | None = None
        try:
            user = self.world.users[key.user_id]
            call = Call(self.world, user, key.may_write, self.now(), function, parameters, self.plain_options)
            if function not in EVERY:
                raise Refused(f"'{function}' is not a valid function", "function")
            if not key.may_write and function not in READS:
                raise Refused("This API key does not have permission to do that", "key permission")
            return self._shaped(function, EVERY[function](call))
        except Refused as refusal:
            error = str(refusal)
            raise
        finally:
            self.calls.append(Called(function, parameters, error))

    def _shaped(self, function: str, result: Any) -> Any:
        """Results in the shape that was asked for."""
        if not isinstance(result, dict) or "Results" not in result:
            return result
        if function in self.bare_results:
            return result["Results"]
        if function in self.results_as_objects:
            keys = ("ContactId", "CustomFieldId", "NoteId", "EventId")
            by_id = {next(str(row[key]) for key in keys if key in row): row for row in result["Results"]}
            return {**result, "Results": by_id}
        return result

    def _limit_of(self, path: str, authorization: str) -> tuple[Limit, str] | None:
        return (self.limit, authorization or "nobody") if self.limit else None


def _asked(body: bytes) -> tuple[str, dict[str, Any]]:
    try:
        asked = json.loads(body)
    except ValueError:
        raise Refused("The request is not valid JSON", "json") from None
    if not isinstance(asked, dict) or not isinstance(asked.get("Function"), str):
        raise Refused("'Function' is required", "no function")
    parameters = asked.get("Parameters") or {}
    if not isinstance(parameters, dict):
        raise Refused("'Parameters' is not valid", "parameters")
    return asked["Function"], parameters


def _function(body: bytes) -> str:
    try:
        return _asked(body)[0]
    except Refused:
        return ""


def _json(content: Any, status: int) -> Response:
    return Response(json.dumps(content).encode(), status, media_type="application/json")


__all__ = ["Called", "LacrmServer", "SilentLimit", "error_code"]
