"""Telling people for real: a state store, a mail server, web servers, and what happens when one of them is down."""

import logging
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from calendly_pipeline import cli_alerts
from calendly_pipeline.cli import commands
from calendly_pipeline.clients.hooks import post_json
from calendly_pipeline.clients.mail import MailServer, send_mail
from calendly_pipeline.failures import Rejected, Unavailable
from calendly_pipeline.findings import Finding
from calendly_pipeline.quality.alert_store import apply_changes, claim, notices_of, open_alerts, recent_alerts
from calendly_pipeline.quality.alerts import Event, News, decide
from calendly_pipeline.quality.channels import channels
from calendly_pipeline.quality.messages import Message
from calendly_pipeline.quality.telling import Told, tell
from calendly_pipeline.settings import Settings
from calendly_pipeline.state import State, alert_notices, alerts
from calendly_pipeline_tests.conftest import utc
from calendly_pipeline_tests.fakes.serving import Served
from calendly_pipeline_tests.quality.sinks import HttpSink, MailSink, mail_server

NOW = utc("2026-11-10T15:00")
MINUTE = timedelta(minutes=1)
EXPORT = Finding(
    "warning", "Calendly export", "no Calendly export covers 3 to 9 November 2026", "exports:calendly:default"
)
TABLES = Finding("error", "tables", "sources.files and 97 more tables were not rebuilt", "tables")
CANARY = "canary-4f1d"


class Ways:
    """The three ways out and their settings."""

    def __init__(self, mail: MailSink, slack: HttpSink, hook: HttpSink, port: int) -> None:
        self.mail, self.slack, self.hook = mail, slack, hook
        email = {"to": ["ops@firm.example", "dana@firm.example"], "sender": "p@firm.example", "host": "127.0.0.1"}
        alerted = {"email": {**email, "port": port, "security": "none"}}
        self.settings = Settings.model_validate({"firm": {"time_zone": "America/New_York"}, "alerts": alerted})
        self.log: list[str] = []

    def look(self, state: State, *findings: Finding, minutes: int = 0) -> Told:
        """One look at these findings, so many minutes later."""
        ways = channels(self.settings, self.log.append)
        return tell(findings, (), state, self.settings, ways, NOW + minutes * MINUTE)

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Messages by log, e-mail, Slack and webhook."""
        return len(self.log), len(self.mail.mails), len(self.slack.bodies), len(self.hook.bodies)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """A state store of its own."""
    store = State(f"sqlite:///{tmp_path / 'state.db'}")
    store.upgrade()
    yield store
    store.close()


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ways]:
    """All channels configured; the URLs' paths are canaries."""
    mail, slack, hook = MailSink(), HttpSink(), HttpSink()
    with mail_server(mail) as port, Served(slack.app) as slack_at, Served(hook.app) as hook_at:
        monkeypatch.setenv("ALERT_SLACK_WEBHOOK_URL", f"{slack_at.url}/services/{CANARY}")
        monkeypatch.setenv("ALERT_WEBHOOK_URL", f"{hook_at.url}/in?key={CANARY}")
        yield Ways(mail, slack, hook, port)


def test_every_channel_is_told_once_of_each_event(state: State, ways: Ways) -> None:
    """One message when it begins, one when it is over, nothing in between or after."""
    for minutes, findings in enumerate(([EXPORT, TABLES], [EXPORT, TABLES], [EXPORT], [], [])):
        ways.look(state, *findings, minutes=minutes)
    assert ways.counts == (3, 3, 3, 3)
    assert [subject for subject, _ in ways.mail.mails] == [
        "[meetings] 2 needs attention",
        "[meetings] tables over again",
        "[meetings] Calendly export over again",
    ]
    assert "- no Calendly export covers 3 to 9 November 2026.\r\n" in ways.mail.mails[0][1]
    assert ways.mail.recipients[0] == ["ops@firm.example", "dana@firm.example"]
    assert ways.slack.bodies[1] == {
        "text": "*tables over again*\nOver again:\n- tables, as of 10 November 2026, 10:00, after 0 hours."
    }
    assert [(item["event"], item["cause"]) for body in ways.hook.bodies for item in body["alerts"]] == [
        ("opened", "exports:calendly:default"),
        ("opened", "tables"),
        ("recovered", "tables"),
        ("recovered", "exports:calendly:default"),
    ]


def test_slack_gets_its_own_marks_escaped(state: State, ways: Ways) -> None:
    """`API & Webhooks` and angle brackets arrive as text."""
    ways.look(state, replace(EXPORT, text="under API & Webhooks <here>"))
    assert "under API &amp; Webhooks &lt;here&gt;" in ways.slack.bodies[0]["text"]


def test_a_channel_that_is_down_is_tried_again_and_keeps_no_other_waiting(state: State, ways: Ways) -> None:
    """The others are told at once; it is told by the next look once it is up, and told only once."""
    ways.slack.status = 503
    ways.mail.answer = "451 try later"
    first = ways.look(state, EXPORT)
    assert (set(first.failed), set(first.sent)) == ({"slack", "email"}, {"log", "webhook"})
    ways.slack.status = 200
    second = ways.look(state, EXPORT, minutes=1)
    assert (set(second.failed), set(second.sent)) == ({"email"}, {"slack"})
    ways.mail.answer = "250 OK"
    ways.look(state, EXPORT, minutes=2)
    ways.look(state, EXPORT, minutes=3)
    assert ways.counts == (1, 1, 1, 1)
    outcomes = {
        notice.channel: (notice.outcome, notice.attempts_count) for notice in notices_of(state, open_alerts(state))
    }
    assert outcomes == {"log": ("sent", 1), "webhook": ("sent", 1), "slack": ("sent", 2), "email": ("sent", 3)}


def test_two_looks_at_once_tell_once(state: State, ways: Ways) -> None:
    """Eight daemons on one state store: one alert, one message per channel."""

    def look(_: int) -> None:
        own = State(state.url)
        ways.look(own, EXPORT, TABLES)
        own.close()

    with ThreadPoolExecutor(8) as together:
        list(together.map(look, range(8)))
    assert sorted(item.cause for item in recent_alerts(state, NOW)) == ["exports:calendly:default", "tables"]
    told = [item["cause"] for body in ways.hook.bodies for item in body["alerts"]]
    assert sorted(told) == ["exports:calendly:default", "tables"]


def test_a_process_that_died_while_it_sent_is_shown_and_not_repeated(state: State, ways: Ways) -> None:
    """The intent stays; after ten minutes it is unknown, and the recovery is told."""
    apply_changes(state, decide([EXPORT], []), NOW)
    (alert,) = open_alerts(state)
    assert claim(state, "email", [News(alert, "opened")], NOW)
    ways.look(state, EXPORT, minutes=1)
    ways.look(state, EXPORT, minutes=30)
    assert ways.counts == (1, 0, 1, 1)
    assert {notice.outcome for notice in notices_of(state, [alert]) if notice.channel == "email"} == {"unknown"}
    ways.look(state, minutes=31)
    assert ways.counts == (2, 1, 2, 2)


@pytest.mark.parametrize("event", ["opened", "recovered"])
def test_a_claim_is_won_once(state: State, event: Event) -> None:
    """Whoever comes second sends nothing."""
    apply_changes(state, decide([EXPORT], []), NOW)
    news = [News(open_alerts(state)[0], event)]
    assert [claim(state, "email", news, NOW), claim(state, "email", news, NOW)] == [news, []]


def test_quiet_hours_hold_and_release(state: State, ways: Ways) -> None:
    """At night nobody is told; in the morning of what lasts, and of nothing that came and went."""
    quiet = ways.settings.alerts.model_validate({**ways.settings.alerts.model_dump(), "quiet_hours": "19:00-07:00"})
    ways.settings = ways.settings.model_copy(update={"alerts": quiet})
    night, morning = 10 * 60, 21 * 60  # 20:00 and 07:00 in New York
    ways.look(state, EXPORT, TABLES, minutes=night)
    ways.look(state, EXPORT, minutes=night + 60)
    assert ways.counts == (0, 0, 0, 0)
    ways.look(state, EXPORT, minutes=morning)
    ways.look(state, minutes=morning + 1)
    assert ways.counts == (2, 2, 2, 2)
    assert [item["cause"] for body in ways.hook.bodies for item in body["alerts"]] == ["exports:calendly:default"] * 2


def test_secrets_are_in_no_message_log_or_error(
    state: State, ways: Ways, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A wrong password, a revoked Slack URL, an unreachable webhook: told without any of the three."""
    caplog.set_level(logging.DEBUG)
    email = ways.settings.alerts.email
    assert email is not None
    signing_in = email.model_copy(update={"username": "someone"})
    signed = ways.settings.alerts.model_copy(update={"email": signing_in})
    ways.settings = ways.settings.model_copy(update={"alerts": signed})
    with (
        mail_server(ways.mail, authenticator=ways.mail.sign_in, auth_require_tls=False) as port,
        socket.socket() as dead,
    ):
        dead.bind(("127.0.0.1", 0))  # nobody listens
        object.__setattr__(signing_in, "port", port)
        monkeypatch.setenv("ALERT_SMTP_PASSWORD", CANARY)
        monkeypatch.setenv("ALERT_WEBHOOK_URL", f"http://127.0.0.1:{dead.getsockname()[1]}/{CANARY}")
        ways.slack.status = 403
        told = ways.look(state, EXPORT)
    assert set(ways.mail.passwords) == {CANARY.encode()}
    assert told.failed["email"].startswith("mail server to 127.0.0.1")
    assert "refused the password (535)" in told.failed["email"]
    assert "HTTP 403. Make a new webhook there" in told.failed["slack"]
    assert "no answer came (ConnectError)" in told.failed["webhook"]
    stored = [str(row) for table in (alerts, alert_notices) for row in state.rows(table)]
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("calendly_pipeline")]
    assert CANARY not in "".join(
        [*told.failed.values(), *stored, *ways.log, *ours, repr(channels(ways.settings, print))]
    )


def test_a_refused_address_keeps_the_others_from_nothing(ways: Ways) -> None:
    """One wrong recipient: the mail goes to the others, once, and it is said."""
    ways.mail.refused = {"dana@firm.example"}
    (mail,) = [way for way in channels(ways.settings, print) if way.name == "email"]
    assert mail.send(Message("s", "t", {})) == "refused 1 of 2 addresses; check alerts.email.to"
    assert ways.mail.recipients == [["ops@firm.example"]]
    ways.mail.refused.add("ops@firm.example")
    with pytest.raises(Rejected, match="refused an address"):
        mail.send(Message("s", "t", {}))


@pytest.mark.parametrize(
    ("answer", "security", "kind"),
    [("452 full", "none", Unavailable), ("554 spam", "none", Rejected), ("250 OK", "starttls", Unavailable)],
)
def test_a_mail_servers_no_says_whether_to_try_again(answer: str, security: str, kind: type[Exception]) -> None:
    """4xx may pass, 5xx will not; a server without TLS is never spoken to in the clear."""
    sink = MailSink()
    sink.answer = answer
    with mail_server(sink) as port, pytest.raises(kind):
        send_mail(MailServer("127.0.0.1", port, security), "a@firm.example", ["b@firm.example"], "s", "t")
    assert sink.mails == []


@pytest.mark.parametrize(
    ("url", "kind"),
    [("file:///etc/passwd", Rejected), ("hooks.example/x", Rejected), ("https://hooks.example:port/x", Rejected)],
)
def test_a_url_that_is_none_is_refused_without_saying_it(url: str, kind: type[Exception]) -> None:
    """What is no web address is not asked, and not repeated in the error."""
    with pytest.raises(kind) as refused:
        post_json("Slack", url, {})
    assert url not in str(refused.value)


def settings_file(tmp_path: Path, port: int) -> None:
    """A firm's pipeline.toml with a mail server."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "pipeline.toml").write_text(
        f'[firm]\ntime_zone = "America/New_York"\n[alerts.email]\nto = ["ops@firm.example"]\n'
        f'sender = "p@firm.example"\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n',
        encoding="utf-8",
    )


def test_the_test_command_says_what_each_channel_did(tmp_path: Path, ways: Ways) -> None:
    """Every channel gets a message that says it is a test; a failure is said and exits 1."""
    email = ways.settings.alerts.email
    assert email is not None
    settings_file(tmp_path, email.port)
    done = CliRunner().invoke(commands, ["alerts", "test"])
    assert (done.exit_code, ways.counts[1:]) == (0, (1, 1, 1))
    assert [line for line in done.output.splitlines() if line.endswith(": sent")] == [
        f"{name}: sent" for name in ("log", "email", "slack", "webhook")
    ]
    assert ways.hook.bodies[0]["is_test"]
    ways.slack.status = 404
    failed = CliRunner().invoke(commands, ["alerts", "test"])
    assert failed.exit_code == 1
    assert "slack: failed; Slack POST: HTTP 404." in failed.output
    assert CANARY not in done.output + failed.output


def test_the_list_command_and_doctor_show_who_was_told(
    tmp_path: Path, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Open alerts with their words, channels that failed with how often they were tried."""
    email = ways.settings.alerts.email
    assert email is not None
    settings_file(tmp_path, email.port)
    monkeypatch.setenv("PIPELINE_AS_OF", NOW.isoformat())
    assert "No alert is open" in CliRunner().invoke(commands, ["alerts", "list"]).output
    store = State(f"sqlite:///{tmp_path / 'home' / 'data' / 'state.db'}")
    ways.mail.answer = "451 try later"
    ways.look(store, EXPORT)
    store.close()
    monkeypatch.setattr(cli_alerts.console, "width", 200)
    listed = CliRunner().invoke(commands, ["alerts", "list"]).output
    assert "no Calendly export covers 3 to 9 November 2026" in listed
    assert "email opened: failed" in listed
    said = CliRunner(env={"COLUMNS": "200"}).invoke(commands, ["doctor"]).output
    assert "alert since 10 November 2026, 10:00: no Calendly export covers 3 to 9 November 2026" in said
    assert "channel email: alert 1 could not be told, 1 times tried: mail server" in said


def test_an_alert_long_over_is_forgotten(state: State, ways: Ways) -> None:
    """A channel down for a week is not told what ended a week ago."""
    ways.look(state, EXPORT)
    ways.look(state, minutes=1)
    later: datetime = NOW + timedelta(days=8)
    assert recent_alerts(state, later) == []


def test_a_fault_of_our_own_is_named_by_its_kind_and_keeps_no_other_waiting(state: State, ways: Ways) -> None:
    """A sender that no mail can have: the others are told, and its words, which may hold anything, are not kept."""
    email = ways.settings.alerts.email
    assert email is not None
    object.__setattr__(email, "sender", f"p@firm.example\n{CANARY}")
    told = ways.look(state, EXPORT)
    assert told.failed == {"email": "email: ValueError"}
    assert ways.counts == (1, 0, 1, 1)
