"""The app of a firm under test, served over real HTTP, and senders that sign as the vendors do."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette

from calendly_pipeline.home import Home
from calendly_pipeline.state import webhook_deliveries
from calendly_pipeline.web.app import create_app
from calendly_pipeline.web.bodies import Limits
from calendly_pipeline.web.signatures import sign_calcom, sign_calendly
from calendly_pipeline_tests.fakes.serving import Served

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
KEY = "calendly-key-9f3b"
SECRET = "calcom-secret-71ac"  # noqa: S105 - of the tests
SMALL = Limits(body_bytes=64 * 1024)
"""A limit that a test need not send a megabyte for."""

HASTY = Limits(body_seconds=0.3, commit_seconds=0.4)
"""Patience that a test can wait out."""


def calendly_body(number: int = 1, kind: str = "invitee.created") -> bytes:
    """A delivery in Calendly's shape; numbers tell them apart."""
    uri = f"https://api.calendly.com/scheduled_events/E/invitees/{number}"
    payload = {"uri": uri, "email": "ada@example.com", "name": "Ada"}
    return json.dumps({"event": kind, "created_at": "2026-06-30T11:59:58.000000Z", "payload": payload}).encode()


def calcom_body(number: int = 1, kind: str = "BOOKING_CREATED") -> bytes:
    """A delivery in Cal.com's shape."""
    payload = {"uid": f"uid-{number}", "attendees": [{"email": "ada@example.com"}]}
    return json.dumps({"triggerEvent": kind, "createdAt": "2026-06-30T11:59:58.123Z", "payload": payload}).encode()


@dataclass
class Receiving:
    """A served app and what can be sent to it."""

    url: str
    app: Starlette
    client: httpx.Client

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        """Send a body with exactly these headers besides httpx's own."""
        return self.client.post(self.url + path, content=body, headers=headers)

    def calendly(self, body: bytes, path: str = "", key: str = KEY, at: datetime = NOW) -> httpx.Response:
        """Send as Calendly does."""
        return self.post("/webhooks/calendly" + path, body, calendly_headers(body, key, at))

    def calcom(self, body: bytes, path: str = "", key: str = SECRET) -> httpx.Response:
        """Send as Cal.com does."""
        headers = {"content-type": "application/json", "x-cal-signature-256": sign_calcom(body, key)}
        return self.post("/webhooks/calcom" + path, body, {**headers, "x-cal-webhook-version": "2021-10-20"})

    def rows(self) -> list[dict[str, Any]]:
        """What the state store holds."""
        return self.app.state.intake.state.rows(webhook_deliveries)

    def raw(self, *parts: bytes, hang_up: bool = False) -> str:
        """Send bytes as they are; the answer's status, '' when there is none."""
        address = urlsplit(self.url)
        with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=5) as connection:
            for part in parts:
                connection.sendall(part)
            if hang_up:
                return ""
            return connection.recv(64).decode()[9:12]


def calendly_headers(body: bytes, key: str = KEY, at: datetime = NOW) -> dict[str, str]:
    """The headers Calendly would send with a body."""
    return {"content-type": "application/json", "calendly-webhook-signature": sign_calendly(body, key, at)}


@contextmanager
def receiving(home: Home, limits: Limits = SMALL, now: Callable[[], datetime] = lambda: NOW) -> Iterator[Receiving]:
    """Serve the app of a home."""
    app = create_app(home, now=now, limits=limits)
    with Served(app) as served, httpx.Client(timeout=10) as client:
        yield Receiving(served.url, app, client)


def set_keys(monkeypatch: pytest.MonkeyPatch, **keys: str | None) -> None:
    """Set the variables that hold keys; the usual two unless told otherwise."""
    usual = {"CALENDLY_WEBHOOK_SIGNING_KEY": KEY, "CAL_COM_WEBHOOK_SECRET": SECRET, "PIPELINE_STATE_URL": None}
    for name, value in {**usual, **keys}.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
