"""A send in a process of its own, killed at a chosen write."""

import multiprocessing
import os
import time
from collections.abc import Callable
from pathlib import Path

from calendly_pipeline.destinations.sending import Order, send
from calendly_pipeline.home import Home
from calendly_pipeline.sample_home import SAMPLE_AS_OF
from calendly_pipeline.settings_file import load_settings
from calendly_pipeline.state import State

WAIT_SECONDS = 120.0
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])


def send_until_killed(home: Home, name: str, url: str, run_id: str, writes: Callable[[], int], at: int) -> bool:
    """Start a send and kill it without warning when the vendor has seen so many writes; whether it was killed."""
    child = _processes.Process(target=_send, args=(str(home.root), name, url, run_id, dict(os.environ)))
    child.start()
    deadline = time.monotonic() + WAIT_SECONDS
    while child.is_alive() and writes() < at and time.monotonic() < deadline:
        time.sleep(0.0005)
    was_alive = child.is_alive()
    child.kill()
    child.join()
    child.close()
    return was_alive


def _send(root: str, name: str, url: str, run_id: str, environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    home = Home(Path(root))
    state = State(url)
    send(home, load_settings(home.settings_file), state, name, Order(run_id, SAMPLE_AS_OF), lambda _: None)
