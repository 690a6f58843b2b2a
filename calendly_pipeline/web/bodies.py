"""Reading a request's body within bounds, and refusing what cannot be a webhook.

What belongs here: limits on size, time and headers that hold whoever sends. What does not: signatures.
"""

import asyncio
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse


@dataclass(frozen=True)
class Limits:
    """What one request may take."""

    body_bytes: int = 1024 * 1024
    body_seconds: float = 5
    commit_seconds: float = 8  # with the body's 5 s still inside the 15 s after which Calendly hangs up


class Refused(Exception):
    """A request that is answered with an error; `reason` never quotes what was sent."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason

    def response(self) -> JSONResponse:
        """The answer; the connection is closed, because the rest of the body may still be on its way."""
        return JSONResponse({"error": self.reason}, self.status, {"connection": "close"})


def require_single_headers(request: Request, *names: str) -> None:
    """Refuse a request that says one of these twice: which one counts would depend on who reads it."""
    for name in (*names, "content-type", "content-encoding", "content-length"):
        if len(request.headers.getlist(name)) > 1:
            raise Refused(400, f"header {name} given twice")


def require_plain(request: Request, media_types: frozenset[str]) -> None:
    """Refuse compressed bodies and content types other than these."""
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Refused(415, "compressed body")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in media_types:
        raise Refused(415, f"content type must be {' or '.join(sorted(media_types))}")


async def read_body(request: Request, limits: Limits) -> bytes:
    """The whole body; counted while it comes in, so that neither a false length nor none gets past the limit."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limits.body_bytes:
        raise Refused(413, "body too large")
    try:
        async with asyncio.timeout(limits.body_seconds):
            body = await _read(request, limits.body_bytes)
    except TimeoutError:
        raise Refused(408, "body too slow") from None
    except ClientDisconnect:
        raise Refused(400, "body cut short") from None
    if not body:
        raise Refused(400, "empty body")
    return body


async def _read(request: Request, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise Refused(413, "body too large")
    return bytes(body)
