"""A backfill of two years from the UI's endpoint: cancelled half-way, launched again, exact in the end."""

import json
import time
from pathlib import Path

import pytest

from calendly_pipeline.home import Home
from calendly_pipeline_tests.fakes.calendly import CalendlyServer
from calendly_pipeline_tests.fakes.calendly.bulk import booked_firm
from calendly_pipeline_tests.fakes.limits import Limit
from calendly_pipeline_tests.fakes.serving import Served
from calendly_pipeline_tests.sources.pulled import Firm
from calendly_pipeline_tests.ui_server import Ui, running_ui, wait_for

pytestmark = [pytest.mark.ui, pytest.mark.timeout(600)]

MONTHS = [f"{year}-{month:02}" for year in (2024, 2025) for month in range(1, 13)]
EVENTS = 2_400


def launched(ui: Ui) -> str:
    """A backfill of every month as the UI's button launches it; gives its id."""
    params = 'assetSelection: [{path: ["sources", "calendly_pull"]}], partitionNames: ' + json.dumps(MONTHS)
    answers = "...on LaunchBackfillSuccess { backfillId } ...on PythonError { message }"
    asked = f"mutation {{ launchPartitionBackfill(backfillParams: {{{params}}}) {{ {answers} }} }}"
    return ui.ask(asked)["launchPartitionBackfill"]["backfillId"]


def status(ui: Ui, backfill: str) -> str:
    """Where a backfill stands."""
    asked = f'{{ partitionBackfillOrError(backfillId: "{backfill}") {{ ...on PartitionBackfill {{ status }} }} }}'
    return ui.ask(asked)["partitionBackfillOrError"]["status"]


def test_a_backfill_cancelled_half_way_and_launched_again_ends_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """24 months are one run; what was landed before the cancellation counts, and the second run does the rest."""
    server = CalendlyServer(booked_firm(EVENTS, f"{MONTHS[0]}:{MONTHS[-1]}"), limit=Limit(1_000_000), latency=0.3)
    home = Home(tmp_path / "firm")
    home.create()
    home.settings_file.write_text('[firm]\ntime_zone = "UTC"\n', encoding="utf-8")
    with Served(server) as served:
        token = server.tokens.personal(server.world.owner, None)
        variables = {"CALENDLY_API_URL": served.url, "CALENDLY_ACCESS_TOKEN": token}
        with running_ui(home.root, **variables) as ui:
            first = launched(ui)
            wait_for(lambda: len(server.requests) > EVENTS / 3, 120, "a third of the requests")
            ui.ask(f'mutation {{ cancelPartitionBackfill(backfillId: "{first}") {{ __typename }} }}')
            wait_for(lambda: status(ui, first) == "CANCELED", 120, "the cancellation")
            asked = len(server.requests)
            time.sleep(3)
            assert len(server.requests) == asked  # it really stopped
            assert asked < EVENTS
            second = launched(ui)
            ended = ("COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "COMPLETED")
            assert wait_for(lambda: status(ui, second) in ended and status(ui, second), 300, "the backfill").startswith(
                "COMPLETED"
            )
            causes = [tag["value"] for run in ui.runs() for tag in run["tags"] if tag["key"] == "dagster/backfill"]
            assert sorted(causes) == sorted([first, second])  # one run each, whatever the number of months
        assert len(server.requests) < asked + EVENTS  # the second went on, it did not begin anew
        firm = Firm(home.root, server, served.url)
        assert firm.differences() == {}
        firm.close()
