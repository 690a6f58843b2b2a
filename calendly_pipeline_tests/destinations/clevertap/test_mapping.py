"""Mistakes in the names of keys and events, told before anything is sent, in words that name the fix."""

from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline.destinations.clevertap import event_names
from calendly_pipeline.destinations.clevertap.event_names import event_name, name_mistakes, tidied
from calendly_pipeline.destinations.clevertap.mapping import mapping_mistakes
from calendly_pipeline.doctor_destinations import destinations_there
from calendly_pipeline.home import Home
from calendly_pipeline.settings_clevertap import ClevertapDestination
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.destinations.clevertap.given import booked, event_of, firm_of, planned, tapped
from calendly_pipeline_tests.fakes.clevertap.given import clevertap


def rules(**named: Any) -> ClevertapDestination:
    """The table of pipeline.toml."""
    return ClevertapDestination.model_validate(named)


def test_what_is_shipped_is_right() -> None:
    """A firm that only adds the table has no mistake."""
    assert (mapping_mistakes(rules()), name_mistakes(rules())) == ([], [])


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"profile": {"nam": "Name"}}, "profile: nothing is called 'nam'; the nearest is 'name'"),
        ({"profile": {"name": " "}}, "profile: name goes into no key; name one, or leave the line out"),
        ({"profile": {"name": "A", "email": "a"}}, "profile: email and name go into 'a'; give each a key of its own"),
        ({"profile": {"name": "N" * 121}}, "profile: name goes into a key of 121 bytes, and CleverTap takes 120"),
        ({"profile": {"name": "Full.Name"}}, "profile: name goes into 'Full.Name'; CleverTap takes no . in a key"),
        ({"profile": {"name": "MSG-email"}}, "says what somebody agreed to and is never written; leave the line out"),
        ({"profile": {"name": "category-resubscribe"}}, "says what somebody agreed to and is never written"),
        ({"profile": {"email": "Identity"}}, "email would go into 'Identity', which says whose profile it is"),
        ({"answers": {"Company?": "record"}}, "answers: Company? and ours go into 'record'; give each a key"),
        ({"answers": {"A?": "a", " a? ": "b"}}, "answers: the question 'a?' is there twice; leave one"),
        (
            {"answers": {f"Q{number}?": f"q{number}" for number in range(80)}},
            "answers: an event would have 101 properties, and CleverTap takes 100; take out 1",
        ),
    ],
)
def test_a_mistake_in_a_key(named: dict[str, Any], words: str) -> None:
    """It names the table, the line and the remedy."""
    (mistake, *more) = mapping_mistakes(rules(**named))
    assert words in mistake
    assert mistake.startswith("destinations.clevertap.")
    assert [text for text in more if "blanks" not in text] == []


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (
            {"event_name": "{{ event_type.nam }}"},
            "event_name 1:4: event_type.nam is undefined; known are event_type.name",
        ),
        ({"event_name": "{{ transition"}, "event_name 1:1: expected '}}', found end of file"),
        ({"event_name": "{{ transition | shout }}"}, "event_name 1:17: unknown filter 'shout'"),
        ({"event_name": "..."}, "event_name: an event would have no name; write text beside the braces"),
        ({"event_name": "x" * 121}, "has 121 bytes, and CleverTap takes 120; shorten the template"),
        ({"event_name": "App launched"}, "'App launched' is an event of CleverTap's own; add a word to the template"),
        ({"event_names": {"discovery": "Charged"}}, "event_names.discovery: 'Charged' is an event of CleverTap's own"),
    ],
)
def test_a_mistake_in_a_template(named: dict[str, Any], words: str) -> None:
    """It names the key, the place in the template, and the remedy; and it is told once."""
    (mistake,) = name_mistakes(rules(**named))
    assert words in mistake
    assert mistake.startswith("destinations.clevertap.")


def test_names_by_meeting_type() -> None:
    """A meeting type may have a name of its own; the others take the common one."""
    given = rules(event_names={"portfolio_review": "Review {{ transition }}"})
    assert event_name(given, "Intro", "intro", "portfolio_review", "no_show") == ("Review no-show", None)
    assert event_name(given, "Intro", "intro", "discovery", "completed") == ("Intro completed", None)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Review: 30 min. (Zoom)", "Review 30 min Zoom"),
        ("  Über  Größe_1-2 ", "Über Größe_1-2"),
        ("a\nb\t$'\"\\c", "a b c"),
    ],
)
def test_names_are_tidied(said: str, name: str) -> None:
    """Letters, digits, underscores, hyphens and single blanks are left, in any language."""
    assert tidied(said) == name


def test_a_default_stands_in() -> None:
    """An event type without a slug takes the default; without a default it is a mistake that names it."""
    assert event_name(rules(event_name='{{ event_type.slug | default: "x" }}'), "A", None, "other", "scheduled") == (
        "x",
        None,
    )
    _, mistake = event_name(rules(event_name="{{ event_type.slug }}"), "A", None, "other", "scheduled")
    assert mistake is not None
    assert "event_type.slug is undefined; known are event_type.name" in mistake


def test_a_name_that_cannot_be_blocks_its_events_alone(tables: Tables) -> None:
    """An event type called like an event of CleverTap's own is blocked with the reason; the others are sent."""
    firm = booked(firm_of(tables), "bad", "2026-07-05T14:00", event_type_name="App Launched")
    booked(firm, "good", "2026-07-06T14:00", event_type_name="Intro")
    rows = planned(firm, chosen=tapped(event_name="{{ event_type.name }}"))
    found = {
        key.split(":")[-1]: (row["operation"], row["reason"]) for key, row in rows.items() if row["kind"] == "event"
    }
    assert found["good"] == ("create", "new there")
    assert found["bad"] == (
        "blocked",
        "destinations.clevertap.event_name: 'App Launched' is an event of CleverTap's own; add a word to the template",
    )


def test_a_renamed_template_sends_nothing_again(tables: Tables) -> None:
    """The name is no part of the key: new events take the new name, what was sent stays."""
    firm = booked(firm_of(tables), "m", "2026-07-05T14:00")
    first, second = (planned(firm, chosen=tapped(event_name=name)) for name in ("A {{ transition }}", "B"))
    assert set(first) == set(second)
    assert (event_of(first)["event_name"], event_of(second)["event_name"]) == ("A scheduled", "B")


def test_more_names_than_an_account_takes(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """CleverTap drops events of a 513th name in silence: the newest names are blocked before, the older ones stay."""
    monkeypatch.setattr(event_names, "MOST_EVENT_NAMES", 2)
    firm = booked(firm_of(tables), "a", "2026-03-05T14:00", event_type_name="Third")
    booked(firm, "b", "2026-02-05T14:00", event_type_name="Second")
    booked(firm, "c", "2026-01-05T14:00", event_type_name="First")
    booked(firm, "d", "2026-04-05T14:00", event_type_name="First", kind="discovery")
    rows = planned(firm, chosen=tapped(transitions=["scheduled"]))
    assert {key[-1]: row["operation"] for key, row in rows.items() if row["kind"] == "event"} == {
        "a": "blocked",
        "b": "create",
        "c": "create",
        "d": "create",
    }
    (reason,) = [row["reason"] for row in rows.values() if row["operation"] == "blocked"]
    assert "'Third scheduled' would be one name more than an account takes" in reason


def test_doctor_names_every_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It tells the mistakes without a request; once they are mended it tries the login."""
    home = Home(tmp_path)
    home.create()
    with clevertap() as fake:
        for name, value in {"ACCOUNT_ID": "TEST-ABC-123Z", "PASSCODE": "WRONG", "API_URL": fake.url}.items():
            monkeypatch.setenv(f"CLEVERTAP_{name}", value)
        chosen = tapped(profile={"nam": "Name"}, event_name="Charged")
        found = [finding for finding in destinations_there(home, chosen) if finding.subject == "clevertap"]
        requests = len(fake.server.requests)
        login = list(destinations_there(home, tapped()))
    assert [finding.level for finding in found] == ["error", "error"]
    assert "the nearest is 'name'" in found[0].text
    assert "add a word to the template" in found[1].text
    assert requests == 0
    assert ("error", "check destinations.clevertap.region" in login[-1].text) == (login[-1].level, True)
