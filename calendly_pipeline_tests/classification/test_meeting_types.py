"""What kind of meeting it was."""

from typing import Any

import duckdb
import pytest

from calendly_pipeline.classification.rules import load_rules, rules
from calendly_pipeline.failures import SettingsError
from calendly_pipeline.settings import ClassificationRule, Settings
from calendly_pipeline_tests.conftest import Tables

FIRM = {"time_zone": "America/New_York", "internal_domains": ["juniperlane.example"]}


def classified(tables: Tables, settings: Settings, answers: dict[str, str] | None = None, address: str = "ada@example.com", **cells: Any) -> dict[str, Any]:
    """The type of one meeting."""
    load_rules(tables.connection, rules(settings))
    meeting = {"meeting_id": "m", "platform": "calendly", "duration_minutes": 30, "host_email": "dana@juniperlane.example"}
    tables.given("meetings.meetings", {**meeting, **cells})
    tables.given("meetings.attendees", {"attendee_id": "a", "meeting_id": "m", "role": "invitee", "address": address, "answers": answers})
    (row,) = tables.run("classification.meeting_types", settings=settings).rows("classification.meeting_types")
    return row


@pytest.mark.parametrize(
    ("name", "meeting_type"),
    [
        ("Quarterly Portfolio Review", "portfolio_review"),
        ("Annual review", "portfolio_review"),
        ("Review of your portfolio", "portfolio_review"),
        ("Discovery Call", "discovery"),
        ("Intro call (15 min)", "discovery"),
        ("Client Onboarding", "onboarding"),
        ("Kick-off with Dana", "onboarding"),
        ("Financial Planning Session", "planning"),
        ("Tax planning", "planning"),
        ("Check-in Call", "check_in"),
        ("Service Request", "service"),
        ("Investment Committee", "internal"),
        ("Retirement Roundtable", "other"),
        ("One-off meeting", "other"),
        ("Preview of our new site", "other"),
    ],
)
def test_shipped_rules_know_an_advisory_firm(tables: Tables, name: str, meeting_type: str) -> None:
    """The shipped rules put a firm's usual event types where they belong."""
    row = classified(tables, Settings.model_validate({"firm": FIRM}), event_type_name=name)
    assert (row["meeting_type"], row["is_portfolio_review"]) == (meeting_type, meeting_type == "portfolio_review")
    assert name in row["reason"]


def test_staff_among_themselves(tables: Tables) -> None:
    """A review that only staff attend is internal."""
    row = classified(tables, Settings.model_validate({"firm": FIRM}), event_type_name="Portfolio Review", address="max@juniperlane.example")
    assert (row["meeting_type"], row["rule"]) == ("internal", "only_staff")


def test_title_stands_in_for_an_unknown_event_type(tables: Tables) -> None:
    """Where no file names the event type the title is looked at."""
    row = classified(tables, Settings.model_validate({"firm": FIRM}), title="Portfolio Review between Dana and Ada")
    assert row["meeting_type"] == "portfolio_review"


@pytest.mark.parametrize(
    ("condition", "cells", "fits"),
    [
        ({"event_type_id": "7"}, {"event_type_id": "7"}, True),
        ({"event_type_id": "7"}, {"event_type_id": "8"}, False),
        ({"event_type_slug": "rev"}, {"event_type_slug": "rev"}, True),
        ({"platform": "calcom"}, {}, False),
        ({"host": "Dana@JuniperLane.example"}, {}, True),
        ({"min_duration_minutes": 30, "max_duration_minutes": 30}, {}, True),
        ({"min_duration_minutes": 31}, {}, False),
        ({"max_duration_minutes": 29}, {}, False),
        ({"name_pattern": "x", "platform": "calendly"}, {"event_type_name": "y"}, False),
        ({"all_internal": False}, {}, True),
        ({"answer_pattern": "portfolio"}, {"answers": {"Why?": "My Portfolio"}}, True),
        ({"answer_pattern": "portfolio"}, {"answers": {"Portfolio?": "no"}}, False),
    ],
)
def test_every_condition_counts(tables: Tables, condition: dict, cells: dict, fits: bool) -> None:
    """A rule fits when each condition it names holds, and only then."""
    rule = {"name": "mine", "meeting_type": "planning", **condition}
    settings = Settings.model_validate({"firm": FIRM, "classification": {"rules": [rule]}})
    row = classified(tables, settings, **cells)
    assert row["rule"] == ("mine" if fits else "none")


def test_first_rule_wins(tables: Tables) -> None:
    """Of two rules that fit, the earlier one decides."""
    listed = [{"name": n, "meeting_type": t, "name_pattern": "review"} for n, t in (("one", "service"), ("two", "planning"))]
    settings = Settings.model_validate({"firm": FIRM, "classification": {"rules": listed}})
    assert classified(tables, settings, event_type_name="Review")["rule"] == "one"


def test_unknown_event_types_are_listed(tables: Tables) -> None:
    """What falls to other is listed with its event type."""
    classified(tables, Settings.model_validate({"firm": FIRM}), event_type_name="Roundtable")
    assert tables.bad_rows("classification", "unclassified_meetings") == [{"event_type": "Roundtable", "meetings_count": 1}]


def test_a_broken_pattern_is_named() -> None:
    """A pattern that is no regular expression is an error that names its rule."""
    connection = duckdb.connect()
    with pytest.raises(SettingsError, match="'broken'"):
        load_rules(connection, (ClassificationRule(name="broken", meeting_type="other", name_pattern="("),))
    connection.close()
