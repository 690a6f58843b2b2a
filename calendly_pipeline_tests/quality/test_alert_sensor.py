"""The sensor over a whole firm: each source stopped in turn on a frozen clock, and everything somebody was told."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from calendly_pipeline.automation import month_range
from calendly_pipeline.definitions import build
from calendly_pipeline.home import Home
from calendly_pipeline_tests.conftest import utc
from calendly_pipeline_tests.fakes.calendly import CalendlyServer
from calendly_pipeline_tests.fakes.calendly.bulk import booked_firm
from calendly_pipeline_tests.fakes.limits import Limit
from calendly_pipeline_tests.fakes.serving import Served
from calendly_pipeline_tests.quality.firm_in_service import FirmInService
from calendly_pipeline_tests.quality.sinks import HttpSink, MailSink, mail_server

HOUR = timedelta(hours=1)
DAY = 24 * HOUR
START = utc("2026-11-03T17:00")  # noon in New York


@dataclass
class Desk:
    """Where everything that is told ends up."""

    mail: MailSink
    hook: HttpSink
    firm: FirmInService
    server: CalendlyServer
    instance: dg.DagsterInstance
    repository: dg.RepositoryDefinition
    patch: pytest.MonkeyPatch

    def look(self, at: datetime) -> str | None:
        """One tick."""
        return self.firm.look(self.instance, self.repository, self.patch, at)

    def pass_days(self, start: datetime, hours: list[int], without: str) -> None:
        """At each of these hours after the start: everything works but one, then two ticks."""
        for hour in hours:
            self.firm.works(start + hour * HOUR, without=without)
            self.look(start + hour * HOUR)
            self.look(start + hour * HOUR)

    def told(self) -> list[tuple[str, str, datetime]]:
        """Event, text and moment of everything the webhook was told since the last call; e-mail was told as much."""
        news = [item for body in self.hook.bodies for item in body["alerts"]]
        assert len(self.mail.mails) == len(self.hook.bodies)
        self.hook.bodies.clear()
        self.mail.mails.clear()
        moments = [datetime.fromisoformat(item["closed_at"] or item["opened_at"]) for item in news]
        return [(item["event"], item["text"], at) for item, at in zip(news, moments, strict=True)]

    def ingest(self) -> bool:
        """A real pull of Calendly's months around now."""
        job = self.repository.get_job("ingest")
        tags = month_range(date(2026, 11, 1), date(2026, 11, 1), "backfill")
        return job.execute_in_process(instance=self.instance, tags=tags, raise_on_error=False).success


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Where the firm lies; each test finds it empty."""
    return Home(tmp_path_factory.mktemp("firm"))


@pytest.fixture(scope="module")
def repository(home: Home) -> dg.RepositoryDefinition:
    """The whole code location."""
    return build(home).get_repository_def()


@pytest.fixture
def desk(
    home: Home, repository: dg.RepositoryDefinition, empty_warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """A firm that worked until now, and everybody who can be told."""
    mail, hook = MailSink(), HttpSink()
    server = CalendlyServer(booked_firm(2, "2026-11:2026-11"), limit=Limit(1_000_000))
    shutil.rmtree(home.root)
    with (
        mail_server(mail) as port,
        Served(hook.app) as hook_at,
        Served(server) as calendly_at,
        dg.DagsterInstance.ephemeral() as instance,
    ):
        monkeypatch.setenv("ALERT_WEBHOOK_URL", hook_at.url)
        monkeypatch.setenv("CALENDLY_API_URL", calendly_at.url)
        monkeypatch.setenv("CALENDLY_ACCESS_TOKEN", server.tokens.personal(server.world.owner, None))
        monkeypatch.setenv("LACRM_API_KEY", "a-key")
        firm = FirmInService(home, empty_warehouse, port)
        firm.works(START)
        for key in repository.asset_graph.get_all_asset_keys():
            instance.report_runless_asset_event(dg.AssetMaterialization(key))
        desk = Desk(mail, hook, firm, server, instance, repository, monkeypatch)
        assert desk.look(START) == "Nothing is wrong."
        yield desk


def test_each_source_stopped_in_turn_is_one_alert_and_one_recovery(desk: Desk) -> None:
    """Exports, token, webhook, contact index: the right words at the right moment, once, and nothing else."""
    desk.pass_days(START, [24 * day for day in (1, 4, 6, 7, 8, 14)], "exports")
    ((event, text, at),) = desk.told()
    assert (event, at) == ("opened", START + 7 * DAY)
    assert text == (
        "no Cal.com export covers 3 to 9 November 2026 (7 days): download those days again in Cal.com "
        "(Insights or Bookings) and drop the file into data/calcom"
    )
    now = START + 14 * DAY
    desk.firm.works(now + HOUR)
    desk.look(now + HOUR)
    assert [(event, at) for event, _, at in desk.told()] == [("recovered", now + HOUR)]

    now = START + 15 * DAY
    desk.firm.works(now)
    desk.server.tokens.revoke(next(iter(desk.server.tokens.grants)))
    assert not desk.ingest()
    desk.pass_days(now, [0, 1, 5, 24], "token")
    ((event, text, at),) = desk.told()
    assert (event, at) == ("opened", now)
    assert "the token in CALENDLY_ACCESS_TOKEN was refused. Make a new one in Calendly under Integrations" in text
    desk.patch.setenv("CALENDLY_ACCESS_TOKEN", desk.server.tokens.personal(desk.server.world.owner, None))
    assert desk.ingest()
    now += 25 * HOUR
    desk.pass_days(now, [0], "")
    assert [event for event, *_ in desk.told()] == ["recovered"]

    now = START + 17 * DAY
    desk.firm.works(now)
    desk.firm.booked(now + HOUR, 3)
    desk.pass_days(now, [1, 2, 3, 24], "webhook")
    ((event, text, at),) = desk.told()
    assert (event, at) == ("opened", now + 3 * HOUR)
    assert "webhook is silent since 20 November 2026, 12:00, while the API shows 3 newer bookings" in text
    desk.pass_days(now, [25], "")
    assert [event for event, *_ in desk.told()] == ["recovered"]

    now = START + 19 * DAY
    desk.pass_days(now, [0], "")
    desk.pass_days(now, [2, 26, 27, 50], "contacts")
    ((event, text, at),) = desk.told()
    assert (event, at) == ("opened", now + 27 * HOUR)
    assert "contact index not read from LACRM since 22 November 2026, 12:00 (27 hours)" in text
    desk.pass_days(now, [51], "")
    assert [event for event, *_ in desk.told()] == ["recovered"]
    assert desk.look(now + 52 * HOUR) == "Nothing is wrong."


def test_the_sample_firm_alerts_nobody(desk: Desk) -> None:
    """Nothing of the sample leaves the house, whatever is wrong with it."""
    (desk.firm.home.root / "files.json").write_text("{}", encoding="utf-8")
    assert desk.look(START + 99 * DAY) == "The sample firm alerts nobody."
    assert desk.told() == []


def test_a_warehouse_that_is_held_closes_and_opens_nothing(desk: Desk) -> None:
    """While somebody holds the file, what only it can tell stays as it was; a damaged one is told."""
    desk.pass_days(START, [24 * 8], "exports")
    assert [event for event, *_ in desk.told()] == ["opened"]
    desk.firm.home.warehouse.write_bytes(b"no database" * 1000)
    desk.look(START + 8 * DAY)
    ((event, text, _),) = desk.told()
    assert (event, text.split(";")[0]) == ("opened", "the warehouse cannot be read")
