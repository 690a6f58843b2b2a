"""A real browser for the tests marked `ui`, and axe-core's verdict on the page it shows.

Neither is installed by `make test`. Where one is missing the tests fail and say how to get it; nothing is skipped.
"""

import importlib
import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline.home import REPOSITORY

OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
REMEDY = "apt-get install chromium; .venv/bin/pip install playwright; npm install --no-save axe-core"


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None or importlib.util.find_spec("playwright") is None:
        pytest.fail(f"Chromium and playwright are needed: {REMEDY}")
    sync_playwright = importlib.import_module("playwright.sync_api").sync_playwright
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=OPTIONS)
        yield browser
        browser.close()


def axe_findings(page: Any) -> list[str]:
    """What axe-core finds wrong with the page as it stands: every rule, every impact."""
    source = Path(os.environ.get("AXE_CORE") or REPOSITORY / "node_modules" / "axe-core" / "axe.min.js")
    if not source.exists():
        pytest.fail(f"axe-core is needed in node_modules, or named by AXE_CORE: {REMEDY}")
    page.evaluate(source.read_text(encoding="utf-8"))  # not a script tag: the page's own policy forbids those
    found = page.evaluate("axe.run()")
    assert len(found["passes"]) > 10, "axe looked at nothing"
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
