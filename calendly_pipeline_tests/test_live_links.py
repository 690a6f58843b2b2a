"""Calendly's links on their way into Salesforce: pulled, planned and sent as Dagster does it every hour."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from calendly_pipeline.automation import automation
from calendly_pipeline.destinations.sending import Order, send
from calendly_pipeline.execution import run_job
from calendly_pipeline.home import Home
from calendly_pipeline.resources import FirmResource
from calendly_pipeline.settings_file import load_settings
from calendly_pipeline.sources.page_loading import load_pages
from calendly_pipeline.sources.pull_order import Order as PullOrder
from calendly_pipeline.sources.pulls import pull_all
from calendly_pipeline.sources.salesforce_pull import pull_users
from calendly_pipeline.state import State
from calendly_pipeline.warehouse import open_warehouse, replace_table, schema_version
from calendly_pipeline_tests.conftest import AS_OF, all_models
from calendly_pipeline_tests.fakes.calendly import CalendlyServer
from calendly_pipeline_tests.fakes.calendly.bulk import firm as calendly_firm
from calendly_pipeline_tests.fakes.calendly.records import last_part
from calendly_pipeline_tests.fakes.limits import Limit
from calendly_pipeline_tests.fakes.salesforce.bulk import TOKEN
from calendly_pipeline_tests.fakes.salesforce.given import Org, salesforce
from calendly_pipeline_tests.fakes.salesforce.world import USER_LINK
from calendly_pipeline_tests.fakes.serving import Served

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ADMIN = "al@firm.example"


def _say_nothing(text: str) -> None:
    """What is said does not matter here."""


def by_dagster(home: Home) -> None:
    """The job that brings the tables up to date."""
    outcome = run_job(home, "salesforce_links", None)
    assert outcome.succeeded, outcome.error


def by_hand(home: Home) -> None:
    """The tables of sources that the job brings up to date, in a fraction of the time."""
    models = {model.table: model for model in all_models()}
    with open_warehouse(home.warehouse) as connection:
        load_pages(connection, home)
        for name in ("calendly_users", "calendly_event_types", "salesforce_users"):
            replace_table(connection, f"sources.{name}", models[f"sources.{name}"].text, {})


@dataclass
class Firm:
    """A home, its Calendly and its Salesforce."""

    home: Home
    calendly: CalendlyServer
    org: Org

    def hour(self, load: Callable[[Home], None]) -> list[tuple[str, int]]:
        """What happens every hour; verb and number of records of every request that wrote."""
        self.org.server.calls.clear()
        run, settings = f"run{len(self.calendly.requests)}", load_settings(self.home.settings_file)
        month = PullOrder("window", NOW.date(), NOW.date(), NOW, run)
        state = State(f"sqlite:///{self.home.data / 'state.db'}")
        state.upgrade()
        assert pull_all("calendly", self.home, settings, state, month, _say_nothing).error is None
        assert pull_users(self.home, settings, state, run, _say_nothing).error is None
        load(self.home)
        sent = send(self.home, settings, state, "salesforce_links", Order(run, AS_OF), _say_nothing)
        state.close()
        assert sent.error is None
        return [(called.verb, len(called.records)) for called in self.org.server.writes()]

    def plan(self) -> dict[str, str]:
        """Key -> operation."""
        query = "select record_key, operation from destinations.plan where destination = 'salesforce_links'"
        with open_warehouse(self.home.warehouse, read_only=True) as connection:
            return dict(connection.execute(query).fetchall())


@pytest.fixture
def home(tmp_path: Path, empty_warehouse: Path) -> Home:
    """A firm that sends its links, after a refresh that found nothing."""
    home = Home(tmp_path / "home")
    home.create()
    shutil.copy(empty_warehouse, home.warehouse)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create table main.warehouse_version as select $1 as version", [schema_version()])
    settings = '[firm]\ntime_zone = "America/New_York"\n[destinations.salesforce_links]\nenabled = true\n'
    home.settings_file.write_text(settings, encoding="utf-8")
    return home


@pytest.fixture
def firm(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Firm]:
    """Six members, one managed event; users of Salesforce are all but one of them."""
    world = calendly_firm(1, now=NOW)
    member = next(uri for uri, row in world.users.items() if row["email"] == ADMIN)
    world.add_event_type("Annual Review", member, admin_managed=True)
    calendly = CalendlyServer(world, limit=Limit(100_000))
    with Served(calendly) as served, salesforce(4) as org:
        monkeypatch.setenv("CALENDLY_ACCESS_TOKEN", calendly.tokens.personal(world.owner, None))
        monkeypatch.setenv("CALENDLY_API_URL", served.url)
        monkeypatch.setenv("SALESFORCE_INSTANCE_URL", org.url)
        monkeypatch.setenv("SALESFORCE_ACCESS_TOKEN", TOKEN)
        org.world.add_user("Al@Firm.Example")
        yield Firm(home, calendly, org)


def test_hour_by_hour(firm: Firm) -> None:
    """First everything; then only the link that changed, while what is gone from Calendly stays and is listed."""
    assert firm.hour(by_hand) == [("upsert", 7), ("update", 5)]
    owner = last_part(firm.calendly.world.owner)
    assert firm.plan()[f"calendly:{owner}"] == "blocked"
    world = firm.calendly.world
    al = next(row for row in world.users.values() if row["email"] == ADMIN)
    al["scheduling_url"] = "https://calendly.com/al-admin"
    review = next(uri for uri, row in world.event_types.items() if row["name"] == "Annual Review")
    world.change_event_type(review, now=NOW, admin_managed=False)
    world.remove_member(next(uri for uri, row in world.users.items() if row["name"] == "Host 1"), now=NOW)
    assert firm.hour(by_dagster) == [("upsert", 1), ("update", 1)]
    links = {row["Email"]: row[USER_LINK] for row in firm.org.world.objects["User"].rows.values()}
    assert links["Al@Firm.Example"] == "https://calendly.com/al-admin"
    assert links["host1@firm.example"] == "https://calendly.com/host1"
    assert [operation for key, operation in firm.plan().items() if key == last_part(review)] == ["blocked"]


def schedules() -> dict[str, dg.ScheduleDefinition]:
    """Those of the links."""
    found = {schedule.name: schedule for schedule in automation().schedules or []}
    return {name: schedule for name, schedule in found.items() if isinstance(schedule, dg.ScheduleDefinition)}


@pytest.mark.parametrize("name", ["salesforce_users_hourly", "salesforce_links_hourly"])
def test_schedules_rest_without_the_table(home: Home, name: str) -> None:
    """Each hour is one run where links are configured, and none elsewhere."""
    at = datetime(2026, 6, 30, 12, 20, tzinfo=UTC)
    resources = {"firm": FirmResource(root=str(home.root))}
    schedule = schedules()[name]
    ticked = schedule.evaluate_tick(dg.build_schedule_context(scheduled_execution_time=at, resources=resources))
    assert [request.run_key for request in ticked.run_requests or []] == [f"{name}-20260630T1220"]
    home.settings_file.write_text('[firm]\ntime_zone = "America/New_York"\n', encoding="utf-8")
    rested = schedule.evaluate_tick(dg.build_schedule_context(scheduled_execution_time=at, resources=resources))
    assert (rested.run_requests, "no [destinations.salesforce_links]" in str(rested.skip_message)) == ([], True)


@dg.job
def nothing() -> None:
    """Ends well."""


@pytest.mark.parametrize("enabled", [True, False])
def test_a_plan_is_followed_by_a_send_when_switched_on(home: Home, enabled: bool) -> None:
    """One send that applies, keyed by the plan's run; none where it is switched off."""
    if not enabled:
        home.settings_file.write_text("[destinations.salesforce_links]\n", encoding="utf-8")
    sensor = next(one for one in automation().sensors or [] if one.name == "salesforce_links_planned")
    assert isinstance(sensor, dg.SensorDefinition)
    with dg.instance_for_test() as instance:
        done = nothing.execute_in_process(instance=instance)
        context = dg.build_run_status_sensor_context(
            sensor.name,
            done.get_run_success_event(),
            instance,
            done.dagster_run,
            resources={"firm": FirmResource(root=str(home.root))},
        )
        found = sensor(context)
        assert isinstance(found, Iterator)
        (asked,) = found
    if not enabled:
        assert isinstance(asked, dg.SkipReason)
        return
    assert isinstance(asked, dg.RunRequest)
    assert asked.run_key == f"send-salesforce_links-{done.run_id}"
    assert asked.run_config == {"ops": {"destinations__salesforce_links_sent": {"config": {"apply": True}}}}
