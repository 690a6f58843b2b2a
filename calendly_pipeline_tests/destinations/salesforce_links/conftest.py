"""A firm and its Salesforce."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from calendly_pipeline.state import State
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.destinations.salesforce_links.firm import Firm
from calendly_pipeline_tests.fakes.salesforce.bulk import TOKEN
from calendly_pipeline_tests.fakes.salesforce.given import salesforce


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state store at its newest version, empty."""
    path = tmp_path_factory.mktemp("state") / "state.db"
    store = State(f"sqlite:///{path}")
    store.upgrade()
    store.close()
    return path


@pytest.fixture
def firm(tables: Tables, upgraded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Firm]:
    """A firm without members, with Calendly's package in a Salesforce without users."""
    path = tmp_path / "state.db"
    path.write_bytes(upgraded.read_bytes())
    state = State(f"sqlite:///{path}")
    with salesforce() as org:
        monkeypatch.setenv("SALESFORCE_INSTANCE_URL", org.url)
        monkeypatch.setenv("SALESFORCE_ACCESS_TOKEN", TOKEN)
        yield Firm(tables, org, state)
    state.close()
