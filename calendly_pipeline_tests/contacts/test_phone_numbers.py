"""Telephone numbers said anywhere are read once, and anew when they would be read otherwise."""

import pytest

from calendly_pipeline.contacts.phone_numbers import read_numbers
from calendly_pipeline_tests.conftest import Tables

SAID = ("0711 123456", "+44 20 7946 0018", "call me")


def say(tables: Tables, *numbers: str | None) -> Tables:
    """Attendees who gave these numbers."""
    rows = [{"attendee_id": f"a{place}", "phone": number} for place, number in enumerate(numbers)]
    return tables.given("contacts.attendee_details", *rows)


def numbers_in(tables: Tables) -> dict[str, str | None]:
    """What the table holds."""
    return {row["said"]: row["e164"] for row in tables.rows("contacts.phone_numbers")}


@pytest.fixture
def read(tables: Tables) -> Tables:
    """Numbers that were read as a German firm's; no two rows of a number."""
    read_numbers(say(tables, *SAID, SAID[0], " ", None).connection, "DE")
    return tables


def test_every_number_said_has_a_row(read: Tables) -> None:
    """Numbers of bookings and of cards get a row each, those that are no numbers too; blanks and nothing get none."""
    read.given("contacts.entries", {"own_id": "c", "phones": ["(212) 555-0100", SAID[1]]})
    read_numbers(read.connection, "DE")
    assert numbers_in(read) == {
        SAID[0]: "+49711123456", SAID[1]: "+442079460018", SAID[2]: None, "(212) 555-0100": "+492125550100",
    }  # fmt: skip
    assert len(read.rows("contacts.phone_numbers")) == 4


def test_a_number_that_nobody_says_goes(read: Tables) -> None:
    """Who is erased leaves no number behind; without any number the table is empty."""
    read_numbers(say(read, SAID[1]).connection, "DE")
    assert list(numbers_in(read)) == [SAID[1]]
    read_numbers(say(read).connection, "DE")
    assert numbers_in(read) == {}


def test_what_was_read_is_not_read_again(read: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is new is given to the library."""
    asked: list[str] = []

    def counted(said: str, country: str) -> str:
        asked.append(said)
        return f"{country} {said}"

    monkeypatch.setattr("calendly_pipeline.contacts.phone_numbers.e164", counted)
    read_numbers(say(read, *SAID, "new").connection, "DE")
    assert asked == ["new"]
    assert numbers_in(read)[SAID[0]] == "+49711123456"


def test_another_country_reads_anew(read: Tables) -> None:
    """A number without a country code is another one when the firm's country is another; none stays from before."""
    read_numbers(read.connection, "FR")
    assert numbers_in(read) == {SAID[0]: "+33711123456", SAID[1]: "+442079460018", SAID[2]: None}
    assert {row["read_by"].split(" ")[0] for row in read.rows("contacts.phone_numbers")} == {"FR"}


def test_new_numbering_plans_read_anew(read: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of the library reads every number again."""
    monkeypatch.setattr("calendly_pipeline.contacts.phone_numbers.e164", lambda said, country: f"anew {country} {said}")
    read_numbers(read.connection, "DE")
    assert numbers_in(read)[SAID[0]] == "+49711123456"
    monkeypatch.setattr("phonenumbers.__version__", "99.0")
    read_numbers(read.connection, "DE")
    assert numbers_in(read) == {said: f"anew DE {said}" for said in SAID}
