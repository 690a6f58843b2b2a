"""What Ortto holds after sends: the wanted state, once, with nobody's consent changed."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline.clients.http import StaticToken
from calendly_pipeline.clients.ortto import OrttoClient
from calendly_pipeline.destinations.ortto.adapter import OrttoAdapter
from calendly_pipeline.failures import MappingError
from calendly_pipeline.findings import Finding
from calendly_pipeline_tests.conftest import Tables, utc
from calendly_pipeline_tests.destinations.ortto.given import ADA, Booked, chosen
from calendly_pipeline_tests.destinations.ortto.sending import Sends, sends
from calendly_pipeline_tests.fakes.ortto.given import Ortto, ortto

EVE, BEN = "eve@x.example", "ben@x.example"


@pytest.fixture
def firm(tables: Tables, tmp_path: Path) -> Iterator[Sends]:
    """A firm and an empty Ortto under the worse reading of its words."""
    with sends(tables, tmp_path) as made:
        yield made


def test_the_first_send_and_the_second(firm: Sends) -> None:
    """People and activities are there once, typed by their fields; a second send only reads the schema."""
    booked = firm.booked().booking("m")
    assert firm.send(booked).accepted == 2
    held = firm.person(ADA)
    assert (held["First name"], held["Meetings in 12 months"], held["Email permission"]) == ("Ada", 1, False)
    assert held["Last meeting"] == {"year": 2026, "month": 6, "day": 10, "timezone": "America/New_York"}
    assert held["Meeting time"] == "2026-06-10T14:00:00Z"
    assert firm.acts(ADA) == [("Meeting booked", "2026-06-01T09:00:00Z")]
    before = len(firm.there.server.reads())
    assert firm.writes(booked) == []
    assert [one.path for one in firm.there.server.reads()][before:] == [
        "/instance-schema/get",
        "/person/custom-field/get",
    ] * 2


def table_of_cases() -> dict[str, Any]:
    """Name -> (bookings before, bookings after, what Ortto gets between the two)."""
    again = {"rescheduled_from_id": "m", "booked_at": utc("2026-06-04T08:00")}

    def as_booked(made: Booked) -> Booked:
        return made.booking("m", "2026-07-10T14:00", "confirmed")

    return {
        "moved": (
            as_booked,
            lambda made: made.booking("m", "2026-07-10T14:00", "rescheduled", rescheduled_to_id="n").booking(
                "n", "2026-07-12T14:00", "confirmed", **again
            ),
            (
                {
                    "Booking status": "rescheduled",
                    "Meeting time": "2026-07-12T14:00:00Z",
                    "Next meeting": "2026-07-12",
                },
                ["Meeting rescheduled"],
            ),
        ),
        "cancelled": (
            as_booked,
            lambda made: made.booking("m", "2026-07-10T14:00", "cancelled", cancelled_at=utc("2026-06-05T09:00")),
            ({"Booking status": "cancelled", "Next meeting": None}, ["Meeting cancelled"]),
        ),
        "no-show set": (
            lambda made: made.booking("m"),
            lambda made: made.booking("m", status="no_show"),
            ({"Booking status": "no_show", "Last meeting": None, "Meetings in 12 months": 0}, ["Meeting no-show"]),
        ),
        "no-show unset": (
            lambda made: made.booking("m", status="no_show"),
            lambda made: made.booking("m"),
            (
                {"Booking status": "completed", "Last meeting": "2026-06-10", "Meetings in 12 months": 1},
                ["Meeting no-show taken back"],
            ),
        ),
        "contact merged": (
            lambda made: made.booking("m", who="ben").booking("n", "2026-06-11T14:00", address=EVE),
            lambda made: made.booking("m").booking("n", "2026-06-11T14:00", address=EVE),
            ({"Last meeting": "2026-06-11", "Meetings in 12 months": 2}, []),
        ),
    }


@pytest.mark.parametrize("case", list(table_of_cases()))
def test_table_of_cases(firm: Sends, case: str) -> None:
    """Each change of a booking changes exactly these fields of the person and adds exactly these activities."""
    before, after, (fields, acts) = table_of_cases()[case]
    firm.send(before(firm.booked("ada", "ben")))
    held, known = firm.person(ADA), firm.acts(ADA)
    made = after(firm.booked("ada", "ben"))
    assert firm.send(made).rejected == 0
    now = firm.person(ADA)
    changed = {name: now.get(name) for name in {*held, *now} if held.get(name) != now.get(name)}
    assert {name: _plain(value) for name, value in changed.items()} == fields
    assert [name for name, _ in firm.acts(ADA)[len(known) :]] == acts
    assert firm.writes(made) == []


def test_a_changed_value_is_the_only_one_sent(firm: Sends) -> None:
    """An update carries the fields that differ and the person's id, under overwrite; nobody is looked up by address."""
    firm.send(firm.booked().booking("m", "2026-06-10T14:00", "confirmed"))
    firm.send(firm.booked().booking("m", "2026-06-10T14:00", "confirmed", name="Ada Birch"))
    (last,) = [one.body for one in firm.there.server.writes() if one.path == "/person/merge"][1:]
    assert last["people"][0]["fields"] == {
        "str::last": "Birch",
        "str::person_id": firm.there.world.person(ADA).person_id,
        "bol::p": False,
    }
    assert (last["merge_by"], last["merge_strategy"], last["skip_non_existing"]) == (["str::person_id"], 2, True)


@pytest.mark.parametrize(
    ("named", "first", "last", "status"),
    [
        ({}, "Old", "Alder", "completed"),
        ({"keep_existing": False}, "Ada", "Alder", "completed"),
        ({"merge_strategy": "append_only", "keep_existing": False}, "Old", "Alder", "completed"),
        ({"merge_strategy": "ignore_existing"}, "Old", None, None),
        ({"touchable": ["str::last"]}, "Old", "Alder", None),
        ({"keep_existing": False, "field_strategies": {"str::first": "append_only"}}, "Old", "Alder", "completed"),
    ],
    ids=["kept", "overwrite", "append", "ignore", "touchable", "per-field"],
)
def test_strategies_on_somebody_there(
    firm: Sends, named: dict[str, Any], first: str, last: str | None, status: str | None
) -> None:
    """What stood there stays or goes as the strategy says; somebody new gets everything under each of them."""
    firm.there.world.add_person(ADA, str__first="Old")
    booked = firm.booked().booking("m").booking("n", address=EVE, name="Eve Elm")
    firm.send(booked, **named)
    held = firm.person(ADA)
    assert (held.get("First name"), held.get("Last name"), held.get("Booking status")) == (first, last, status)
    assert firm.person(EVE).get("Last name") == "Elm"
    assert firm.writes(booked, **named) == []


def test_only_those_who_are_there(firm: Sends) -> None:
    """With skip_non_existing nobody is made, neither by a person nor by an activity."""
    firm.there.world.add_person(ADA)
    booked = firm.booked().booking("m").booking("n", address=EVE)
    firm.send(booked, skip_non_existing=True)
    assert len(firm.there.world.people) == 1
    assert firm.acts(ADA) == [("Meeting booked", "2026-06-01T09:00:00Z")]


def test_whoever_was_deleted_there_is_not_made_again(firm: Sends) -> None:
    """An update of somebody who is gone is skipped, in words."""
    firm.send(firm.booked().booking("m"))
    firm.there.world.people.clear()
    firm.send(firm.booked().booking("m", name="Ada Birch"))
    assert firm.there.world.people == {}
    assert any("nobody is made anew" in text for text in firm.said)


def test_the_suppressed_are_skipped(firm: Sends) -> None:
    """Somebody on the suppression list is not made, which is no failure; the others are."""
    firm.there.world.suppressed.add(EVE)
    counts = firm.send(firm.booked().booking("m").booking("n", address=EVE))
    assert (counts.rejected, counts.skipped, [p.fields["str::email"] for p in firm.there.world.people.values()]) == (
        0,
        2,
        [ADA],
    )


def test_a_bad_value_is_rejected_alone(firm: Sends) -> None:
    """A value that its field cannot hold keeps its own record from being sent and no other."""
    booked = firm.booked().booking("m", name=f"Ada {'x' * 600}").booking("n", address=EVE)
    firm.send(booked)
    assert "500 characters" in firm.outcomes()[f"person|{ADA}"]
    assert firm.person(EVE)["First name"] == "Ada"


MISTAKES: list[tuple[dict[str, str], str]] = [
    ({"last_meeting_on": "str::nothing"}, "no field 'str::nothing'"),
    ({"last_meeting_on": "Nothing"}, "no custom field 'Nothing'; make it with --create-fields"),
    ({"last_meeting_on": "phn::phone"}, "is of type phone; it takes date or text"),
    ({"meetings_count": "int::e"}, "read only"),
    ({"is_reschedule_escalation": "bol::p"}, "agreed to; that is never written"),
    ({"first_name": "First", "last_name": "str:cm:first"}, "both go into str:cm:first"),
    ({"last_meeting_on": "Twice"}, "several fields 'Twice'"),
    ({"review_status": "Status"}, "lacks options: due, overdue, none"),
]


def test_mapping_mistakes_are_found() -> None:
    """Each is named with its remedy by what `doctor` and every send ask first."""
    with ortto() as there:
        there.world.add_field("First", "text")
        there.world.add_field("Status", "single_select", ["current"])
        for kind in ("date", "text"):
            there.world.add_field("Twice", kind)
        for fields, said in MISTAKES:
            found = checked(there, fields=fields, activities=[])
            assert [finding.level for finding in found] == ["error"]
            assert said in found[0].text
        assert [finding.level for finding in checked(there, fields={}, activities=[])] == ["ok"]
        assert there.server.writes() == []


def checked(there: Ortto, **named: Any) -> list[Finding]:
    """What the adapter finds with these settings."""
    rules = chosen(**named).destinations.ortto
    assert rules is not None

    async def run() -> list[Finding]:
        async with OrttoAdapter(OrttoClient(there.url, StaticToken(there.key)), rules, "UTC") as adapter:
            return await adapter.check()

    return asyncio.run(run())


def test_a_mistake_keeps_everything_from_being_sent(firm: Sends) -> None:
    """The send is refused with all mistakes in words, before any person is written."""
    with pytest.raises(MappingError, match=r"nothing was sent.*read only"):
        firm.send(firm.booked().booking("m"), fields={"meetings_count": "int::e"})
    assert "/person/merge" not in [one.path for one in firm.there.server.writes()]


def test_an_activity_of_another_shape_is_named() -> None:
    """A definition that lacks an attribute, or has it otherwise, is not written to."""
    with ortto() as there:
        there.world.add_definition("Meeting booked", {"Event type": "integer"})
        texts = [finding.text for finding in checked(there, fields={}, activities=["created", "cancelled"])]
    assert "activity 'Meeting booked': 'Event type' is integer, not text; make it anew in Ortto" in texts
    assert "activity 'Meeting booked' has no attribute 'Host'; add it in Ortto as text" in texts
    assert texts[-1] == "Ortto has no activity 'Meeting cancelled'; make it with --create-fields"


def test_fields_and_activities_are_made_once(tables: Tables, tmp_path: Path) -> None:
    """What is missing is made under its name, typed; a second send makes nothing."""
    with sends(tables, tmp_path, is_bare=True) as firm:
        booked = firm.booked().booking("m")
        firm.send(booked)
        made = [one.path for one in firm.there.server.writes()]
        assert (made.count("/person/custom-field/create"), made.count("/definitions/activity/create")) == (8, 5)
        assert firm.person(ADA)["Review status"] == "none"
        assert firm.writes(booked) == []


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return f"{value['year']}-{value['month']:02}-{value['day']:02}"
    return value


def test_the_settings_say_what_is_wrong() -> None:
    """An unknown metric, and two in one field, are errors of the settings that name the key."""
    with pytest.raises(
        ValueError, match=r"ortto.fields[\s\S]*no metric 'last_meeting'; the nearest is 'last_meeting_on'"
    ):
        chosen(fields={"last_meeting": "x"})
    with pytest.raises(ValueError, match="two metrics go into 'x'"):
        chosen(fields={"last_meeting_on": "x", "next_meeting_on": " x"})
