"""`calendly-pipeline ui` for real: web server, daemon, a launched refresh, and a dropped file.

Takes about two minutes, so `make ui-test` runs it, not `make test`.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from calendly_pipeline.home import Home
from calendly_pipeline.sample_home import SAMPLE

pytestmark = [pytest.mark.ui, pytest.mark.timeout(600)]

LAUNCH = """mutation {
  launchPipelineExecution(executionParams: {mode: "default", selector: {
    repositoryLocationName: "calendly_pipeline", repositoryName: "__repository__", jobName: "refresh"}}) {
    ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  }
}"""
RUNS = "{ runsOrError { ... on Runs { results { runId status tags { key value } } } } }"
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

    def runs(self) -> list[dict[str, Any]]:
        """Every run, newest first."""
        return self.ask(RUNS)["runsOrError"]["results"]


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


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    """The UI over the sample's files in a home of their own, nothing run yet."""
    root = tmp_path_factory.mktemp("firm")
    shutil.copytree(SAMPLE, root, dirs_exist_ok=True)
    (root / "files.json").unlink()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "calendly_pipeline.cli", "ui", "--port", str(port)],
        env={**os.environ, "PIPELINE_HOME": str(root), "PIPELINE_AS_OF": "2026-06-30T12:00:00Z"},
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


def settled(ui: Ui, run_id: str) -> str | None:
    """The final status of a run; None while it goes on."""
    (run,) = [run for run in ui.runs() if run["runId"] == run_id]
    return run["status"] if run["status"] in ("SUCCESS", "FAILURE", "CANCELED") else None


def test_a_refresh_launched_from_the_ui_succeeds(ui: Ui) -> None:
    """The endpoint behind the button runs the whole pipeline."""
    run_id = ui.ask(LAUNCH)["launchPipelineExecution"]["run"]["runId"]
    assert wait_for(lambda: settled(ui, run_id), 180, "the refresh") == "SUCCESS"


def test_a_dropped_file_causes_exactly_one_run(ui: Ui) -> None:
    """A file put into data/calendly is taken in by one run, and by no second one."""
    wait_for(lambda: all(settled(ui, run["runId"]) for run in ui.runs()), 180, "earlier runs")
    before = {run["runId"] for run in ui.runs()}
    export = SAMPLE / "data" / "calendly" / "events-export 2.csv"
    lines = export.read_text(encoding="utf-8").splitlines(keepends=True)
    (ui.home.drop_folder("calendly") / "dropped.csv").write_text("".join(lines[:2]), encoding="utf-8")
    (started,) = wait_for(lambda: {run["runId"] for run in ui.runs()} - before, 120, "the run")
    assert wait_for(lambda: settled(ui, started), 180, "the run to end") == "SUCCESS"
    time.sleep(40)
    assert {run["runId"] for run in ui.runs()} - before == {started}
