"""A running Dagster UI, its web server and its daemon, for tests that ask it as the browser does."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from calendly_pipeline.home import Home

RUNS = "{ runsOrError { ... on Runs { results { runId jobName status tags { key value } } } } }"
READY = """{ workspaceOrError { ... on Workspace { locationEntries { name loadStatus } } }
  instance { daemonHealth { allDaemonStatuses { daemonType healthy } } } }"""


@dataclass(frozen=True)
class Ui:
    """A running Dagster UI of one firm."""

    home: Home
    url: str

    def ask(self, query: str) -> dict[str, Any]:
        """One GraphQL request."""
        answer = httpx.post(f"{self.url}/graphql", json={"query": query}, timeout=30).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def runs(self, job: str | None = None) -> list[dict[str, Any]]:
        """Every run (of a job), newest first."""
        return [run for run in self.ask(RUNS)["runsOrError"]["results"] if job in (None, run["jobName"])]


def wait_for(found: Callable[[], Any], seconds: float, what: str) -> Any:
    """Ask until there is an answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(httpx.TransportError):
            answer = found()
            if answer:
                return answer
        time.sleep(1)
    raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")


@contextmanager
def running_ui(root: Path, **variables: str) -> Iterator[Ui]:
    """The UI of the firm in `root`, ready to be asked."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "calendly_pipeline.cli", "ui", "--port", str(port)],
        env={**os.environ, "PIPELINE_HOME": str(root), **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    page = Ui(Home(root), f"http://127.0.0.1:{port}")

    def is_ready() -> bool:
        state = page.ask(READY)
        entries = state["workspaceOrError"]["locationEntries"]
        daemons = state["instance"]["daemonHealth"]["allDaemonStatuses"]
        return all(entry["loadStatus"] == "LOADED" for entry in entries) and all(d["healthy"] for d in daemons)

    try:
        wait_for(is_ready, 120, "the UI and its daemons")
        yield page
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
