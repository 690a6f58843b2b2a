"""Run the app: one process, one event loop, logs that name nobody, a clean stop.

What belongs here: uvicorn, logging and signals. What does not: the app.
"""

import logging
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from calendly_pipeline.failures import SettingsError
from calendly_pipeline.home import Home
from calendly_pipeline.web.app import create_app

MOST_CONNECTIONS = 512
"""Beyond it the answer is 503; it bounds the memory that bodies under way can take."""

STOP_SECONDS = 20
"""Longer than any request may take."""

log = logging.getLogger(__name__)


def serve(home: Home, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl+C; requests under way are finished first.

    Port 0 takes a free one; the log says which. Call it from the main thread. SIGTERM ends in SystemExit(0).
    """
    _log_to_stderr()
    listener = _listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    with listener, _sigterm_exits():
        app = create_app(home)
        log.info("listening on http://%s:%d", shown, listener.getsockname()[1])
        try:
            uvicorn.Server(_config(app)).run(sockets=[listener])
        finally:
            log.info("since the start: %s", dict(app.state.outcomes) or "nothing came in")


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="on",
        ws="none",
        log_config=None,
        access_log=False,  # it would hold addresses and query strings
        proxy_headers=False,  # whom the desk trusts goes by the connection, never by what a header says
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        raise SettingsError(
            f"Cannot listen on {host} port {port}: {getattr(error, 'strerror', None) or error}.",
            "Choose another with --host or --port, or stop the program that holds it.",
        ) from error


@contextmanager
def _sigterm_exits() -> Iterator[None]:
    """uvicorn stops cleanly on SIGTERM, then raises the signal again; by then that is no reason to die of it."""
    former = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
