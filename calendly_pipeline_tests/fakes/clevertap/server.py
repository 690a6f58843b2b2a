"""The fake CleverTap over HTTP: `Served(server)` listens.

    POST /1/upload, POST and GET /1/events.json, GET /1/profile.json

A refused record is told by 200; `unprocessed` comes last to first, so that nobody relies on its order. What was
uploaded is in `server.uploads`, in order, dry runs and lost answers too.
"""

import json
from collections import Counter, deque
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from calendly_pipeline_tests.fakes.clevertap.controls import add_controls
from calendly_pipeline_tests.fakes.clevertap.reading import Reading
from calendly_pipeline_tests.fakes.clevertap.refusals import RecordRefused
from calendly_pipeline_tests.fakes.clevertap.world import World
from calendly_pipeline_tests.fakes.faults import Faults
from calendly_pipeline_tests.fakes.gate import Gate, Recorded
from calendly_pipeline_tests.fakes.limits import Headers, Limit, Taken

MOST_RECORDS = 1000
MOST_UPLOADS, MOST_READINGS = 15, 3
TOO_MANY = b'{"status":"fail","error":"Too many concurrent requests","code":429}'
Echo = Literal["both", "record", "number", "neither"]


@dataclass(frozen=True)
class Upload:
    """One upload that reached the vendor."""

    records: list[Any]
    is_dry_run: bool


_held: ContextVar[list["ParallelLimit"]] = ContextVar("held")
"""What the request of this task takes room from."""


class ParallelLimit(Limit):
    """So many requests at a time; no header tells of it."""

    at_once = 0

    def take(self, key: str) -> Taken:
        """Take room for one more, if there is any, until the request is answered."""
        allowed = self.at_once < self.per_window
        if allowed:
            self.at_once += 1
            _held.get().append(self)
        return Taken(allowed, self.per_window, 0, 0)

    def headers(self, taken: Taken) -> Headers:
        """None."""
        return []


class CleverTapServer:
    """An ASGI app around one account.

    `echo` is what tells a refused record: its copy, its number in the text, both, or neither. `fail_empty` answers a
    call of which nothing was stored with an empty list. `server_errors` names identities whose next record gets 555.
    """

    def __init__(
        self,
        world: World,
        *,
        echo: Echo = "both",
        fail_empty: bool = False,
        most_uploads: int = MOST_UPLOADS,
        faults: Faults | None = None,
        latency: float = 0.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.world = world
        self.echo: Echo = echo
        self.fail_empty = fail_empty
        self.now = now
        self.server_errors: Counter[str] = Counter()
        self.uploads: deque[Upload] = deque(maxlen=20_000)
        self.reading = Reading(world, now)
        self.limits = {"upload": ParallelLimit(most_uploads), "reading": ParallelLimit(MOST_READINGS)}
        self.gate = Gate(
            self._respond,
            lambda path, _: (self.limits[_group(path)], ""),
            TOO_MANY,
            b'{"status":"fail","error":"Internal Server Error","code":500}',
            faults=faults,
            latency=latency,
        )
        add_controls(self)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        held: list[ParallelLimit] = []
        _held.set(held)
        try:
            await self.gate(scope, receive, send)
        finally:
            for limit in held:
                limit.at_once -= 1

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

    def sent(self, kind: str = "") -> list[dict[str, Any]]:
        """Every record uploaded for good, refused ones too; `kind`: event or profile only."""
        real = [record for upload in self.uploads if not upload.is_dry_run for record in upload.records]
        return [record for record in real if kind in ("", record.get("type"))]

    async def _respond(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        status, answer = self._answer(request, await request.body())
        await Response(json.dumps(answer).encode(), status, media_type="application/json")(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> tuple[int, dict[str, Any]]:
        account, passcode = (request.headers.get(f"x-clevertap-{name}") for name in ("account-id", "passcode"))
        if (account, passcode) != (self.world.account_id, self.world.passcode):
            return 401, {"status": "fail", "error": "Invalid Credentials", "code": 401}
        path, query = request.url.path, dict(request.query_params)
        if (request.method, path) == ("POST", "/1/upload"):
            return self._upload(body, query.get("dryRun") == "1")
        if request.method == "GET" and path == "/1/profile.json":
            return self.reading.profile(query)
        if path == "/1/events.json":
            return self.reading.page(query) if request.method == "GET" else self.reading.cursor(query, body)
        return 404, {"status": "fail", "error": "Not found", "code": 404}

    def _upload(self, body: bytes, is_dry_run: bool) -> tuple[int, dict[str, Any]]:
        try:
            records = json.loads(body)["d"]
        except (ValueError, KeyError, TypeError):
            records = None
        if not isinstance(records, list) or not records or len(records) > MOST_RECORDS:
            return 400, {"status": "fail", "error": "Payload is not valid, or holds over 1000 records", "code": 400}
        self.uploads.append(Upload(records, is_dry_run))
        refused = []
        for number, record in enumerate(records, 1):
            try:
                self._take(record, is_dry_run)
            except RecordRefused as refusal:
                refused.append(self._refusal(refusal, number, record))
        processed = len(records) - len(refused)
        status = "success" if not refused else "partial" if processed else "fail"
        listed = [] if self.fail_empty and not processed else refused[::-1]
        return 200, {"status": status, "processed": processed, "unprocessed": listed}

    def _take(self, record: Any, is_dry_run: bool) -> None:
        identity = str(record.get("identity")) if isinstance(record, dict) else ""
        if self.server_errors[identity] > 0:
            self.server_errors[identity] -= 1
            raise RecordRefused(555)
        self.world.store(record, self.now(), dry_run=is_dry_run)

    def _refusal(self, refusal: RecordRefused, number: int, record: Any) -> dict[str, Any]:
        tail = f" Skipped record number : {number}" if self.echo in ("both", "number") else ""
        told = {"status": "fail", "code": refusal.code, "error": f"{refusal}{tail}"}
        return {**told, "record": record} if self.echo in ("both", "record") else told


def _group(path: str) -> str:
    return "upload" if path == "/1/upload" else "reading"
