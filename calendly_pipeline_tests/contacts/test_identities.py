"""Bookings of one person are one identity."""

import json

from calendly_pipeline.contacts.phone_numbers import e164_rows
from calendly_pipeline_tests.contacts.conftest import World


def test_one_identity(world: World) -> None:
    """Spelling makes no difference; meetings are counted, second records of one meeting are not."""
    world.booked("a", "jane@example.com", "Jane Alder").booked("b", "jane@example.com", "ALDER, Jane")
    world.booked("c", "jane@example.com", "Dr. Jane Alder", duplicate_of="a")
    (identity,) = world.run().rows("contacts.identities")
    assert identity["meetings_count"] == 2
    assert (identity["name"], identity["first_token"], identity["last_token"]) == ("ALDER, Jane", "jane", "alder")
    assert str(identity["first_seen_on"]) == "2026-06-30"


def test_another_name_is_another_identity(world: World) -> None:
    """Two names under one address are two people."""
    world.booked("a", "alders@example.com", "Jane Alder").booked("b", "alders@example.com", "Max Alder")
    assert len(world.run().rows("contacts.identities")) == 2


def test_answers_tell(world: World) -> None:
    """Company and telephone come from the booking questions that ask for them, the name only when none was given."""
    answers = {
        "Company name": "Alder Mills, Inc.",
        "Best phone number to reach you?": "(212) 555-0100",
        "Your name": "Jane Alder",
        "Which company do you admire, and why? [sic]": " ",
        "Anything else?": "I phone a lot",
    }
    world.booked("a", "jane@example.com", None, answers=json.dumps(answers))
    world.tables.given("contacts.phone_numbers", *e164_rows(["(212) 555-0100"], "US"))
    (identity,) = world.run().rows("contacts.identities")
    assert (identity["company"], identity["company_normalised"]) == ("Alder Mills, Inc.", "alder mills")
    assert (identity["phone"], identity["name"]) == ("+12125550100", "Jane Alder")


def test_name_in_two_fields(world: World) -> None:
    """First and last name stand in for a missing name."""
    world.booked("a", "jane@example.com", None, first_name="Jane", last_name="Alder")
    assert world.run().rows("contacts.identities")[0]["name_normalised"] == "jane alder"


def test_no_address(world: World) -> None:
    """Somebody without an address is an identity like any other, and unmatched."""
    world.card("7", "Jane Alder", "jane@example.com").booked("a", None, "Jane Alder")
    assert world.verdict("a") == ("unmatched", None, "none")


def test_phone_numbers() -> None:
    """Numbers without a country code are of the firm's country; what is no number is null."""
    said = ["(212) 555-0100", "+44 20 7946 0958", "020 7946 0958", "call me", "12"]
    assert {row["said"]: row["e164"] for row in e164_rows(said, "US")} == {
        "(212) 555-0100": "+12125550100",
        "+44 20 7946 0958": "+442079460958",
        "020 7946 0958": None,
        "call me": None,
        "12": None,
    }
    assert e164_rows(["020 7946 0958"], "GB") == [{"said": "020 7946 0958", "e164": "+442079460958"}]
