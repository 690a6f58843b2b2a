"""One meeting and the rules in force, short to write."""

from typing import Any

from calendly_pipeline.classification.rules import load_rules, rules
from calendly_pipeline.settings import Settings
from calendly_pipeline_tests.conftest import Tables

FIRM = {"time_zone": "America/New_York", "internal_domains": ["juniperlane.example"]}
MEETING = {"meeting_id": "m", "platform": "calendly", "duration_minutes": 30, "host_email": "dana@juniperlane.example"}
INVITEE = {"role": "invitee", "address": "ada@example.com", "name": "Ada Example"}


def firm_of(*listed: dict[str, Any], **named: Any) -> Settings:
    """Settings of a firm with these rules, or the shipped ones when none is given."""
    chosen = {"classification": {"rules": list(listed)}} if listed else {}
    return Settings.model_validate({"firm": FIRM, **chosen, **named})


def given(tables: Tables, settings: Settings, *people: dict[str, Any], **cells: Any) -> Tables:
    """Put in one meeting, its people and the rules, and classify it."""
    load_rules(tables.connection, rules(settings))
    tables.given("meetings.meetings", {**MEETING, **cells})
    rows = [
        {**INVITEE, **person, "attendee_id": f"a{n}", "meeting_id": "m"} for n, person in enumerate(people or ({},))
    ]
    tables.given("meetings.attendees", *rows)
    return tables.run("classification.meeting_types", settings=settings)


def classified(tables: Tables, settings: Settings, *people: dict[str, Any], **cells: Any) -> dict[str, Any]:
    """The type of one meeting with these people (default: one client)."""
    (row,) = given(tables, settings, *people, **cells).rows("classification.meeting_types")
    return row
