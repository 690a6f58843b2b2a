"""What is gathered for the question of freshness, and the checks that show it in the UI."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from filelock import FileLock

from calendly_pipeline.home import Home
from calendly_pipeline.quality import facts as facts_module
from calendly_pipeline.quality.contents_check import CHECKED, content_checks
from calendly_pipeline.quality.facts import Hearing, Reach, gather, tables_of
from calendly_pipeline.resources import AS_OF_TAG, resources
from calendly_pipeline.settings import Settings
from calendly_pipeline.state import State, oauth_tokens
from calendly_pipeline_tests.conftest import Tables, day, utc
from calendly_pipeline_tests.quality.firm_in_service import FirmInService

NOW = utc("2026-11-10T15:00")
HOUR = timedelta(hours=1)
RECEIVER = "https://hooks.firm.example/webhooks/calendly"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A firm that brought nothing."""
    home = Home(tmp_path / "home")
    home.create()
    return home


@pytest.fixture
def state(home: Home) -> Iterator[State]:
    """Its state store."""
    store = State(f"sqlite:///{home.data / 'state.db'}")
    store.upgrade()
    yield store
    store.close()


def delivery(number: int, at: datetime, platform: str = "calendly") -> dict[str, object]:
    """A delivery of the default account."""
    return {"delivery_id": number, "platform": platform, "account": "default", "received_at": at}


def booking(number: int, at: datetime, *routes: str, platform: str = "calendly") -> dict[str, object]:
    """A booking of the default account, known by these routes."""
    head = {"meeting_id": f"m{number}", "platform": platform, "account": "default"}
    return {**head, "routes": list(routes), "booked_at": at}


def test_bookings_that_only_the_api_shows_after_the_last_delivery_are_counted(tables: Tables) -> None:
    """What the webhook brought, what came before it, what an export shows and what lies in the future do not count."""
    tables.given("sources.webhook_deliveries", delivery(7, NOW - 9 * HOUR), delivery(8, NOW - 8 * HOUR))
    tables.given(
        "meetings.bookings",
        booking(1, NOW - 9 * HOUR, "api"),
        booking(2, NOW - 7 * HOUR, "csv"),
        booking(3, NOW - 6 * HOUR, "api"),
        booking(4, NOW - 5 * HOUR, "api", "csv"),
        booking(5, NOW + HOUR, "api"),
        booking(6, NOW - HOUR, "api", platform="calcom"),
    )
    found = tables_of(tables.connection, NOW)
    assert found.hearings == (Hearing("calendly", "default", NOW - 8 * HOUR, 0, 2, NOW - 6 * HOUR),)
    assert found.newest_delivery_id == 8


def test_a_subscription_of_ours_is_expected_to_deliver(tables: Tables) -> None:
    """From when it was made, even before it delivered anything; a disabled one is counted, another tool's is not."""
    ours = {"account": "default", "callback_url": RECEIVER, "created_at": NOW - 9 * HOUR}
    tables.given(
        "sources.webhook_subscriptions",
        {"subscription_id": "a", **ours, "state": "active"},
        {"subscription_id": "b", **ours, "state": "disabled"},
        {"subscription_id": "c", **ours, "callback_url": "https://other.example", "account": "north"},
    )
    assert tables_of(tables.connection, NOW).hearings == (Hearing("calendly", "default", NOW - 9 * HOUR, 1, 0, None),)


def test_reach_has_the_gaps_of_its_account(tables: Tables) -> None:
    """Days no route vouches for, as stretches; the newest contact file that could be read."""
    tables.given(
        "metrics.data_through",
        {
            "platform": "calcom",
            "account": "default",
            "last_day": day("2026-11-02"),
            "data_through_on": day("2026-10-31"),
            "is_in_service": True,
        },
    )
    gap = {"platform": "calcom", "account": "default", "route": "csv", "gap_days": 1, "is_covered": False}
    tables.given("meetings.coverage", {**gap, "day": day("2026-11-01")})
    file = {"folder": "contacts", "landed_at": NOW - 9 * HOUR}
    tables.given("sources.files", file, {**file, "landed_at": NOW, "failure": "a PDF"}, {**file, "folder": "calendly"})
    found = tables_of(tables.connection, NOW)
    gaps = ((day("2026-11-01"), day("2026-11-01")),)
    assert found.reaches == (Reach("calcom", "default", day("2026-11-02"), day("2026-10-31"), True, gaps),)
    assert found.contacts_landed_at == NOW - 9 * HOUR


def test_accounts_are_known_by_token_or_consent(home: Home, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token in the variable or consent given by OAuth; the newest manifest says when the last pull ended."""
    monkeypatch.setenv("CAL_COM_API_KEY", "key")
    manifests = home.pull_manifests("calcom", "default")
    manifests.mkdir(parents=True)
    for name, at in (("20261110T100000-b", NOW), ("20261109T100000-a", NOW - 24 * HOUR)):
        (manifests / f"{name}.json").write_text(f'{{"finished_at": "{at.isoformat()}"}}', encoding="utf-8")
    tokens = {"access_token": "a", "refresh_token": "r", "expires_at": NOW, "changed_at": NOW}
    with state.transaction() as connection:
        connection.execute(oauth_tokens.insert().values(platform="calendly", account="default", **tokens))
    before = {access.platform: access for access in gather(home, Settings(), state, NOW).accesses}
    assert [access.has_token for access in before.values()] == [False, True, False]
    assert before["calcom"].pulled_at == NOW
    monkeypatch.setenv("CALENDLY_CLIENT_ID", "our-app")
    (calendly, *_) = gather(home, Settings(), state, NOW).accesses
    assert (calendly.has_token, calendly.by_consent, calendly.pulled_at) == (True, True, None)


def test_a_pull_that_runs_now_is_seen_by_its_lock(home: Home, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the lock is held it runs; a lock file that a dead process left says nothing."""
    monkeypatch.setenv("CALENDLY_ACCESS_TOKEN", "token")
    lock = home.pull_lock("calendly", "default")
    lock.parent.mkdir(parents=True)
    with FileLock(lock):
        assert gather(home, Settings(), state, NOW).accesses[0].is_pulling
    lock.touch()
    assert not gather(home, Settings(), state, NOW).accesses[0].is_pulling


def test_deliveries_wait_until_the_warehouse_has_them(home: Home, state: State, empty_warehouse: Path) -> None:
    """Those with a higher id than the newest that was taken in, and since when."""
    firm = FirmInService(home, empty_warehouse, 25)
    firm.exported(NOW)
    firm.delivered(NOW - 2 * HOUR)
    assert gather(home, Settings(), state, NOW).waiting.count == 0
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("delete from sources.webhook_deliveries")
    waiting = gather(home, Settings(), state, NOW).waiting
    assert (waiting.count, waiting.since) == (1, NOW - 2 * HOUR)


def test_a_warehouse_may_be_missing_half_built_held_or_damaged(
    home: Home, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of the four raises, and each is told apart."""

    def warehouse() -> str:
        return gather(home, Settings(), state, NOW).warehouse

    monkeypatch.setattr(facts_module, "LOOK_SECONDS", 0.05)
    assert warehouse() == "unbuilt"
    duckdb.connect(str(home.warehouse)).close()
    assert warehouse() == "unbuilt"
    hold = f"import duckdb; c = duckdb.connect({str(home.warehouse)!r}); print('held', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert warehouse() == "busy"
        holder.communicate(b"\n")
    home.warehouse.write_bytes(b"no database" * 1000)
    assert warehouse() == "unreadable"


def test_the_checks_show_what_is_late_beside_its_table(home: Home, empty_warehouse: Path) -> None:
    """With the run's clock: one warning for the export that ends long ago, with the words of doctor and alerts."""
    firm = FirmInService(home, empty_warehouse, 25)
    firm.works(NOW - 20 * 24 * HOUR, without="token")
    job = dg.define_asset_job("look", dg.AssetSelection.all_asset_checks())
    checks = dg.Definitions.merge(content_checks(), dg.Definitions(jobs=[job], resources=resources(home)))
    with dg.DagsterInstance.ephemeral() as instance:
        done = checks.resolve_job_def("look").execute_in_process(instance=instance, tags={AS_OF_TAG: NOW.isoformat()})
        found = {item.asset_check_key.asset_key.to_user_string(): item for item in done.get_asset_check_evaluations()}
    assert set(found) == {table.replace(".", "/") for table in CHECKED}
    assert [table for table, item in found.items() if not item.passed] == ["sources/calcom_exports"]
    late = found["sources/calcom_exports"]
    assert late.severity == dg.AssetCheckSeverity.WARN
    assert "no Cal.com export covers 21 October to 9 November 2026 (20 days)" in str(late.metadata["findings"].value)
    assert late.metadata["bad_rows"].value == 1
