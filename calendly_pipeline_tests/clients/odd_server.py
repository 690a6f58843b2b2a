"""A server that answers what it is told, one reply after the other, and remembers what it was asked."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from calendly_pipeline.clients.calendly import CalendlyClient
from calendly_pipeline.clients.http import Retry, StaticToken, TokenSource
from calendly_pipeline_tests.fakes.serving import Served

Result = TypeVar("Result")
TOKEN = "canary-eyJraWQiOiIx.secret"  # noqa: S105 - no error may hold it
QUICK = Retry(attempts=4, first_wait_seconds=0.01, longest_wait_seconds=0.02)


@dataclass
class Reply:
    """One answer; `body` is JSON unless it is bytes."""

    status: int = 200
    body: Any = None
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def content(self) -> bytes:
        """The body as sent."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Asked:
    """One request."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int


class OddServer:
    """An ASGI app; the last reply is repeated."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.asked: list[Asked] = []
        self.at_once = self.most_at_once = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = (await receive()).get("body", b"")
        target = scope["path"] + ("?" + scope["query_string"].decode() if scope["query_string"] else "")
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        self.asked.append(Asked(scope["method"], target, headers, body, scope["client"][1]))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(reply.seconds)
        self.at_once -= 1
        told = {"content-type": reply.kind, "content-length": str(len(reply.content)), **reply.headers}
        listed = [(name.encode(), value.encode()) for name, value in told.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": listed})
        await send({"type": "http.response.body", "body": reply.content})


@dataclass
class Odd:
    """The server, and clients that ask it."""

    server: OddServer
    url: str

    def use(
        self, work: Callable[[CalendlyClient], Awaitable[Result]], tokens: TokenSource | None = None, **settings: Any
    ) -> Result:
        """What a client gives; its retries are quick."""

        async def run() -> Result:
            chosen = {"retry": QUICK, "limit_share": 1.0, **settings}
            async with CalendlyClient(self.url, tokens or StaticToken(TOKEN), **chosen) as client:
                return await work(client)

        return asyncio.run(run())

    def get(self, path: str = "/things", **settings: Any) -> Any:
        """The parsed answer to one GET."""

        async def ask(client: CalendlyClient) -> Any:
            return (await client.get(path, kind="things")).data

        return self.use(ask, **settings)


@contextmanager
def odd(*replies: Reply) -> Iterator[Odd]:
    """A server with these replies."""
    server = OddServer(*replies)
    with Served(server) as served:
        yield Odd(server, served.url)
