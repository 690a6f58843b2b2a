"""What kind of meeting it was, by which rule and why."""

from typing import Any

import pytest

from calendly_pipeline.classification.rules import load_rules, rules
from calendly_pipeline_tests.classification.given import MEETING, classified, firm_of, given
from calendly_pipeline_tests.conftest import Tables

STAFF = {"address": "max@juniperlane.example"}
CLIENT = {"address": "ada@example.com"}
MINE = {"name": "mine", "meeting_type": "planning"}


@pytest.mark.parametrize(
    ("people", "meeting_type"),
    [
        ([STAFF], "internal"),
        ([STAFF, {**STAFF, "role": "co_host"}], "internal"),
        ([STAFF, CLIENT], "portfolio_review"),
        ([STAFF, {**CLIENT, "role": "guest"}], "portfolio_review"),
        ([STAFF, {"address": None}], "portfolio_review"),
        ([{"address": "max@juniperlane.example.org"}], "portfolio_review"),
        ([{**CLIENT, "role": "co_host"}], "portfolio_review"),
    ],
)
def test_staff_among_themselves(tables: Tables, people: list[dict], meeting_type: str) -> None:
    """A review is internal when everybody invited has an address of the firm, whoever hosts it."""
    row = classified(tables, firm_of(), *people, event_type_name="Portfolio Review")
    assert row["meeting_type"] == meeting_type
    assert (row["reason"] == "everybody invited is staff") == (meeting_type == "internal")


def test_staff_who_are_clients_too(tables: Tables) -> None:
    """An address of the firm that is listed as a client's is no staff."""
    firm = {"time_zone": "America/New_York", "internal_domains": ["juniperlane.example"]}
    chosen = firm_of(firm={**firm, "internal_exceptions": ["Max@juniperlane.example"]})
    assert classified(tables, chosen, STAFF, event_type_name="Portfolio Review")["meeting_type"] == "portfolio_review"


def test_title_stands_in_for_an_unknown_event_type(tables: Tables) -> None:
    """Where no file names the event type the title is looked at; where one does, the title is not."""
    assert (
        classified(tables, firm_of(), title="Portfolio Review between Dana and Ada")["meeting_type"]
        == "portfolio_review"
    )
    named = classified(tables, firm_of(), event_type_name="Coffee", title="Portfolio Review between Dana and Ada")
    assert named["meeting_type"] == "other"


@pytest.mark.parametrize(
    ("title", "person", "meeting_type"),
    [
        ("Portfolio Review between Dana Host and Paul Dentist", "Paul Dentist", "portfolio_review"),
        ("30 Minute Meeting between Dana Host and Grace Service", "Grace Service", "other"),
        ("Anniversary call: Ann and Dana Host", "Ann", "other"),
    ],
)
def test_names_of_people_do_not_decide(tables: Tables, title: str, person: str, meeting_type: str) -> None:
    """The names of those who meet are no words of the title, and a short name inside a word is left alone."""
    row = classified(tables, firm_of(), {"name": person}, title=title, host_name="Dana Host")
    assert row["meeting_type"] == meeting_type
    assert person not in row["name"].split()


@pytest.mark.parametrize(
    ("condition", "cells", "fits"),
    [
        ({"event_type_id": "7"}, {"event_type_id": "7"}, True),
        ({"event_type_id": "7"}, {"event_type_id": "8"}, False),
        ({"event_type_id": "7"}, {}, False),
        ({"event_type_slug": "rev"}, {"event_type_slug": "rev"}, True),
        ({"event_type_slug": "rev"}, {"event_type_slug": "reviews"}, False),
        ({"platform": "calendly"}, {}, True),
        ({"platform": "calcom"}, {}, False),
        ({"host": "Dana@JuniperLane.example"}, {}, True),
        ({"host": "max@juniperlane.example"}, {}, False),
        ({"host": "dana@juniperlane.example"}, {"host_email": None}, False),
        ({"min_duration_minutes": 30, "max_duration_minutes": 30}, {}, True),
        ({"min_duration_minutes": 31}, {}, False),
        ({"max_duration_minutes": 29}, {}, False),
        ({"max_duration_minutes": 29}, {"duration_minutes": None}, False),
        ({"name_pattern": "REVIEW"}, {"event_type_name": "Portfolio review"}, True),
        ({"name_pattern": "^review"}, {"event_type_name": "Portfolio review"}, False),
        ({"name_pattern": "x", "platform": "calendly"}, {"event_type_name": "y"}, False),
        ({"name_pattern": "x", "platform": "calendly"}, {"event_type_name": "x"}, True),
        ({"all_internal": False}, {}, True),
        ({"all_internal": True}, {}, False),
        ({}, {}, True),
    ],
)
def test_every_condition_counts(tables: Tables, condition: dict, cells: dict, fits: bool) -> None:
    """A rule fits when each condition it names holds, and only then."""
    assert classified(tables, firm_of({**MINE, **condition}), **cells)["rule"] == ("mine" if fits else "none")


@pytest.mark.parametrize(
    ("pattern", "people", "fits"),
    [
        ("portfolio", [{"answers": {"Why?": "My Portfolio"}}], True),
        ("portfolio", [{"answers": {"Portfolio?": "no"}}], False),
        ("portfolio", [{"answers": None}], False),
        ("portfolio", [{"answers": {}}], False),
        ("^taxes$", [{"answers": {"Why?": "hello", "What?": "Taxes"}}], True),
        ("taxes", [{}, {"role": "guest", "answers": {"Why?": "taxes"}}], True),
    ],
)
def test_answers_of_anybody(tables: Tables, pattern: str, people: list[dict], fits: bool) -> None:
    """One answer of one person is enough; questions are not looked at, and each answer is looked at by itself."""
    assert classified(tables, firm_of({**MINE, "answer_pattern": pattern}), *people)["rule"] == (
        "mine" if fits else "none"
    )


def listed(*named: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Rules of these names with these conditions."""
    return [{"name": name, "meeting_type": "service", **conditions} for name, conditions in named]


@pytest.mark.parametrize("answer", ["taxes", "nothing"])
def test_first_rule_wins(tables: Tables, answer: str) -> None:
    """Of several rules that fit, the earliest decides, whether it asks for a name or an answer."""
    chosen = firm_of(*listed(("one", {"answer_pattern": "taxes"}), ("two", {"name_pattern": "review"}), ("three", {})))
    row = classified(tables, chosen, {"answers": {"Why?": answer}}, event_type_name="Review")
    assert row["rule"] == ("one" if answer == "taxes" else "two")
    late = firm_of(*listed(("one", {"name_pattern": "review"}), ("two", {"answer_pattern": "taxes"})))
    assert classified(tables, late, {"answers": {"Why?": answer}}, event_type_name="Review")["rule"] == "one"


@pytest.mark.parametrize(
    ("conditions", "cells", "reason"),
    [
        ({"name_pattern": "re.iew"}, {"event_type_name": "Portfolio Review"}, "“Portfolio Review” has “Review” in it"),
        ({"name_pattern": "tax"}, {"event_type_name": "Tax"}, "it is called “Tax”"),
        ({"event_type_id": "7"}, {"event_type_id": "7"}, "its event type has the id 7"),
        ({"event_type_slug": "rev"}, {"event_type_slug": "rev"}, "its event type has the slug rev"),
        ({"host": "dana@juniperlane.example"}, {}, "its host is dana@juniperlane.example"),
        (
            {"platform": "calendly", "min_duration_minutes": 20, "max_duration_minutes": 40},
            {},
            "it was booked with calendly; it lasts no less than 20 minutes; it lasts no more than 40 minutes",
        ),
        ({"answer_pattern": "tax"}, {}, "an answer has “tax” in it"),
        ({"all_internal": False}, {}, "somebody invited is not staff"),
        ({}, {"event_type_name": "Tax"}, "the rule holds for every meeting, also for “Tax”"),
        ({"platform": "calcom"}, {"event_type_name": "Tax"}, "no rule knows “Tax”"),
        ({"platform": "calcom"}, {}, "no rule knows a meeting without a name"),
    ],
)
def test_the_reason_names_the_value(tables: Tables, conditions: dict, cells: dict, reason: str) -> None:
    """The reason is a sentence about every condition of the rule, with the value that decided."""
    row = classified(tables, firm_of({**MINE, **conditions}), {"answers": {"Why?": "My taxes"}}, **cells)
    assert row["reason"] == reason


def test_every_meeting_has_one_row(tables: Tables) -> None:
    """Meetings that agree in everything, and one without anything to go by, each have their own row."""
    load_rules(tables.connection, rules(firm_of()))
    same = [{**MEETING, "meeting_id": name, "event_type_name": "Intro call"} for name in ("a", "b")]
    tables.given("meetings.meetings", *same, {"meeting_id": "c", "platform": "calcom"})
    tables.run("classification.meeting_types", settings=firm_of())
    found = {row["meeting_id"]: row["meeting_type"] for row in tables.rows("classification.meeting_types")}
    assert found == {"a": "discovery", "b": "discovery", "c": "other"}
    assert tables.bad_rows("classification", "exactly_one_type") == []


def test_a_meeting_without_a_type_is_found(tables: Tables) -> None:
    """A meeting that has no type, or two, is found."""
    given(tables, firm_of())
    tables.given("classification.meeting_types")
    assert [row["meeting_id"] for row in tables.bad_rows("classification", "exactly_one_type")] == ["m"]


def test_unknown_event_types_are_listed(tables: Tables) -> None:
    """What falls to other is listed with its event type and count; what a rule calls other, and duplicates, are not."""
    load_rules(tables.connection, rules(firm_of({"name": "dinner", "meeting_type": "other", "name_pattern": "dinner"})))
    names = {"a": "Roundtable", "b": "Roundtable", "c": "Dinner", "d": "Coffee"}
    rows = [{**MEETING, "meeting_id": key, "event_type_name": name} for key, name in names.items()]
    tables.given("meetings.meetings", *rows, {**rows[-1], "meeting_id": "e", "duplicate_of": "d"})
    tables.run("classification.meeting_types")
    assert tables.bad_rows("classification", "unclassified_meetings") == [
        {"event_type": "Roundtable", "meetings_count": 2},
        {"event_type": "Coffee", "meetings_count": 1},
    ]
