"""The checks find what they are for, and are silent otherwise."""

from typing import Any
from uuid import UUID

import pytest

from calendly_pipeline.settings import Settings
from calendly_pipeline.sql_files import sql_files
from calendly_pipeline_tests.conftest import PACKAGE, Tables, utc
from calendly_pipeline_tests.contacts.conftest import World

CHECKS = [check.name for check in sql_files(PACKAGE / "contacts" / "checks", "contacts")]
IDENTITY = UUID(int=1)
LINKED = {
    "attendee_id": "a",
    "meeting_id": "m",
    "identity_id": IDENTITY,
    "role": "invitee",
    "contact_id": "7",
    "decision": "auto",
}


@pytest.mark.parametrize("check", CHECKS)
def test_silent(world: World, check: str) -> None:
    """Nothing is wrong with a contact, a colleague and a stranger."""
    world.card("7", "Jane Alder", "jane@example.com").booked("a", "jane@example.com", "Jane Alder")
    world.booked("b", "adviser@firm.example", "Ann Adviser").booked("c", "zoe@example.com", "Zoe Birch")
    assert world.run().bad_rows("contacts", check) == []


def test_attendee_without_verdict(listed: Tables) -> None:
    """An attendee whom the matches do not know is found."""
    listed.given("meetings.attendees", {"attendee_id": "a"})
    assert listed.bad_rows("contacts", "every_attendee_has_a_verdict") == [{"attendee_id": "a"}]


def test_linked_staff(listed: Tables) -> None:
    """A link of staff is found, unless a person made it."""
    listed.given("contacts.internal_identities", {"identity_id": IDENTITY}).given("contacts.matches", LINKED)
    assert len(listed.bad_rows("contacts", "no_staff_is_linked")) == 1
    listed.given("contacts.matches", {**LINKED, "decision": "confirmed"})
    assert listed.bad_rows("contacts", "no_staff_is_linked") == []


def test_unknown_contact(listed: Tables) -> None:
    """A link to a contact that is not there is found."""
    listed.given("contacts.matches", LINKED)
    assert listed.bad_rows("contacts", "matched_contact_exists") == [{"attendee_id": "a", "contact_id": "7"}]


@pytest.mark.parametrize("second", [LINKED, {**LINKED, "contact_id": None}])
def test_two_rows(listed: Tables, second: dict[str, Any]) -> None:
    """A repeated link, and a link beside no link, are found."""
    listed.given("contacts.matches", LINKED, second)
    assert len(listed.bad_rows("contacts", "attendee_and_contact_are_unique")) == 1


@pytest.mark.parametrize("row", [{**LINKED, "contact_id": None}, {**LINKED, "decision": "review", "contact_id": None}])
def test_decision_and_contact(listed: Tables, row: dict[str, Any]) -> None:
    """A link to nobody, and a review that nobody is asked about, are found."""
    listed.given("contacts.matches", row)
    assert len(listed.bad_rows("contacts", "decision_agrees_with_contact")) == 1


@pytest.mark.parametrize(("linked_now", "bad"), [(60, 0), (30, 1)])
def test_linking_rate(listed: Tables, linked_now: int, bad: int) -> None:
    """A fall of the share of linked invitees is found."""
    rows, meetings = [], []
    for number in range(160):
        is_now = number < 60
        starts_at = utc("2026-06-20T10:00:00") if is_now else utc("2026-03-01T10:00:00")
        contact_id = None if is_now and number >= linked_now else "7"
        meetings.append({"meeting_id": str(number), "starts_at": starts_at})
        rows.append({**LINKED, "attendee_id": str(number), "meeting_id": str(number), "contact_id": contact_id})
    listed.given("meetings.meetings", *meetings).given("contacts.matches", *rows)
    assert len(listed.bad_rows("contacts", "linking_rate_holds", Settings())) == bad


def test_shrunken_export(world: World) -> None:
    """A CRM export that lost more than a fifth of the cards is found."""
    world.files.append({"file_id": "new", "folder": "contacts", "name": "lacrm (1).csv", "recency": 3})
    for number in range(10):
        world.card(str(number), "Jane Alder", f"jane{number}@example.com")
    for number in range(7):
        world.card(str(number), "Jane Alder", f"jane{number}@example.com", file_id="new", kind="crm")
    (bad,) = world.run().bad_rows("contacts", "contacts_did_not_shrink")
    assert (bad["cards_count"], bad["cards_count_before"]) == (7, 10)


def test_unknown_kind_of_decision(world: World) -> None:
    """A decision that means nothing here is found."""
    world.decided("shrug", "jane@example.com")
    assert world.run().bad_rows("contacts", "decisions_are_followed") == [{"decision_id": 1, "kind": "shrug"}]
