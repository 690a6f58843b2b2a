"""What Dagster sees: the graph, the sensor, and a run that stops where it must."""

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from calendly_pipeline.automation import dropped_files
from calendly_pipeline.contacts.assets import LINKED_RATE
from calendly_pipeline.definitions import build
from calendly_pipeline.execution import run_job
from calendly_pipeline.home import Home
from calendly_pipeline.resources import AS_OF_TAG, FirmResource
from calendly_pipeline.warehouse import STAGES
from calendly_pipeline_tests.conftest import PACKAGE, all_models
from calendly_pipeline_tests.quality.mutants import all_suites

HEADER = [
    "User Name",
    "Invitee Name",
    "Invitee Email",
    "Event Type Name",
    "Start Date & Time",
    "End Date & Time",
    "Event Created Date & Time",
    "Canceled",
    "Marked as No-Show",
    "User Email",
    "Event UUID",
    "Invitee UUID",
]
CLOCK = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A firm with its zone set and nothing dropped."""
    return firm(tmp_path / "firm")


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A firm with an export of nine bookings, refreshed; to look at and to copy."""
    home = firm(tmp_path_factory.mktemp("refreshed") / "firm")
    drop(home, "export.csv", 9)
    assert run_job(home, "refresh", CLOCK).succeeded
    return home


@pytest.fixture
def copied(refreshed: Home, tmp_path: Path) -> Home:
    """A copy of the refreshed firm."""
    return Home(shutil.copytree(refreshed.root, tmp_path / "copy"))


def firm(root: Path) -> Home:
    """A firm with its zone set and nothing dropped."""
    home = Home(root)
    home.create()
    home.settings_file.write_text('[firm]\ntime_zone = "America/New_York"\n', encoding="utf-8")
    return home


def drop(home: Home, name: str, count: int, start: str = "2026-06-0{} 10:00 am") -> None:
    """Put a Calendly export of up to nine bookings into the drop folder."""
    with (home.drop_folder("calendly") / name).open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        for number in range(1, count + 1):
            times = [start.format(number), start.format(number).replace("10:00", "10:30"), "2026-05-01 09:00 am"]
            who = ["Dana Host", f"Person {number}", f"p{number}@example.com", "Portfolio Review"]
            writer.writerow([*who, *times, "false", "No", "dana@firm.example", f"e{number}", f"i{number}"])


def count(home: Home, table: str) -> int:
    """Rows of a table."""
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        return connection.execute(f"select count(*) from {table}").fetchall()[0][0]


def test_code_location_loads_in_a_fresh_interpreter_without_the_heavy_libraries(tmp_path: Path) -> None:
    """Loading the definitions imports no library that only a step needs, and needs no file to exist."""
    code = (
        "import sys, calendly_pipeline.definitions; "
        "print([m for m in ('great_expectations', 'pandas', 'matplotlib', 'openpyxl', 'httpx') if m in sys.modules])"
    )
    environment = {**os.environ, "PIPELINE_HOME": str(tmp_path / "nowhere")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert not (tmp_path / "nowhere").exists()


def test_the_graph_is_the_folders(home: Home) -> None:
    """Every table of a stage is an asset of that group, and every SQL and check file is in the graph."""
    graph = build(home).resolve_asset_graph()
    keys = {".".join(key.path) for key in graph.get_all_asset_keys()}
    assert {model.table for model in all_models()} <= keys
    assert {graph.get(dg.AssetKey(key.split("."))).group_name for key in keys} == set(STAGES)
    assert all(key.split(".")[0] == graph.get(dg.AssetKey(key.split("."))).group_name for key in keys)
    checks = {f"{key.asset_key.path[0]}/{key.name}" for key in graph.asset_check_keys}
    files = {f"{stage}/{path.stem}" for stage in STAGES for path in (PACKAGE / stage / "checks").glob("*.sql")}
    expected = {f"{suite.table.split('.')[0]}/{each.name}" for suite in all_suites() for each in suite.expectations}
    late = {name for name in checks if name.endswith("/contents_are_fresh")}
    assert len(late) == 2
    assert checks == files | expected | {f"contacts/{LINKED_RATE.name}"} | late


def test_every_asset_is_described_and_owned(home: Home) -> None:
    """In the UI every asset says what a row is, who owns it and of what kind it is."""
    graph = build(home).resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, key
        assert node.owners == ["team:client-operations"], key
        assert node.kinds, key


def test_jobs_and_schedules(home: Home) -> None:
    """Everything is refreshed every four hours, the contact index daily at 06:00 UTC."""
    definitions = build(home)
    repository = definitions.get_repository_def()
    schedules = {s.name: (s.job_name, s.cron_schedule) for s in repository.schedule_defs}
    assert schedules == {
        "refresh_every_four_hours": ("refresh", "0 */4 * * *"),
        "contact_pull_daily": ("contact_index_pull", "40 5 * * *"),
        "contact_index_daily": ("contact_index", "0 6 * * *"),
        "ingest_hourly": ("ingest", "7 * * * *"),
        "ingest_nightly": ("ingest", "37 2 * * *"),
        "ingest_weekly": ("ingest", "47 3 * * 0"),
        "salesforce_users_hourly": ("salesforce_users_pull", "12 * * * *"),
        "salesforce_links_hourly": ("salesforce_links", "20 * * * *"),
    }
    selected = definitions.resolve_job_def("contact_index").asset_layer.selected_asset_keys
    assert dg.AssetKey(["contacts", "matches"]) in selected
    assert not any(key.path[0] in ("metrics", "destinations") for key in selected)
    links = definitions.resolve_job_def("salesforce_links").asset_layer.selected_asset_keys
    wanted = (
        "sources.calendly_users",
        "sources.salesforce_users",
        "destinations.ledger",
        "destinations.salesforce_matches",
    )
    assert {dg.AssetKey(name.split(".")) for name in wanted} <= set(links)
    assert {key.path[0] for key in links} == {"sources", "destinations"}
    assert not any(key.path[-1].endswith(("_pull", "_sent")) for key in links)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """A throw-away Dagster instance."""
    with dg.instance_for_test() as instance:
        yield instance


def tick(home: Home, instance: dg.DagsterInstance, cursor: str | None) -> tuple[list[str | None], str | None]:
    """One look of the sensor: the run keys it asks for, and its cursor."""
    context = dg.build_sensor_context(instance=instance, cursor=cursor)
    result = dropped_files(context, firm=FirmResource(root=str(home.root)))
    if isinstance(result, dg.SkipReason):
        return [], cursor
    assert isinstance(result, dg.SensorResult)
    return [request.run_key for request in result.run_requests or []], result.cursor


def test_a_burst_of_files_is_one_run(home: Home, instance: dg.DagsterInstance) -> None:
    """Files that keep coming wait; once they stay as they are, one run is asked for, and not again."""
    asked: list[str | None] = []
    cursor: str | None = None
    for number in (0, 1, 2, None, None, None):
        if number is not None:
            drop(home, f"export {number}.csv", number + 1)
        keys, cursor = tick(home, instance, cursor)
        asked += keys
    assert len(asked) == 1
    assert str(asked[0]).startswith("dropped-files-")


def test_a_changed_file_is_another_run(home: Home, instance: dg.DagsterInstance) -> None:
    """A file that changes later causes a run of its own, with another key."""
    drop(home, "export.csv", 1)
    cursor: str | None = None
    first: list[str | None] = []
    for _ in range(3):
        keys, cursor = tick(home, instance, cursor)
        first += keys
    drop(home, "export.csv", 2)
    second: list[str | None] = []
    for _ in range(3):
        keys, cursor = tick(home, instance, cursor)
        second += keys
    assert (len(first), len(second)) == (1, 1)
    assert first != second


def test_landed_files_cause_no_run(refreshed: Home, instance: dg.DagsterInstance) -> None:
    """Files that a run from the command line already took in are no news to a sensor that starts afterwards."""
    cursor: str | None = None
    for _ in range(3):
        keys, cursor = tick(refreshed, instance, cursor)
        assert keys == []


def test_a_failing_blocking_check_keeps_the_last_good_tables(copied: Home) -> None:
    """A file of another layout stops the run at its check; what follows still shows the last good meetings."""
    assert count(copied, "meetings.meetings") == 9
    with (copied.drop_folder("calendly") / "bad.csv").open("w", encoding="utf-8") as out:
        out.write("Invitee Email,Start Date & Time\n" + "x@example.com,3/4/2026\n" * 30)
    outcome = run_job(copied, "refresh", CLOCK)
    assert not outcome.succeeded
    assert outcome.error is None
    assert [check.name for check in outcome.checks if not check.passed and check.is_blocking] == ["few_rejected_rows"]
    assert count(copied, "meetings.meetings") == 9
    assert count(copied, "sources.rejected_rows") == 30


@pytest.mark.parametrize("name", ["names_differ", "addresses_look_like_addresses"])
def test_a_single_check_can_be_asked_for(refreshed: Home, instance: dg.DagsterInstance, name: str) -> None:
    """In the UI one check of a table is executed by itself, of a file as of a suite."""
    key = dg.AssetCheckKey(dg.AssetKey(["meetings", "attendees"]), name)
    job = (
        build(refreshed)
        .resolve_implicit_global_asset_job_def()
        .get_subset(asset_selection=set(), asset_check_selection={key})
    )
    done = job.execute_in_process(instance=instance, tags={AS_OF_TAG: CLOCK.isoformat()})
    assert [(one.asset_check_key, one.passed) for one in done.get_asset_check_evaluations()] == [(key, True)]


@pytest.mark.faults
def test_nothing_dropped_is_no_failure(home: Home) -> None:
    """A firm without any file gets empty tables and is told what is not configured."""
    outcome = run_job(home, "refresh", CLOCK)
    assert outcome.succeeded, outcome.error
    assert count(home, "meetings.meetings") == 0
    assert count(home, "metrics.contact_metrics") == 0


@pytest.mark.faults
def test_a_broken_setting_fails_the_run_in_words(copied: Home) -> None:
    """A setting that cannot be used fails the run and names itself; the tables stay."""
    copied.settings_file.write_text('[firm]\ntime_zone = "America/New_York"\n[lacrm.fields]\nlast_meeting = "X"\n')
    outcome = run_job(copied, "refresh", CLOCK)
    assert not outcome.succeeded
    assert "lacrm.fields" in str(outcome.error)
    assert count(copied, "meetings.meetings") == 9
