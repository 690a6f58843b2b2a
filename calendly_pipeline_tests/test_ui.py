"""`calendly-pipeline ui` for real: web server, daemon, a launched refresh, and a dropped file.

Takes about two minutes, so `make ui-test` runs it, not `make test`.
"""

import shutil
import time
from collections.abc import Iterator

import pytest

from calendly_pipeline.sample_home import SAMPLE
from calendly_pipeline_tests.ui_server import Ui, running_ui, wait_for

pytestmark = [pytest.mark.ui, pytest.mark.timeout(600)]

LAUNCH = """mutation {
  launchPipelineExecution(executionParams: {mode: "default", selector: {
    repositoryLocationName: "calendly_pipeline", repositoryName: "__repository__", jobName: "refresh"}}) {
    ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  }
}"""


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    """The UI over the sample's files in a home of their own, nothing run yet."""
    root = tmp_path_factory.mktemp("firm")
    shutil.copytree(SAMPLE, root, dirs_exist_ok=True)
    (root / "files.json").unlink()
    with running_ui(root, PIPELINE_AS_OF="2026-06-30T12:00:00Z") as page:
        yield page


def settled(ui: Ui, run_id: str) -> str | None:
    """The final status of a run; None while it goes on."""
    (run,) = [run for run in ui.runs("refresh") if run["runId"] == run_id]
    return run["status"] if run["status"] in ("SUCCESS", "FAILURE", "CANCELED") else None


def test_a_refresh_launched_from_the_ui_succeeds(ui: Ui) -> None:
    """The endpoint behind the button runs the whole pipeline."""
    run_id = ui.ask(LAUNCH)["launchPipelineExecution"]["run"]["runId"]
    assert wait_for(lambda: settled(ui, run_id), 180, "the refresh") == "SUCCESS"


def test_a_dropped_file_causes_exactly_one_run(ui: Ui) -> None:
    """A file put into data/calendly is taken in by one run, and by no second one."""
    wait_for(lambda: all(settled(ui, run["runId"]) for run in ui.runs("refresh")), 180, "earlier runs")
    before = {run["runId"] for run in ui.runs("refresh")}
    export = SAMPLE / "data" / "calendly" / "events-export 2.csv"
    lines = export.read_text(encoding="utf-8").splitlines(keepends=True)
    (ui.home.drop_folder("calendly") / "dropped.csv").write_text("".join(lines[:2]), encoding="utf-8")
    (started,) = wait_for(lambda: {run["runId"] for run in ui.runs("refresh")} - before, 120, "the run")
    assert wait_for(lambda: settled(ui, started), 180, "the run to end") == "SUCCESS"
    time.sleep(40)
    assert {run["runId"] for run in ui.runs("refresh")} - before == {started}
