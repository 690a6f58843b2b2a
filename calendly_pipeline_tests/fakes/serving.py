"""Run an ASGI app on 127.0.0.1: in a thread beside a test, or as a process of its own."""

import asyncio
import json
import socket
import sys
import threading
import time
from types import TracebackType
from typing import Any

import uvicorn

START_SECONDS = 10.0


class Served:
    """A server in a thread of this process for as long as the `with` block lasts."""

    def __init__(self, app: Any, port: int = 0) -> None:
        self.app = app
        self.port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the app listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Served":
        listening = _listen(self.port)
        self.port = listening.getsockname()[1]
        self._server = _Server(_config(self.app))
        arguments = {"sockets": [listening]}
        self._thread = threading.Thread(target=self._server.run, kwargs=arguments, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("The fake server did not start.")
            time.sleep(0.002)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(START_SECONDS)
        if self._thread.is_alive():
            raise RuntimeError("The fake server did not stop.")


class _Server(uvicorn.Server):
    """Ends at once when nobody is connected, where uvicorn waits 0.2 s: tests start many servers."""

    async def main_loop(self) -> None:
        ticks = 0
        while not await self.on_tick(ticks // 10):
            ticks += 1
            await asyncio.sleep(0.01)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for listening in self.servers:
            listening.close()
            await listening.wait_closed()
        for listening in sockets or []:
            listening.close()


def serve_until_killed(app: Any, port: int = 0, **announced: Any) -> None:
    """Print `{"url": ..., ...announced}` as the first line of stdout, then serve."""
    listening = _listen(port)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    sys.stdout.write(json.dumps({"url": url, **announced}) + "\n")
    sys.stdout.flush()
    uvicorn.Server(_config(app)).run(sockets=[listening])


def _listen(port: int) -> socket.socket:
    """A listening socket, so that a client may connect before the loop runs."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(512)
    return listening


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        lifespan="auto",
        ws="none",
        timeout_graceful_shutdown=1,
    )
