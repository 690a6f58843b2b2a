"""One person on two cards, or two people on what looks like one: as people said, and as long as they say so."""

import pytest

from calendly_pipeline_tests.contacts.conftest import World

TABLES = ("matches", "match_evidence", "review_queue", "identity_verdicts", "proposals", "same_people")


@pytest.fixture
def two_cards(world: World) -> World:
    """Jane before and after her marriage, each card with its address and number, and a daughter of her name."""
    world.card("2", "Jane Alder", "jane@alder.example", phones='["+1 212 555 0101"]')
    world.card("10", "Jane Birch", "jane@birch.example", phones='["+1 212 555 0102"]')
    world.numbers("+1 212 555 0101", "+1 212 555 0102").others()
    world.booked("old", "jane@alder.example", "Jane Alder").booked("new", "jane@birch.example", "Jane Birch")
    world.booked("wed", "jane@birch.example", "Jane Alder").booked(
        "link", "j@x.example", "Jane Birch", crm_contact_hint="10"
    )
    world.booked("typo", "jane@brich.example", "Jane Birch")
    return world.booked("phone", "j.b@z.example", "Jane Birch", phone="+1 212 555 0102")


def linked(world: World) -> dict[str, tuple[str, str | None]]:
    """Attendee -> decision and contact; runs the stage."""
    return {row["attendee_id"]: (row["decision"], row["contact_id"]) for row in world.run().rows("contacts.matches")}


def test_same_person(two_cards: World) -> None:
    """Whatever leads to either card leads to the one with the lowest id, and an undoing restores every row."""
    before = linked(two_cards)
    tables = {name: two_cards.tables.rows(f"contacts.{name}") for name in TABLES}
    assert before["new"] == before["link"] == before["phone"] == ("auto", "10")
    two_cards.decided("same_person", "10", contact_id="2")
    assert set(linked(two_cards).values()) == {("auto", "10")}, "ids are text: 10 comes before 2"
    assert two_cards.tables.bad_rows("contacts", "decisions_are_followed") == []
    two_cards.decided("undo", "10", contact_id="2", undoes=1)
    assert linked(two_cards) == before
    assert {name: two_cards.tables.rows(f"contacts.{name}") for name in TABLES} == tables


def test_same_person_by_steps(two_cards: World) -> None:
    """A third card joins through either of two; a decision about either is about the person."""
    two_cards.card("3", "Janet Alder-Birch", "janet@home.example").booked("third", "janet@home.example", "Janet")
    two_cards.decided("same_person", "3", contact_id="10").decided("same_person", "2", contact_id="3")
    two_cards.decided("confirm", "jane@work.example", "jane", contact_id="3").booked(
        "work", "jane@work.example", "Jane"
    )
    found = linked(two_cards)
    assert {contact for _, contact in found.values()} == {"10"}
    assert found["work"] == ("confirmed", "10")


def test_a_rejection_is_of_the_person(two_cards: World) -> None:
    """Who is rejected by one card is not asked about by the other; confirming either later takes it back."""
    two_cards.decided("same_person", "2", contact_id="10").decided(
        "reject", "j.b@z.example", "jane birch", contact_id="2"
    )
    assert linked(two_cards)["phone"] == ("rejected", None)
    two_cards.decided("confirm", "j.b@z.example", "jane birch", contact_id="10")
    assert linked(two_cards)["phone"] == ("confirmed", "10")


def test_both_cards_confirmed_in_one_answer(two_cards: World) -> None:
    """Two cards of one answer that turn out to be one person are one match."""
    day = "2026-01-01 12:00:00+00"
    for contact_id in ("2", "10"):
        two_cards.decided("confirm", "jane@home.example", "jane", contact_id=contact_id, decided_at=day)
    two_cards.booked("home", "jane@home.example", "Jane").decided("same_person", "2", contact_id="10")
    assert linked(two_cards)["home"] == ("confirmed", "10")


def test_one_question_for_two_cards(world: World) -> None:
    """The queue offers a person once."""
    world.card("1", "Jane Alder", "jane@example.com").card("2", "Jane Alder", "jane@example.net").others()
    world.booked("a", "someone@example.org", "Jane Alder")
    assert [len(row["candidates"]) for row in world.queued()] == [2]
    world.decided("same_person", "1", contact_id="2")
    assert [[one["contact_id"] for one in row["candidates"]] for row in world.queued()] == [["1"]]


def test_not_same_person(world: World) -> None:
    """Two cards of one name and address are one person until somebody says no; then a person decides each booking."""
    world.card("1", "Max Alder", "alders@example.com").card("2", "Max Alder", "alders@example.com")
    world.booked("a", "alders@example.com", "Max Alder")
    assert world.verdict("a") == ("auto", "1", "duplicate_contacts")
    assert len(world.tables.bad_rows("contacts", "no_duplicate_cards")) == 1
    world.decided("not_same_person", "2", contact_id="1")
    assert world.verdict("a") == ("review", None, "shared_address_undecided")
    assert world.tables.bad_rows("contacts", "no_duplicate_cards") == []
    world.decided("same_person", "1", contact_id="2")
    assert world.verdict("a")[:2] == ("auto", "1")


def test_decisions_that_contradict_each_other_are_named(two_cards: World) -> None:
    """Who is not the same person as somebody, and yet is by way of a third card, stands in the check."""
    two_cards.card("3", "J Alder", "janet@home.example")
    two_cards.decided("same_person", "3", contact_id="10").decided("same_person", "2", contact_id="3")
    two_cards.decided("not_same_person", "2", contact_id="10").run()
    assert [row["decision_id"] for row in two_cards.tables.bad_rows("contacts", "decisions_are_followed")] == [3]


def test_a_card_that_is_gone_is_nobodys_second(two_cards: World) -> None:
    """A decision about a card that left the CRM changes nothing."""
    before = linked(two_cards)
    two_cards.decided("same_person", "77", contact_id="2")
    assert linked(two_cards) == before


def test_a_further_card_stands_behind_the_first(world: World) -> None:
    """Of cards with one name and address the lowest id stands for the person; another name is another person."""
    world.card("1", "Ann Hale", "hale@home.example").card("2", "Ann Hale", "hale@home.example")
    world.card("3", "Bob Hale", "hale@home.example").card("4", "Ann Hale", "other@home.example")
    found = world.booked("a", "hale@home.example", "Ann Hale").run().rows("contacts.second_cards")
    assert found == [{"contact_id": "2", "lead_id": "1"}]
