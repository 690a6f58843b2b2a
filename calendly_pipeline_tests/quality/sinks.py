"""Somewhere to send alerts: a mail server and a web server on 127.0.0.1 that keep what they are given."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route


class HttpSink:
    """Keeps every JSON body; answers `status`, as Slack does: with a word, no JSON."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.status = 200
        self.asked_count = 0
        self.app = Starlette(routes=[Route("/{path:path}", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> PlainTextResponse:
        self.asked_count += 1
        if self.status == 200:
            self.bodies.append(json.loads(await request.body()))
        return PlainTextResponse("ok" if self.status == 200 else "invalid_token", self.status)


class MailSink:
    """Keeps every mail; `answer` other than 250 refuses it."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, str]] = []
        """Subject and text."""
        self.recipients: list[list[str]] = []
        self.answer = "250 OK"
        self.refused: set[str] = set()
        self.passwords: list[bytes] = []

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        """Take a recipient or refuse it."""
        if address in self.refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a mail."""
        if self.answer.startswith("250"):
            message = message_from_bytes(envelope.original_content or b"", policy=default)
            self.mails.append((str(message["subject"]), message.get_content()))
            self.recipients.append(list(envelope.rcpt_tos))
        return self.answer

    def sign_in(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Keep the password and refuse it."""
        self.passwords.append(data.password)
        return AuthResult(success=False, handled=False)


@contextmanager
def mail_server(sink: MailSink, **options: Any) -> Iterator[int]:
    """Serve the sink; yields the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(sink, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()
