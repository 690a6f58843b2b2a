"""What stands before every fake: the record of requests, hooks, latency, limits, faults and the control endpoint."""

import asyncio
import json
import re
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from calendly_pipeline_tests.fakes.faults import Faults
from calendly_pipeline_tests.fakes.limits import Headers, Limit, Taken

Scope = Mapping[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Choose = Callable[[str, str], tuple[Limit, str] | None]  # (path, key's header) -> limit and its key

HTML = b"<html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>"
SECRETS = ("x-clevertap-passcode",)
"""Headers beside Authorization whose value is not kept."""
_ID = re.compile(r"(?<=/)(?:\d+|(?=[^/]*[0-9A-Z])[^/]{8,})(?=/|$)")


@dataclass(slots=True)
class Recorded:
    """One request as it came in; the token's value is not kept."""

    method: str
    path: str
    query_string: str
    headers: dict[str, str]
    body: bytes = b""
    fault: str | None = None
    status: int | None = None  # null: no answer was sent

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query's pairs, in order, blank values kept."""
        return parse_qsl(self.query_string, keep_blank_values=True)


@dataclass
class Stats:
    """How much the fake has done; the control endpoint is not counted."""

    served: int = 0  # answered by the fake itself, 4xx included
    refused: int = 0  # 429 by the limit
    failed: int = 0  # hit by a fault
    at_once: int = 0
    most_at_once: int = 0
    by_path: Counter[str] = field(default_factory=Counter)
    by_status: Counter[int] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """JSON for the control endpoint."""
        listed = {name: getattr(self, name) for name in ("served", "refused", "failed", "most_at_once")}
        return {**listed, "by_path": dict(self.by_path), "by_status": {str(k): v for k, v in self.by_status.items()}}


class Gate:
    """ASGI app in front of a vendor's app."""

    def __init__(
        self,
        app: Any,
        choose_limit: Choose,
        too_many: bytes,
        server_error: bytes,
        *,
        faults: Faults | None = None,
        latency: float = 0.0,
        keep: int = 20_000,
        key_header: str = "authorization",
    ) -> None:
        self.app = app
        self.copy: Any = None  # what answers the fault `stale`
        self.choose_limit = choose_limit
        self.too_many = too_many
        self.server_error = server_error
        self.faults = faults or Faults()
        self.latency = latency
        self.key_header = key_header
        self.requests: deque[Recorded] = deque(maxlen=keep)
        self.stats = Stats()
        self.controls: dict[str, Callable[[dict[str, Any]], Any]] = {}  # verbs of POST /_control/<verb>
        self.reports: dict[str, Callable[[], Any]] = {"stats": self.stats.as_dict}  # GET /_control/<name>
        self._hooks: list[Callable[[Recorded], None]] = []

    def on_request(self, hook: Callable[[Recorded], None]) -> None:
        """Call this before each request is looked at, so that the world changes while a client reads it."""
        self._hooks.append(hook)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"].startswith("/_control/"):
            await self._control(scope, receive, send)
            return
        self.stats.at_once += 1
        self.stats.most_at_once = max(self.stats.most_at_once, self.stats.at_once)
        try:
            await self._answer(scope, receive, send)
        finally:
            self.stats.at_once -= 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(scope, receive)
        recorded, authorization = _record(scope, body, self.key_header)
        self.requests.append(recorded)
        self.stats.by_path[f"{recorded.method} {_ID.sub('{id}', recorded.path)}"] += 1
        for hook in self._hooks:
            hook(recorded)
        chosen = self.choose_limit(recorded.path, authorization)
        taken = chosen[0].take(chosen[1]) if chosen else None
        if self.latency:
            await asyncio.sleep(self.latency)
        headers = chosen[0].headers(taken) if chosen and taken else []
        sender = _Sender(send, headers, recorded, self.stats)
        if taken and not taken.allowed:
            self.stats.refused += 1
            await sender.answer(429, self.too_many)
            return
        recorded.fault = self.faults.next_for(recorded.path)
        if recorded.fault is None:
            self.stats.served += 1
            await self.app(scope, _replay(body), sender)
            return
        self.stats.failed += 1
        if recorded.fault == "429" and chosen and taken:
            full = Taken(False, taken.limit, 0, self.faults.retry_seconds)
            sender.headers = chosen[0].headers(full)
        await self._fail(recorded.fault, scope, body, sender)

    async def _fail(self, fault: str, scope: Scope, body: bytes, sender: "_Sender") -> None:
        if fault == "429":
            await sender.answer(429, self.too_many)
        elif fault == "500":
            await sender.answer(500, self.server_error)
        elif fault == "502":
            sender.headers = []
            await sender.answer(502, HTML, b"text/html; charset=UTF-8")
        elif fault == "cut":
            await sender.cut()
        elif fault == "slow":
            await asyncio.sleep(self.faults.slow_seconds)
            await self.app(scope, _replay(body), sender)
        elif fault == "stale":
            await self.copy(scope, _replay(body), sender)
        else:
            status, whole = await _run(self.app, scope, body)
            await sender.break_off(fault, status, whole)

    async def _control(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].removeprefix("/_control/")
        body = await _body(scope, receive)
        sender = _Sender(send, [], None, None)
        status, answer = 200, None
        try:
            if scope["method"] == "GET" and name in self.reports:
                answer = self.reports[name]()
            elif scope["method"] == "POST" and name in self.controls:
                answer = self.controls[name](json.loads(body or b"{}"))
            else:
                status, answer = 404, {"known": sorted([*self.reports, *self.controls])}
        except (KeyError, TypeError, ValueError) as error:
            status, answer = 400, {"error": repr(error)}
        await sender.answer(status, json.dumps(answer).encode())


class _Sender:
    """Adds the vendor's headers to an answer, or breaks it off."""

    def __init__(self, send: Send, headers: Headers, recorded: Recorded | None, stats: Stats | None) -> None:
        self.send = send
        self.headers = headers
        self.recorded = recorded
        self.stats = stats

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._note(message["status"])
            message["headers"] = [*message.get("headers", ()), *self.headers]
        await self.send(message)

    async def answer(self, status: int, body: bytes, kind: bytes = b"application/json") -> None:
        """A whole answer."""
        await self._start(status, kind, len(body))
        await self.send({"type": "http.response.body", "body": body})

    async def break_off(self, fault: str, status: int, body: bytes) -> None:
        """An answer that does not arrive as it should, though the request was carried out."""
        half = body[: len(body) // 2]
        if fault == "truncated":
            await self.answer(status, half)
        elif fault == "half":
            await self._start(status, b"application/json", len(body) + 1)
            await self.send({"type": "http.response.body", "body": half, "more_body": True})
            await self.cut()
        else:
            await self.cut()

    async def cut(self) -> None:
        """End the connection; uvicorn's `send` is a method of the object that holds it."""
        holder: Any = getattr(self.send, "__self__", None)
        await asyncio.sleep(0.005)  # let what was written leave
        holder.transport.abort()
        await asyncio.sleep(0.005)  # let uvicorn notice, else it answers 500

    async def _start(self, status: int, kind: bytes, size: int) -> None:
        self._note(status)
        own = [(b"content-type", kind), (b"content-length", str(size).encode())]
        await self.send({"type": "http.response.start", "status": status, "headers": [*own, *self.headers]})

    def _note(self, status: int) -> None:
        if self.recorded is not None and self.stats is not None:
            self.recorded.status = status
            self.stats.by_status[status] += 1


async def _body(scope: Scope, receive: Receive) -> bytes:
    if scope["method"] in ("GET", "HEAD"):
        return b""
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _run(app: Any, scope: Scope, body: bytes) -> tuple[int, bytes]:
    """What the app would answer."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, _replay(body), keep)
    return messages[0]["status"], b"".join(message.get("body", b"") for message in messages[1:])


def _record(scope: Scope, body: bytes, key_header: str) -> tuple[Recorded, str]:
    pairs: Iterable[tuple[bytes, bytes]] = scope["headers"]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in pairs}
    authorization = headers.get(key_header, "")
    if authorization:
        scheme, _, token = authorization.partition(" ")
        headers[key_header] = f"{scheme} ***" if token else "***"
    headers |= {name: "***" for name in SECRETS if name in headers}
    return Recorded(scope["method"], scope["path"], scope["query_string"].decode(), headers, body), authorization
