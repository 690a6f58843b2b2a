"""The command that checks a campaign's body and shows it for one person."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from calendly_pipeline.cli import commands
from calendly_pipeline.failures import InputError, SettingsError
from calendly_pipeline.home import Home
from calendly_pipeline.warehouse import open_warehouse
from calendly_pipeline_tests.conftest import utc

EVENTS = [("old", "ada", "2026-06-01T09:00", "Intro"), ("new", "ada", "2026-06-09T09:00", "Review"),
          ("bo", "bo", "2026-06-05T09:00", "Check-in")]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A firm with three events and Ada's profile in its plan."""
    home = Home(tmp_path / "home")
    home.create()
    home.settings_file.write_text('[firm]\ntime_zone = "UTC"\n[destinations.clevertap]\n', encoding="utf-8")
    (home.data / "calendly" / "a.csv").write_text("x", encoding="utf-8")
    rows = [(f"event:{key}", "event", who, what, utc(at), _event(who, what)) for key, who, at, what in EVENTS]
    rows.append(
        ("profile:ada@x.example", "profile", "ada", "Ada", utc("2026-06-09T09:00"), json.dumps({"Name": "Ada"}))
    )
    with open_warehouse(home.warehouse) as connection:
        connection.execute(
            "create or replace table destinations.wanted (destination varchar, record_key varchar, kind varchar, "
            "contact_id varchar, label varchar, happened_at timestamptz, fields json)"
        )
        connection.executemany("insert into destinations.wanted values ('clevertap', ?, ?, ?, ?, ?, ?)", rows)
    return home


def _event(who: str, what: str) -> str:
    return json.dumps({"identity": f"{who}@x.example", "properties": {"event_type": what, "location": None}})


def previewed(home: Home, body: str, *options: str) -> Result:
    """The command on a template of this text."""
    template = home.root / "mail.liquid"
    template.write_text(body, encoding="utf-8")
    return CliRunner(env={"PIPELINE_HOME": str(home.root)}).invoke(commands, ["preview", str(template), *options])


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ([], "--- Review\nHi Ada, Review"),
        (["--only", "ada"], "--- Review\nHi Ada, Review"),
        (["--only", "Bo@x.example"], "--- Check-in\nHi there, Check-in"),
        (["--only", "event:old"], "--- Intro\nHi Ada, Intro"),
    ],
    ids=["newest", "contact", "address", "record"],
)
def test_what_one_person_gets(home: Home, options: list[str], text: str) -> None:
    """The newest event of all, or of the record, contact or address that is asked for."""
    result = previewed(home, 'Hi {{ Profile.Name | default: "there" }}, {{ Event.event_type }}', *options)
    assert (result.output.strip(), result.exit_code) == (text, 0)


def test_mistakes_come_first(home: Home) -> None:
    """A template with a mistake is not rendered: every mistake is told with its place, and the command fails."""
    result = previewed(home, "{{ Event.event_typ }}\n{% fi %}{{ x }}")
    assert (result.output.splitlines()[0], result.exit_code) == (
        "mail.liquid 2:4 error: CleverTap has no tag 'fi'; the nearest is 'if'",
        1,
    )
    result = previewed(home, "{{ Event.event_typ }}\n{{ x }}")
    assert result.output.splitlines() == [
        "mail.liquid 1:4 error: Event.event_typ is not sent; the nearest is 'event_type'",
        "mail.liquid 2:4 error: there is no x",
    ]


def test_holes_and_messages_that_are_not_sent(home: Home) -> None:
    """A field without a value is told; an aborted message says so in place of a text."""
    result = previewed(home, "[{{ Event.location }}]")
    assert result.output.splitlines() == [
        "mail.liquid 1:5 warning: Event.location has no value here and no default: a hole",
        "--- Review",
        "[]",
    ]
    assert "not sent: 1:4 warning: abort" in previewed(home, "{% abort %}").output


def test_what_cannot_be_shown(home: Home) -> None:
    """Nobody of that name, no table in the settings, or a file that is no text: each says what to do."""
    result = previewed(home, "x", "--only", "nobody")
    assert isinstance(result.exception, InputError)
    assert "no event of nobody" in str(result.exception)
    (home.root / "mail.liquid").write_bytes(b"\xff\xfe")
    again = CliRunner(env={"PIPELINE_HOME": str(home.root)}).invoke(
        commands, ["preview", str(home.root / "mail.liquid")]
    )
    assert "no UTF-8 text" in str(again.exception)
    home.settings_file.write_text("", encoding="utf-8")
    assert isinstance(previewed(home, "x").exception, SettingsError)
