"""When a send is refused, and what one through Dagster and the command line looks like."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner, Result
from filelock import FileLock

from calendly_pipeline.automation import refreshed
from calendly_pipeline.cli import commands
from calendly_pipeline.destinations.guard import require_few_changes
from calendly_pipeline.destinations.sending import Order, send
from calendly_pipeline.failures import PipelineError, SendBusy, SendRefused
from calendly_pipeline.home import Home
from calendly_pipeline.last_refresh import require_fresh
from calendly_pipeline.resources import FirmResource
from calendly_pipeline.sample_home import SAMPLE_AS_OF, prepare_sample
from calendly_pipeline.settings import Settings
from calendly_pipeline.state import State
from calendly_pipeline_tests.destinations.sample_firm import crm_of, refresh, sample_firm
from calendly_pipeline_tests.fakes.lacrm.given import Lacrm

SETTINGS = Settings.model_validate({"firm": {"time_zone": "America/New_York"}})
ORDER = Order("run", SAMPLE_AS_OF)
Firm = tuple[Home, Lacrm]
Call = Callable[..., Result]


@pytest.mark.parametrize(
    ("changed", "written", "stops"), [(20, 20, False), (21, 100, False), (26, 100, True), (21, 0, True)]
)
def test_the_guard_counts_a_share(changed: int, written: int, stops: bool) -> None:
    """More than a quarter of what was written, and more than 20, is too many."""
    if not stops:
        require_few_changes("lacrm", changed, written, 0.25)
        return
    with pytest.raises(SendRefused, match="max_change_share"):
        require_few_changes("lacrm", changed, written, 0.25)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """An empty state store."""
    state = State(f"sqlite:///{tmp_path / 'state.db'}")
    state.upgrade()
    yield state
    state.close()


def test_nothing_of_the_sample_is_sent(tmp_path: Path, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample firm's home sends nothing, whatever key is there, by function or by command."""
    sample = prepare_sample(Home(tmp_path / "home"))
    monkeypatch.setenv("LACRM_API_KEY", "a key")
    with pytest.raises(SendRefused, match="sample"):
        send(sample, SETTINGS, state, "lacrm", ORDER, print)
    refused = CliRunner().invoke(commands, ["send", "lacrm", "--apply"])
    assert isinstance(refused.exception, SendRefused)
    assert refused.exception.exit_code == 3


def test_a_destination_without_a_key_is_refused(tmp_path: Path, state: State) -> None:
    """A send without a key names the file that lacks it."""
    with pytest.raises(SendRefused, match=r"\.env"):
        send(Home(tmp_path / "home"), SETTINGS, state, "lacrm", ORDER, print)


def test_two_sends_never_run_at_once(tmp_path: Path, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one send holds the destination another is told to wait, and nothing is asked."""
    home = Home(tmp_path / "home")
    monkeypatch.setenv("LACRM_API_KEY", "a key")
    monkeypatch.setattr("calendly_pipeline.destinations.sending.BUSY_SECONDS", 0.1)
    (home.data / "sending").mkdir(parents=True)
    with FileLock(home.data / "sending" / "lacrm.lock"), pytest.raises(SendBusy):
        send(home, SETTINGS, state, "lacrm", ORDER, print)


def run_of(instance: dg.DagsterInstance, *, fails: bool) -> None:
    """A refresh that ended."""

    @dg.op
    def step() -> None:
        if fails:
            raise dg.Failure("a check did not pass")

    @dg.job(name="refresh")
    def refresh_job() -> None:
        step()

    refresh_job.execute_in_process(instance=instance, raise_on_error=False)


def test_only_a_fresh_refresh_may_be_acted_on() -> None:
    """No refresh, a failed one after a good one, and one of yesterday are refused; a new good one is not."""
    with dg.instance_for_test() as instance:
        with pytest.raises(SendRefused, match="No refresh"):
            require_fresh(instance)
        run_of(instance, fails=False)
        require_fresh(instance)
        with pytest.raises(SendRefused, match="25 hours old"):
            require_fresh(instance, datetime.now(UTC) + timedelta(hours=25))
        run_of(instance, fails=True)
        with pytest.raises(SendRefused, match="did not succeed"):
            require_fresh(instance)
        run_of(instance, fails=False)
        require_fresh(instance)


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    """A refreshed firm with few bookings, and its CRM."""
    home = sample_firm(tmp_path_factory.mktemp("sending") / "firm", bookings=("events-export 7.csv",))
    with crm_of(home) as crm, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIPELINE_HOME", str(home.root))
        refresh(home)
        yield home, crm


@pytest.fixture
def call(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> Call:
    """A command as somebody types it."""
    home, crm = firm
    monkeypatch.setenv("PIPELINE_HOME", str(home.root))
    monkeypatch.setenv("PIPELINE_AS_OF", SAMPLE_AS_OF.isoformat())
    monkeypatch.setenv("LACRM_API_KEY", crm.key)
    monkeypatch.setenv("LACRM_API_URL", f"{crm.url}/v2/")
    crm.server.calls.clear()

    def typed(*arguments: str) -> Result:
        return CliRunner().invoke(commands, list(arguments))

    return typed


def test_from_the_command_line(firm: Firm, call: Call) -> None:
    """A plan writes nothing; one record, then all; a second send writes nothing, and `explain` says what is held."""
    _, crm = firm
    shown = call("send", "lacrm", "--format", "json")
    assert (shown.exit_code, len(crm.server.calls)) == (0, 0)
    key = next(row["record_key"] for row in json.loads(shown.output) if row["operation"] == "update")
    assert call("send", "lacrm", "--apply", "--only", key).exit_code == 0
    assert [called.parameters["ContactId"] for called in crm.server.writes()] == [key]
    assert call("send", "lacrm", "--apply").exit_code == 0
    crm.server.calls.clear()
    again = call("send", "lacrm", "--apply")
    assert (again.exit_code, crm.server.writes()) == (0, [])
    assert "lacrm card" in call("explain", "contact", key).output
    counts = call(
        "query", "--format", "json", "select planned_count, accepted_count from destinations.runs order by started_at"
    )
    runs = json.loads(counts.output)
    assert (runs[0]["accepted_count"], runs[-1]["planned_count"]) == (1, 0)


def test_a_mapping_mistake_has_its_own_exit_code(firm: Firm, call: Call) -> None:
    """A field that is gone keeps everything from being sent, with exit code 3 and its remedy; `doctor` says it."""
    _, crm = firm
    kept = crm.world.field("Last meeting")
    crm.world.remove_field("Last meeting")
    try:
        refused = call("send", "lacrm", "--apply")
        assert isinstance(refused.exception, PipelineError)
        assert refused.exception.exit_code == 3
        assert "no contact field 'Last meeting'" in str(refused.exception)
        assert crm.server.writes() == []
        assert "no contact field 'Last meeting'" in call("doctor").output
    finally:
        crm.world.fields[kept.field_id] = kept


def test_a_refresh_sends_what_is_switched_on(tmp_path: Path) -> None:
    """After a refresh one send is asked for per destination that is enabled, and none otherwise."""
    home = Home(tmp_path / "firm")
    home.create()
    base = '[firm]\ntime_zone = "America/New_York"\n'
    for more, asked in (("", []), ("[destinations.lacrm]\nenabled = true\n", ["send_lacrm"])):
        home.settings_file.write_text(base + more, encoding="utf-8")
        with dg.instance_for_test() as instance:
            run = instance.create_run_for_job(
                job_def=dg.JobDefinition(name="refresh", graph_def=dg.GraphDefinition("refresh"))
            )
            event = dg.DagsterEvent("PIPELINE_SUCCESS", "refresh")
            context = dg.build_run_status_sensor_context(
                "refreshed", event, instance, run, resources={"firm": FirmResource(root=str(home.root))}
            )
            found = [item for item in refreshed(context) or () if isinstance(item, dg.RunRequest)]
        assert [request.job_name for request in found] == asked
        assert all(
            request.run_config["ops"]["destinations__lacrm_sent"]["config"] == {"apply": True} for request in found
        )
