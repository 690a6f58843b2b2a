"""The fake Salesforce over a world: `Served(server)` listens, at `/services/`.

Everything that was asked is in `server.calls`, in order, what was refused too; the gate's counts and faults see the
verb behind the path (`...:upsert`), so that `faults.fail_next(1, "lost", "upsert")` hits that one.

    GET   .../sobjects/<object>/describe      describe      GET   .../query/?q=...          query
    PATCH .../composite/sobjects/<object>/<external id field>   upsert
    PATCH .../composite/sobjects              update        GET   .../limits/               limits
    PATCH .../sobjects/<object>/<external id field>/<value>     upsert_one: 300 where several rows hold the value
    POST  /services/oauth2/token, /services/Soap/u/<version>    login
"""

import base64
import json
import re
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote

from starlette.requests import Request
from starlette.responses import Response

from calendly_pipeline_tests.fakes.faults import Faults
from calendly_pipeline_tests.fakes.gate import Gate, Recorded
from calendly_pipeline_tests.fakes.salesforce import soql
from calendly_pipeline_tests.fakes.salesforce.controls import add_controls
from calendly_pipeline_tests.fakes.salesforce.logins import soap_login, token_login
from calendly_pipeline_tests.fakes.salesforce.records import RecordRefused, Refused, Row, SObject
from calendly_pipeline_tests.fakes.salesforce.world import World

MOST_RECORDS = 200
LONGEST_URI = 16_384
DATA = r"/services/data/v(?P<version>\d+\.0)/"
ROUTES = (
    ("login", "POST", re.compile(r"/services/oauth2/token|/services/Soap/u/[\d.]+")),
    ("describe", "GET", re.compile(DATA + r"sobjects/(?P<name>\w+)/describe/?")),
    ("query", "GET", re.compile(DATA + r"query/(?P<locator>[\w-]+)?")),
    ("limits", "GET", re.compile(DATA + r"limits/?")),
    ("upsert", "PATCH", re.compile(DATA + r"composite/sobjects/(?P<name>\w+)/(?P<key>\w+)")),
    ("update", "PATCH", re.compile(DATA + r"composite/sobjects/?")),
    ("upsert_one", "PATCH", re.compile(DATA + r"sobjects/(?P<name>\w+)/(?P<key>\w+)/(?P<value>[^/]+)")),
)
WRITES = ("upsert", "update", "upsert_one")


@dataclass(frozen=True)
class Called:
    """One request that reached the organization, and what became of it."""

    verb: str
    subject: str
    """Object, or the query."""
    records: tuple[Row, ...] = ()
    errors: tuple[str, ...] = ()
    """Codes: of the whole request, or of each record that was refused."""

    @property
    def is_write(self) -> bool:
        """Whether it is one that changes something."""
        return self.verb in WRITES


class SalesforceServer:
    """An ASGI app around one world. `server.refusals[verb] = Refused(...)` refuses every request of a verb."""

    def __init__(
        self, world: World, *, page_size: int = 2000, faults: Faults | None = None, latency: float = 0.0
    ) -> None:
        self.world = world
        self.page_size = page_size
        self.refusals: dict[str, Refused] = {}
        self.calls: deque[Called] = deque(maxlen=50_000)
        self._pages: dict[str, tuple[list[Row], int]] = {}
        too_many, broken = (_body("REQUEST_LIMIT_EXCEEDED", "slow down"), _body("UNKNOWN_EXCEPTION", "broken"))
        self.gate = Gate(self._respond, _unlimited, too_many, broken, faults=faults, latency=latency)
        add_controls(self)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/_control/"):
            verb = _routed(scope["method"], scope["path"])[0]
            scope = {**scope, "path": f"{scope['path']}:{verb}", "salesforce.path": scope["path"]}
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

    def writes(self) -> list[Called]:
        """Requests that change something, those refused too."""
        return [called for called in self.calls if called.is_write]

    def reads(self) -> list[Called]:
        """Requests that change nothing."""
        return [called for called in self.calls if not called.is_write]

    async def _respond(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        body = await request.body()
        verb, named = _routed(scope["method"], scope["salesforce.path"])
        try:
            response = self._answer(request, verb, named, body)
        except Refused as refused:
            self.calls.append(Called(verb, named.get("name") or "", (), (refused.code,)))
            response = Response(_body(refused.code, str(refused)), refused.status, media_type="application/json")
        if verb != "login":
            response.headers["Sforce-Limit-Info"] = f"api-usage={self.world.used}/{self.world.daily_limit}"
        await response(scope, receive, send)

    def _answer(self, request: Request, verb: str, named: dict[str, str], body: bytes) -> Response:
        if verb == "login":
            self.calls.append(Called("login", request.scope["salesforce.path"]))
            return self._log_in(request, body)
        self._admit(request, verb)
        if verb in self.refusals:
            raise self.refusals[verb]
        status, content = getattr(self, f"_{verb}", self._unknown)(request, named, body)
        return Response(json.dumps(content).encode(), status, media_type="application/json")

    def _admit(self, request: Request, verb: str) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.world.sessions:
            raise Refused(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if self.world.used >= self.world.daily_limit:
            raise Refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self.world.used += 1
        if len(request.url.path) + len(request.url.query) > LONGEST_URI:
            raise Refused(414, "URI_TOO_LONG", "URI too long")

    def _log_in(self, request: Request, body: bytes) -> Response:
        base = str(request.base_url).rstrip("/")
        if request.scope["salesforce.path"].startswith("/services/Soap/"):
            return soap_login(self.world, body.decode(), base)
        form = {key: values[0] for key, values in parse_qs(body.decode()).items()}
        basic = request.headers.get("authorization", "").removeprefix("Basic ")
        key, _, secret = base64.b64decode(basic).decode().partition(":")
        return token_login(self.world, form | ({"client_id": key, "client_secret": secret} if key else {}), base)

    def _object(self, name: str, status: int = 404) -> SObject:
        found = next((one for one in self.world.objects.values() if one.name.lower() == name.lower()), None)
        if found is None:
            code = "NOT_FOUND" if status == 404 else "INVALID_TYPE"
            said = (
                "The requested resource does not exist" if status == 404 else f"sObject type '{name}' is not supported."
            )
            raise Refused(status, code, said)
        return found

    def _describe(self, request: Request, named: dict[str, str], body: bytes) -> tuple[int, Any]:
        self.calls.append(Called("describe", named["name"]))
        return 200, self._object(named["name"]).shape()

    def _limits(self, request: Request, named: dict[str, str], body: bytes) -> tuple[int, Any]:
        self.calls.append(Called("limits", ""))
        left = self.world.daily_limit - self.world.used
        return 200, {"DailyApiRequests": {"Max": self.world.daily_limit, "Remaining": left}}

    def _query(self, request: Request, named: dict[str, str], body: bytes) -> tuple[int, Any]:
        if named.get("locator"):
            rows, first = self._pages[named["locator"]]
            subject = named["locator"]
        else:
            subject = request.query_params.get("q", "")
            _, rows = soql.run(subject, lambda name: self._object(name, 400))
            first = 0
        self.calls.append(Called("query", subject))
        part, after = rows[first : first + self.page_size], first + self.page_size
        page: Row = {"totalSize": len(rows), "done": after >= len(rows), "records": part}
        if not page["done"]:
            locator = f"01g{secrets.token_hex(6)}-{after}"
            self._pages[locator] = (rows, after)
            page["nextRecordsUrl"] = f"/services/data/v{named['version']}/query/{locator}"
        return 200, page

    def _upsert(self, request: Request, named: dict[str, str], body: bytes) -> tuple[int, Any]:
        found, records = self._object(named["name"]), self._records(body, named["name"])
        spec = found.named(named["key"])
        if spec is None or not spec.is_external_id:
            said = f"Field name provided, {named['key']} is not an External ID or indexed field for {found.name}"
            raise Refused(400, "INVALID_FIELD", said)
        if any("Id" in record or "id" in record for record in records):
            raise Refused(400, "INVALID_FIELD", "The Id field should not be specified in the sobject data.")
        values = [str(record.get(spec.name)).casefold() for record in records]
        if len(set(values)) < len(values):
            raise Refused(400, "DUPLICATE_EXTERNAL_ID", "Duplicate external id specified")
        return self._carried_out(
            "upsert", found, records, lambda record: self.world.upsert(found.name, spec.name, record)
        )

    def _update(self, request: Request, named: dict[str, str], body: bytes) -> tuple[int, Any]:
        records = self._records(body)
        found = self._object(str(records[0]["attributes"]["type"]), 400)
        return self._carried_out("update", found, records, partial(self.world.update, found.name))

    def _upsert_one(self, request: Request, named: dict[str, str], body: bytes) -> tuple[int, Any]:
        found, value = self._object(named["name"]), unquote(named["value"])
        rows = found.holding(named["key"], value)
        if len(rows) > 1:
            self.calls.append(Called("upsert_one", found.name, (), ("300",)))
            return 300, [f"/services/data/v{named['version']}/sobjects/{found.name}/{row['Id']}" for row in rows]
        record = {**json.loads(body), named["key"]: value}
        write = partial(self.world.upsert, found.name, named["key"])
        status, results = self._carried_out("upsert_one", found, [record], write)
        return (201 if results[0].get("created") else status), results[0]

    def _unknown(self, request: Request, named: dict[str, str], body: bytes) -> tuple[int, Any]:
        raise Refused(404, "NOT_FOUND", "The requested resource does not exist")

    def _records(self, body: bytes, name: str | None = None) -> list[Row]:
        """The records of a collection request that is well formed."""
        try:
            said = json.loads(body)
            records = said["records"]
            types = {record["attributes"]["type"].lower() for record in records}
        except (ValueError, KeyError, TypeError):
            raise Refused(400, "JSON_PARSER_ERROR", "The request is no collection of records") from None
        if len(records) > MOST_RECORDS:
            said = f"record limit reached. cannot submit more than {MOST_RECORDS} records into this call"
            raise Refused(400, "EXCEEDED_ID_LIMIT", said)
        if said.get("allOrNone") is not False or len(types) != 1 or (name and types != {name.lower()}):
            raise Refused(400, "INVALID_INPUT", "allOrNone must be false here, and all records of one type")
        return records

    def _carried_out(
        self, verb: str, found: SObject, records: list[Row], write: Callable[[Row], Row]
    ) -> tuple[int, list[Row]]:
        results, codes = [], []
        for record in records:
            try:
                results.append(write(record))
            except RecordRefused as refused:
                codes.append(refused.code)
                results.append(refused.shape(record.get("Id")))
        self.calls.append(Called(verb, found.name, tuple(records), tuple(codes)))
        return 200, results


def _unlimited(path: str, key: str) -> None:
    """The day's limit is the organization's own affair: 403 with a code, no header of a window."""


def _routed(method: str, path: str) -> tuple[str, dict[str, Any]]:
    for verb, wanted, pattern in ROUTES:
        found = pattern.fullmatch(path)
        if found and method == wanted:
            return verb, found.groupdict()
    return "unknown", {}


def _body(code: str, message: str) -> bytes:
    return json.dumps([{"message": message, "errorCode": code}]).encode()
