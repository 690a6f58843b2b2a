"""A pull through storms and kills: what is landed in the end is exactly what the vendor knows."""

import random
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from calendly_pipeline_tests.conftest import FaultTable
from calendly_pipeline_tests.fakes.calendly import CalendlyServer
from calendly_pipeline_tests.fakes.calendly.bulk import booked_firm
from calendly_pipeline_tests.fakes.faults import STORM, Faults
from calendly_pipeline_tests.fakes.limits import Limit
from calendly_pipeline_tests.fakes.serving import Served
from calendly_pipeline_tests.sources.pulled import Firm

NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)
MONTHS = ("2026-01", "2026-12")


@dataclass
class Outcome:
    """What a fault did: how often it struck, and the records lost or doubled in the end."""

    tried: int = 0
    lost: int = 0
    doubled: int = 0

    def look(self, firm: Firm) -> None:
        """Compare what is landed with what the vendor knows."""
        self.lost += sum(len(ids) for ids in firm.differences("event", "invitee", "event_type", "user").values())
        self.doubled += firm.doubled()


def storm(tmp_path: Path, events: int, seed: int) -> Outcome:
    """Pull everything while a fifth of all requests fails in every way there is."""
    faults = Faults(seed, 0.2, STORM, slow_seconds=0.05)
    server = CalendlyServer(booked_firm(events, "2026-01:2026-12"), limit=Limit(1_000_000), faults=faults)
    outcome = Outcome()
    with Served(server) as served:
        firm = Firm(tmp_path / "firm", server, served.url)
        report = firm.pull(*MONTHS, NOW, concurrency=24)
        outcome.look(firm)
        firm.close()
    assert set(faults.counts) == set(STORM)
    assert report.counts["repeated"] >= 0.15 * events
    outcome.tried = sum(faults.counts.values())
    return outcome


def killed(tmp_path: Path, events: int, kills: int, seed: int) -> Outcome:
    """Kill a pull at random moments, each time on a new home, until so many were hit; the next pull completes it."""
    server = CalendlyServer(booked_firm(events, "2026-01:2026-12"), limit=Limit(1_000_000), latency=0.01)
    chance = random.Random(seed)
    outcome = Outcome()
    with Served(server) as served:
        whole = _seconds_of_a_whole_pull(tmp_path / "whole", server, served.url)
        for number in count():
            if outcome.tried == kills:
                return outcome
            firm = Firm(tmp_path / f"firm{number}", server, served.url)
            process = _process(firm)
            time.sleep(chance.uniform(0, whole))
            outcome.tried += process.poll() is None
            process.kill()
            process.wait()
            firm.pull(*MONTHS, NOW, "backfill")
            outcome.look(firm)
            firm.close()
    raise AssertionError("count never ends")


def _process(firm: Firm) -> subprocess.Popen[str]:
    module = "calendly_pipeline_tests.sources.pull_process"
    arguments = [firm.url, firm.token, str(firm.home.root), "2026-01-01", "2026-12-01"]
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    process.stdout.close()
    return process


def _seconds_of_a_whole_pull(root: Path, server: CalendlyServer, url: str) -> float:
    firm = Firm(root, server, url)
    process = _process(firm)
    began = time.monotonic()
    assert process.wait(60) == 0
    firm.close()
    return time.monotonic() - began


def test_a_storm_loses_nothing(tmp_path: Path) -> None:
    """With 20 % of requests refused, broken, cut or slow, a pull of 150 events is complete and exact."""
    outcome = storm(tmp_path, 150, seed=1)
    assert (outcome.lost, outcome.doubled) == (0, 0)


def test_a_kill_loses_nothing(tmp_path: Path) -> None:
    """After kill -9 at three moments of a pull, the next pull ends with exactly what the vendor knows."""
    outcome = killed(tmp_path, 150, kills=3, seed=2)
    assert (outcome.lost, outcome.doubled) == (0, 0)


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_a_storm_over_five_thousand_events_loses_nothing(tmp_path: Path, fault_table: FaultTable) -> None:
    """The same storm for a whole pull of 5,000 events."""
    outcome = storm(tmp_path, 5_000, seed=3)
    fault_table.add(
        "a fifth of a pull's requests refused, broken, cut short or slow (5,000 events)",
        **vars(outcome),
        shown="`repeated` in the pull's metadata",
    )
    assert (outcome.lost, outcome.doubled) == (0, 0)


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_twenty_kills_lose_nothing(tmp_path: Path, fault_table: FaultTable) -> None:
    """kill -9 at 20 random moments of a pull of 1,000 events: each time the next pull ends exactly right."""
    outcome = killed(tmp_path, 1_000, kills=20, seed=4)
    shown = "the run is marked as failed within a minute; the next one goes on"
    fault_table.add("`kill -9` in a pull (1,000 events)", **vars(outcome), shown=shown)
    assert (outcome.lost, outcome.doubled) == (0, 0)
