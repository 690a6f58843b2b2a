"""Which alerts open and close, and who is due to be told: decided without reading or writing."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendly_pipeline.failures import SettingsError
from calendly_pipeline.findings import Finding
from calendly_pipeline.quality.alerts import Alert, Notice, decide, due_notices, is_quiet
from calendly_pipeline.quality.messages import message_of
from calendly_pipeline.settings import Settings
from calendly_pipeline.settings_file import load_settings
from calendly_pipeline_tests.conftest import utc

NOW = utc("2026-11-10T15:00")  # a Tuesday, 10:00 in New York
PLAIN = Settings.model_validate({"firm": {"time_zone": "America/New_York"}})
CAUSES = ("exports:calendly:default", "pull:calendly:default", "tables", "webhook:calendly:default")


def wrong(cause: str, text: str = "text", level: str = "error", **named: object) -> Finding:
    """A finding with a cause."""
    return Finding(level, f"subject of {cause}", text, cause=cause, **named)  # pyright: ignore[reportArgumentType]


def alert(number: int, cause: str = "tables", **named: datetime) -> Alert:
    """An alert that opened an hour ago."""
    began = NOW - timedelta(hours=1)
    return Alert(number, cause, "subject", "text", **{"opened_at": began, "due_at": began, **named})


def told(number: int, event: str, outcome: str, channel: str = "email", attempts: int = 1) -> Notice:
    """A notice attempted a minute ago."""
    at = NOW - timedelta(minutes=1)
    return Notice(number, event, channel, outcome, at, attempts_count=attempts)  # pyright: ignore[reportArgumentType]


def events(alerts: list[Alert], *notices: Notice, as_of: datetime = NOW, settings: Settings = PLAIN) -> list[str]:
    """What e-mail is due to tell."""
    due = due_notices(alerts, notices, ["email"], as_of, settings)
    return [f"{news.alert.alert_id} {news.event}" for news in due.get("email", [])]


def test_the_first_finding_of_a_cause_speaks_for_it() -> None:
    """Two findings of one cause open one alert, with the words of the first."""
    changes = decide([wrong("tables", "why"), wrong("tables", "what follows")], [])
    assert [finding.text for finding in changes.to_open] == ["why"]


def test_what_is_open_opens_no_more_and_what_is_gone_closes() -> None:
    """An open alert stays as it is while its cause lasts, whatever its words are by now."""
    present = alert(1)
    assert decide([wrong("tables", "other words")], [present]) == decide([wrong("tables")], [present])
    assert decide([wrong("tables")], [present]).to_open == ()
    assert decide([], [present]).to_close == (present,)


def test_a_consequence_opens_nothing_and_keeps_open_what_is() -> None:
    """Tables behind a failed step are no second alert, and no recovery either."""
    follows = wrong("tables", is_consequence=True)
    assert decide([follows], []).to_open == ()
    assert decide([follows], [alert(1)]).to_close == ()


def test_what_could_not_be_looked_at_stays() -> None:
    """A warehouse that another process holds closes no alert that only it could close."""
    exports, pull = alert(1, "exports:calendly:default"), alert(2, "pull:calendly:default")
    assert decide([], [exports, pull], unjudged=["exports:"]).to_close == (pull,)


def test_fine_and_local_findings_alert_nobody() -> None:
    """Findings that are ok or have no cause are doctor's alone."""
    assert decide([wrong("tables", level="ok"), wrong("")], []).to_open == ()


@settings(max_examples=40)
@given(st.lists(st.sets(st.sampled_from(CAUSES)), max_size=12))
def test_any_course_of_troubles_opens_and_closes_in_turn(course: list[set[str]]) -> None:
    """Whatever comes and goes: after each look exactly the present causes are open, each once."""
    present: dict[str, Alert] = {}
    for number, causes in enumerate(course):
        changes = decide([wrong(cause) for cause in sorted(causes)], list(present.values()))
        for closed in changes.to_close:
            del present[closed.cause]
        for finding in changes.to_open:
            assert finding.cause not in present
            present[finding.cause] = alert(number, finding.cause)
        assert set(present) == causes


def test_each_event_is_told_once() -> None:
    """Opened once, recovered once, then nothing."""
    over = alert(1, closed_at=NOW)
    assert events([alert(1)]) == ["1 opened"]
    assert events([alert(1)], told(1, "opened", "sent")) == []
    assert events([over], told(1, "opened", "sent")) == ["1 recovered"]
    assert events([over], told(1, "opened", "sent"), told(1, "recovered", "sent")) == []


def test_nobody_hears_that_something_is_over_who_never_heard_of_it() -> None:
    """What came and went before a channel was told is told to nobody there."""
    over = alert(1, closed_at=NOW)
    assert events([over]) == []
    assert events([over], told(1, "opened", "failed")) == []
    assert events([over], told(1, "opened", "sent", channel="slack")) == []


def test_grace_is_waited_for() -> None:
    """Nobody is told before an alert is due."""
    later = alert(1, due_at=NOW + timedelta(minutes=1))
    assert events([later]) == []
    assert events([later], as_of=NOW + timedelta(minutes=1)) == ["1 opened"]


@pytest.mark.parametrize(
    ("outcome", "attempts", "later", "again"),
    [
        ("failed", 1, 0, True),
        ("failed", 2, 0, True),
        ("failed", 3, 0, False),
        ("failed", 3, 60, True),
        ("intent", 1, 600, False),
        ("unknown", 1, 600, False),
    ],
)
def test_a_failure_is_tried_again_at_once_and_then_hourly(outcome: str, attempts: int, later: int, again: bool) -> None:
    """What may have arrived is never sent again."""
    found = events([alert(1)], told(1, "opened", outcome, attempts=attempts), as_of=NOW + timedelta(minutes=later))
    assert found == ["1 opened"] * again


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        ("2026-11-10T23:59", False),  # 18:59 in New York
        ("2026-11-11T00:00", True),
        ("2026-11-11T11:59", True),
        ("2026-11-11T12:00", False),  # 07:00
        ("2026-07-10T11:00", False),  # 07:00 in summer
        ("2026-11-14T16:00", True),  # Saturday
        ("2026-11-16T16:00", False),  # Monday
    ],
)
def test_quiet_hours_are_the_firms(moment: str, quiet: bool) -> None:
    """19:00 to 07:00 on the firm's clock, summer and winter, and weekends."""
    alerts = {"quiet_hours": "19:00-07:00", "quiet_weekends": True}
    settings = Settings.model_validate({"firm": {"time_zone": "America/New_York"}, "alerts": alerts})
    assert is_quiet(utc(moment), settings) is quiet
    long_due = alert(1, due_at=utc("2026-01-01T00:00"))
    assert events([long_due], as_of=utc(moment), settings=settings) == ([] if quiet else ["1 opened"])


def test_quiet_hours_within_a_day() -> None:
    """Hours that do not cross midnight."""
    settings = Settings.model_validate({"alerts": {"quiet_hours": "12:00-13:00"}})
    assert [is_quiet(utc(f"2026-11-10T{hour}"), settings) for hour in ("11:59", "12:30", "13:00")] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('quiet_hours = "always"', "alerts.quiet_hours"),
        ('quiet_hours = "07:00-07:00"', "alerts.quiet_hours"),
        ("[alerts.email]\nto = []\nsender = 'a'\nhost = 'h'", "alerts.email.to"),
        ("[alerts.email]\nto = ['a']\nsender = 'a'\nhost = 'h'\nusername = 'u'\nsecurity = 'none'", "unprotected"),
        ('slack_url = "https://hooks.example"', "alerts.slack_url_env"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path_factory: pytest.TempPathFactory, text: str, words: str) -> None:
    """Hours that are none, a mail to nobody, a password in the clear, a secret in the file."""
    path = tmp_path_factory.mktemp("settings") / "pipeline.toml"
    path.write_text(f"[alerts]\n{text}\n" if not text.startswith("[") else text, encoding="utf-8")
    with pytest.raises(SettingsError, match=words):
        load_settings(path)


def test_one_message_tells_everything_new() -> None:
    """What opened comes first, then what is over, with how long it lasted."""
    over = alert(2, closed_at=NOW + timedelta(days=2))
    news = due_notices([alert(1), over], [told(2, "opened", "sent")], ["email"], NOW, PLAIN)["email"]
    message = message_of(news, PLAIN)
    assert message.subject == "subject needs attention; subject over again"
    assert message.text.splitlines() == [
        "Needs attention:",
        "- text.",
        "",
        "Over again:",
        "- subject, as of 10 November 2026, 09:00, after 2 days.",
    ]
    assert [(item["alert_id"], item["event"]) for item in message.body["alerts"]] == [(1, "opened"), (2, "recovered")]
