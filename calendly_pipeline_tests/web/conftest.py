"""Homes and served apps for the tests of the receiver."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from calendly_pipeline.home import Home
from calendly_pipeline_tests.contacts.conftest import desk_firm as desk_firm
from calendly_pipeline_tests.contacts.conftest import furnished as furnished
from calendly_pipeline_tests.contacts.desk_firm import DeskFirm
from calendly_pipeline_tests.web.desk_served import HASH, Browser, desk_browser
from calendly_pipeline_tests.web.receiving import Receiving, receiving, set_keys


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty home; both keys are set."""
    set_keys(monkeypatch)
    return Home(tmp_path / "home")


@pytest.fixture
def receiver(home: Home) -> Iterator[Receiving]:
    """An app of its own."""
    with receiving(home) as served:
        yield served


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiving]:
    """One app for a module of requests that must all be refused; nothing may ever be stored in it."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        set_keys(monkeypatch)
        with receiving(Home(tmp_path_factory.mktemp("refusing"))) as served:
            yield served
            assert served.rows() == []


@pytest.fixture
def browser(desk_firm: DeskFirm, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """The small firm's desk with a password, nobody signed in."""
    monkeypatch.setenv("DESK_PASSWORD_HASH", HASH)
    with desk_browser(desk_firm) as opened:
        yield opened


@pytest.fixture
def dana(browser: Browser) -> Browser:
    """Dana, signed in."""
    assert browser.sign_in().status_code == 200
    return browser
