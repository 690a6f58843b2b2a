"""Salesforce's users into landing: whole, only when they changed, and never by halves."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline.failures import Unauthenticated
from calendly_pipeline.home import SAMPLE_MARK, Home
from calendly_pipeline.settings import Settings
from calendly_pipeline.sources.page_loading import load_pages
from calendly_pipeline.sources.pages import page_files
from calendly_pipeline.sources.pulls import Pulled
from calendly_pipeline.sources.salesforce_pull import pull_users
from calendly_pipeline.state import State
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.fakes.salesforce.bulk import TOKEN
from calendly_pipeline_tests.fakes.salesforce.given import Org, salesforce

SETTINGS = Settings.model_validate({"destinations": {"salesforce_links": {}}})


class Firm:
    """A home that pulls from one Salesforce."""

    def __init__(self, root: Path, org: Org) -> None:
        self.home = Home(root)
        self.home.create()
        self.state = State(f"sqlite:///{self.home.data / 'state.db'}")
        self.state.upgrade()
        self.org = org
        self.runs = 0

    def pull(self, settings: Settings = SETTINGS) -> Pulled:
        """One pull."""
        self.runs += 1
        return pull_users(self.home, settings, self.state, f"run{self.runs:03}", lambda _: None)

    def users(self, tables: Tables) -> list[dict[str, Any]]:
        """The table, after loading."""
        load_pages(tables.connection, self.home)
        return tables.run("sources.salesforce_users").rows("sources.salesforce_users")


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Firm]:
    """A firm with three users of Salesforce."""
    with salesforce(3) as org:
        monkeypatch.setenv("SALESFORCE_INSTANCE_URL", org.url)
        monkeypatch.setenv("SALESFORCE_ACCESS_TOKEN", TOKEN)
        opened = Firm(tmp_path / "firm", org)
        yield opened
        opened.state.close()


def test_users_are_a_table(firm: Firm, tables: Tables) -> None:
    """One row per user with the address in lower case, the inactive among them; of nobody more than is needed."""
    gone = firm.org.world.add_user("Zoe@Firm.example", is_active=False)
    report = firm.pull().reports[0]
    rows = firm.users(tables)
    assert (report.state, report.counts["users"], report.counts["requests"]) == ("done", 4, 1)
    assert {(row["user_id"], row["email"], row["is_active"]) for row in rows} >= {(gone, "zoe@firm.example", False)}
    assert len(rows) == 4
    assert set(json.loads(tables.rows("select body::varchar as b from sources.api_records")[0]["b"])["users"][0]) == {
        "user_id",
        "address",
        "username",
        "is_active",
    }


def test_only_news_lands(firm: Firm, tables: Tables) -> None:
    """The same list lands once; who is no longer active, renamed or new makes another; the newest counts."""
    firm.pull()
    firm.pull()
    assert len(page_files(firm.home)) == 1
    user = next(iter(firm.org.world.objects["User"].rows))
    firm.org.world.user(user).update(IsActive=False, Email="new@firm.example")
    firm.pull()
    assert len(page_files(firm.home)) == 2
    row = next(row for row in firm.users(tables) if row["user_id"] == user)
    assert (row["email"], row["is_active"]) == ("new@firm.example", False)
    assert tables.rows("select count(*) as pulls from sources.pulls where platform = 'salesforce'") == [{"pulls": 3}]


def test_a_pull_that_fails_changes_nothing(firm: Firm, tables: Tables) -> None:
    """A session that ended is reported with its remedy; the last list stays, and no pull is on record."""
    firm.pull()
    firm.org.world.sessions.clear()
    pulled = firm.pull()
    assert isinstance(pulled.error, Unauthenticated)
    assert "failed" in pulled.reports[0].state
    assert len(firm.users(tables)) == 3
    assert len(tables.rows("sources.pulls")) == 1


def test_firms_without_salesforce_ask_nobody(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the table, without a login, and for the sample: not configured, and no request."""
    states = [firm.pull(Settings()).reports[0].state]
    monkeypatch.delenv("SALESFORCE_INSTANCE_URL")
    monkeypatch.delenv("SALESFORCE_ACCESS_TOKEN")
    states.append(firm.pull().reports[0].state)
    (firm.home.root / SAMPLE_MARK).write_text("{}", encoding="utf-8")
    states.append(firm.pull().reports[0].state)
    assert [state.partition(":")[0] for state in states] == ["not configured"] * 3
    assert len({*states}) == 3
    assert len(firm.org.server.requests) == 0


def test_half_a_login_fails(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, as any other failure of a pull."""
    monkeypatch.delenv("SALESFORCE_INSTANCE_URL")
    assert "SALESFORCE_INSTANCE_URL is not set" in str(firm.pull().error)
