"""The live sources as Dagster and the command line run them."""

import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import httpx
import pytest
from click.testing import CliRunner, Result

from calendly_pipeline.automation import (
    arrived_deliveries,
    disabled_webhooks,
    ingest_hourly,
    ingest_nightly,
    ingest_weekly,
    interrupted_runs,
    month_range,
)
from calendly_pipeline.cli import commands
from calendly_pipeline.clients import calendly_oauth
from calendly_pipeline.clients.calendly_oauth import OAuthApp, begin_consent
from calendly_pipeline.definitions import build
from calendly_pipeline.execution import run_job
from calendly_pipeline.home import Home
from calendly_pipeline.interrupted_runs import PROCESS_TAG
from calendly_pipeline.resources import FirmResource
from calendly_pipeline.settings import Settings
from calendly_pipeline.sources.pull_order import Order
from calendly_pipeline.sources.pulls import pull_all
from calendly_pipeline.state import State, webhook_deliveries
from calendly_pipeline.warehouse import open_warehouse
from calendly_pipeline_tests.fakes.calendly import CalendlyServer
from calendly_pipeline_tests.fakes.calendly.bulk import booked_firm
from calendly_pipeline_tests.fakes.limits import Limit
from calendly_pipeline_tests.fakes.serving import Served

KEY = "a-signing-key-of-our-own"
REDIRECT = "http://localhost:8000/oauth/calendly"
RECEIVER = "https://hooks.firm.example/webhooks/calendly"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A firm with its zone set."""
    home = Home(tmp_path / "home")
    home.create()
    home.settings_file.write_text('[firm]\ntime_zone = "America/New_York"\n', encoding="utf-8")
    return home


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[CalendlyServer]:
    """A Calendly with 24 events of two months, whose token the environment holds."""
    server = CalendlyServer(booked_firm(24, "2026-05:2026-06"), limit=Limit(1_000_000))
    monkeypatch.setenv("CALENDLY_ACCESS_TOKEN", server.tokens.personal(server.world.owner, None))
    monkeypatch.setenv("CALENDLY_WEBHOOK_SIGNING_KEY", KEY)
    with Served(server) as served:
        monkeypatch.setenv("CALENDLY_API_URL", served.url)
        yield server


def call(*arguments: str, answer: str | None = None) -> Result:
    """A command as somebody types it."""
    return CliRunner().invoke(commands, list(arguments), input=answer, catch_exceptions=True)


def count(home: Home, query: str) -> int:
    """One number out of the warehouse."""
    with open_warehouse(home.warehouse, read_only=True) as connection:
        return connection.execute(query).fetchall()[0][0]


@pytest.mark.faults
def test_what_was_pulled_becomes_meetings_without_the_network(home: Home, server: CalendlyServer) -> None:
    """What the API knows becomes meetings without any file, and building them asks nobody."""
    assert call("ingest", "--from", "2026-05", "--to", "2026-06").exit_code == 0
    asked = len(server.requests)
    assert call("rebuild").exit_code == 0
    assert count(home, "select count(*) from meetings.meetings") == len(server.world.events)
    assert len(server.requests) == asked


def test_ingest_says_what_it_did(home: Home, server: CalendlyServer) -> None:
    """Requests, new and unchanged records are printed and kept as the asset's metadata."""
    first = call("ingest", "--from", "2026-05", "--to", "2026-06")
    assert "calendly_pull default: done" in first.output
    assert "new 24" in first.output
    second = call("ingest", "--from", "2026-05", "--to", "2026-06")
    assert "unchanged 24" in second.output
    assert "not configured: CAL_COM_API_KEY is not set" in second.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from", "May"], "is no month"),
        (["--from", "2026-06", "--to", "2026-05"], "lies before"),
        (["--to", "2026-05"], "without --from"),
    ],
    ids=["no month", "backwards", "no begin"],
)
def test_wrong_months_are_named(home: Home, arguments: list[str], words: str) -> None:
    """A wrong month is an input error that says what to write; nobody is asked."""
    done = call("ingest", *arguments)
    assert words in str(done.exception)


def test_a_failed_pull_fails_the_run_and_says_why(home: Home, server: CalendlyServer) -> None:
    """A refused token ends the command with the remedy; the token stands nowhere."""
    token = next(iter(server.tokens.grants))
    server.tokens.revoke(token)
    done = call("ingest", "--from", "2026-05")
    assert done.exit_code != 0
    assert "Make a new token" in str(done.exception)
    assert token not in done.output + str(done.exception)


def test_one_account_that_fails_does_not_keep_the_others(
    home: Home, server: CalendlyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With two accounts and one wrong token the other is pulled, and the run fails all the same."""
    home.settings_file.write_text(
        '[firm]\ntime_zone = "UTC"\n[[calendly.accounts]]\nname = "old"\ntoken_env = "CALENDLY_OLD"\n'
        '[[calendly.accounts]]\nname = "new"\ntoken_env = "CALENDLY_ACCESS_TOKEN"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("CALENDLY_OLD", "revoked-long-ago")
    done = call("ingest", "--from", "2026-05", "--to", "2026-06")
    assert done.exit_code != 0
    assert len(list((home.landing / "calendly" / "new" / "pulls").glob("*.json"))) == 1
    assert not (home.landing / "calendly" / "old" / "pulls").exists()


def test_schedules_pull_their_months(home: Home) -> None:
    """Hourly, nightly and weekly pulls name their mode and the whole months of their window."""
    firm = FirmResource(root=str(home.root))
    at = datetime(2026, 6, 15, 2, 37, tzinfo=UTC)
    months = {}
    for schedule in (ingest_hourly, ingest_nightly, ingest_weekly):
        context = dg.build_schedule_context(scheduled_execution_time=at, resources={"firm": firm})
        (run,) = schedule.evaluate_tick(context).run_requests or []
        tags = run.tags
        months[tags["pipeline/mode"]] = (
            tags["dagster/asset_partition_range_start"],
            tags["dagster/asset_partition_range_end"],
        )
    assert months == {
        "window": ("2026-05", "2026-12"),
        "wide": ("2026-02", "2026-12"),
        "everything": ("2020-01", "2026-12"),
    }


def deliver(home: Home, *numbers: int) -> None:
    """Deliveries as the receiver stores them."""
    state = State(f"sqlite:///{home.data / 'state.db'}")
    state.upgrade()
    with state.transaction() as connection:
        for number in numbers:
            row = {"platform": "calendly", "account": "default", "kind": "invitee.created", "body": "{}"}
            moment = datetime(2026, 6, 1, tzinfo=UTC)
            connection.execute(webhook_deliveries.insert().values(**row, body_sha256=str(number), received_at=moment))
    state.close()


def test_a_burst_of_deliveries_is_one_refresh(home: Home) -> None:
    """Any number of deliveries starts one refresh; while it runs nothing starts; later ones start the next."""
    with dg.instance_for_test() as instance:
        firm = FirmResource(root=str(home.root))

        def look(cursor: str | None) -> dg.SensorResult | dg.SkipReason:
            context = dg.build_sensor_context(instance=instance, cursor=cursor, resources={"firm": firm})
            found = arrived_deliveries(context)
            assert isinstance(found, (dg.SensorResult, dg.SkipReason))
            return found

        assert isinstance(look(None), dg.SkipReason)
        deliver(home, *range(50))
        first = look(None)
        assert isinstance(first, dg.SensorResult)
        assert [run.run_key for run in first.run_requests or []] == ["deliveries-50"]
        assert isinstance(look(first.cursor), dg.SkipReason)
        deliver(home, 50, 51)
        job = build(home).resolve_job_def("refresh")
        run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
        assert isinstance(look(first.cursor), dg.SkipReason)
        instance.delete_run(run.run_id)
        after = look(first.cursor)
        assert isinstance(after, dg.SensorResult)
        assert [run.run_key for run in after.run_requests or []] == ["deliveries-52"]


def test_a_disabled_webhook_is_noticed_once_and_repaired(home: Home, server: CalendlyServer) -> None:
    """The sensor starts one pull for what was missed; `webhooks repair` makes the subscription anew."""
    firm = FirmResource(root=str(home.root))

    def look(cursor: str | None) -> dg.SensorResult | dg.SkipReason:
        context = dg.build_sensor_context(cursor=cursor, resources={"firm": firm})
        found = disabled_webhooks(context)
        assert isinstance(found, (dg.SensorResult, dg.SkipReason))
        return found

    assert "No subscription yet" in call("webhooks", "list").output
    assert call("webhooks", "subscribe", RECEIVER).exit_code == 0
    assert call("webhooks", "subscribe", RECEIVER).exit_code == 0  # twice is one
    (uri,) = server.world.webhooks
    assert server.world.signing_keys[uri] == KEY
    fine = look(None)
    assert isinstance(fine, dg.SensorResult)
    assert not fine.run_requests
    server.world.set_webhook_state(uri, "disabled", now=server.world.now)
    noticed = look(fine.cursor)
    assert isinstance(noticed, dg.SensorResult)
    assert len(noticed.run_requests or []) == 1
    assert isinstance(look(noticed.cursor), dg.SkipReason)
    assert "works again" in call("webhooks", "repair").output
    assert [row["state"] for row in server.world.webhooks.values()] == ["active"]
    assert "active" in call("webhooks", "list").output


def test_a_webhook_of_another_tool_is_left_alone(home: Home, server: CalendlyServer) -> None:
    """Repair touches only subscriptions that lead to our receiver."""
    other = server.world.add_webhook("https://other-tool.example/in", ["invitee.created"])
    server.world.set_webhook_state(other, "disabled", now=server.world.now)
    assert "Every subscription works" in call("webhooks", "repair").output
    assert list(server.world.webhooks) == [other]
    assert "is not the receiver's address" in str(call("webhooks", "subscribe", "https://x.example").exception)


def test_a_scheduling_link_is_made_by_name(home: Home, server: CalendlyServer) -> None:
    """The event type is found by its name; an unknown one names those there are."""
    assert call("scheduling-link", "portfolio review").output.startswith("https://")
    assert "Portfolio Review" in str(call("scheduling-link", "Portfolio Reviews").exception)


def test_login_keeps_the_tokens_and_ingest_uses_them(
    home: Home, server: CalendlyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After consent the pull goes with OAuth tokens; no personal token is needed, none is printed."""
    url = os.environ["CALENDLY_API_URL"]
    monkeypatch.delenv("CALENDLY_ACCESS_TOKEN")
    monkeypatch.setenv("CALENDLY_CLIENT_ID", "our-app")
    monkeypatch.setenv("CALENDLY_CLIENT_SECRET", "app-secret")
    monkeypatch.setenv("CALENDLY_AUTH_URL", url)
    server.tokens.add_client("our-app", "app-secret", [REDIRECT])
    consent = begin_consent(OAuthApp(url, "our-app", "app-secret"))
    monkeypatch.setattr(calendly_oauth, "begin_consent", lambda _: consent)
    back = httpx.get(consent.url)  # the owner agrees
    done = call("login", answer=back.headers["location"])
    assert "Account default has its tokens" in done.output, done.exception
    pulled = call("ingest", "--from", "2026-05", "--to", "2026-06")
    assert "new 24" in pulled.output, pulled.exception
    said = done.output + pulled.output
    assert [token for token in server.tokens.grants if token in said] == []


def test_two_pulls_at_once_do_the_work_once(home: Home, server: CalendlyServer) -> None:
    """The second pull of an account waits for the first, and then finds nothing left to ask for."""
    order = Order("backfill", date(2026, 5, 1), date(2026, 6, 1), datetime.now(UTC), "run")
    server.gate.latency = 0.02

    def pull(number: int) -> float:
        state = State(f"sqlite:///{home.data / 'state.db'}")
        state.upgrade()
        mine = replace(order, run=f"run{number}")
        pulled = pull_all("calendly", home, Settings(), state, mine, lambda _: None)
        state.close()
        assert pulled.error is None
        return pulled.reports[0].counts["invitee_reads"]

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(pull, range(2))) == [0, 24]


def test_doctor_asks_the_booking_tools(home: Home, server: CalendlyServer) -> None:
    """Doctor names whose token it is and what it sees; a refused token is an error with its remedy."""
    fine = call("doctor").output
    assert "sees the whole organization" in fine
    server.tokens.revoke(next(iter(server.tokens.grants)))
    refused = call("doctor")
    assert refused.exit_code == 1
    assert "Make a new token" in refused.output


def test_an_interrupted_run_is_ended(home: Home) -> None:
    """A run whose process is gone is marked as failed when the next one starts; one of another machine is not."""
    with dg.DagsterInstance.from_config(str(home.dagster)) as instance:
        job = build(home).resolve_job_def("ingest")
        started = dg.DagsterRunStatus.STARTED
        host = socket.gethostname()
        gone = instance.create_run_for_job(job, status=started, tags={PROCESS_TAG: f"{host}:999999:1"})
        elsewhere = instance.create_run_for_job(job, status=started, tags={PROCESS_TAG: "other-host:1:1"})
        untagged = instance.create_run_for_job(job, status=started)
        skipped = interrupted_runs(dg.build_sensor_context(instance=instance))
        assert isinstance(skipped, dg.SkipReason)
        assert skipped.skip_message == f"Ended: {gone.run_id}."
        for run, status in ((gone, "FAILURE"), (elsewhere, "STARTED"), (untagged, "STARTED")):
            found = instance.get_run_by_id(run.run_id)
            assert found is not None
            assert found.status.value == status


def test_a_pull_waits_for_no_warehouse(home: Home, server: CalendlyServer) -> None:
    """The ingest job runs while another process holds the warehouse."""
    with open_warehouse(home.warehouse):
        months = month_range(date(2026, 5, 1), date(2026, 6, 1), "backfill")
        assert run_job(home, "ingest", None, tags=months).succeeded
