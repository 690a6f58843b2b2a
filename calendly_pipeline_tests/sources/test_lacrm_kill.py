"""A pull of the CRM's contacts that is killed: the next one ends with exactly what the CRM knows."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from calendly_pipeline_tests.fakes.gate import Recorded
from calendly_pipeline_tests.fakes.lacrm.given import NOW
from calendly_pipeline_tests.sources.lacrm_pulled import Firm, firm


def killed_at(own: Firm, request: int) -> None:
    """Pull in another process, and kill it when it asks for the so-manieth time."""
    reached, left = threading.Event(), [request]

    def count(_: Recorded) -> None:
        left[0] -= 1
        if left[0] <= 0:
            reached.set()

    own.crm.server.on_request(count)
    module = "calendly_pipeline_tests.sources.lacrm_pull_process"
    command = [sys.executable, "-m", module, own.crm.url, own.crm.key, str(own.home.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert reached.wait(60)
        process.kill()


@pytest.mark.parametrize("request_number", [1, 5, 14, 27])
def test_a_kill_loses_nothing(tmp_path: Path, request_number: int) -> None:
    """After kill -9 in the middle of a second pull, the third is complete and exact, with the changes of both."""
    with firm(tmp_path, 60, latency=0.005) as own:
        own.pull(page_size=5)
        first, second, third, *_ = own.world.ids(companies=False)
        own.world.delete(first)
        own.world.edit(NOW, second, {"Last meeting": "2026-06-06"})
        killed_at(own, request_number)
        own.world.edit(NOW, third, {"Email": ["new@x.example"]})
        own.pull(page_size=5)
        assert own.differences() == []
