"""What the stage tells of its own work: new contacts, counts, and how well each rule did."""

from typing import Any

import pytest

from calendly_pipeline_tests.contacts.conftest import World


def test_new_contacts(world: World) -> None:
    """Bookings of one mailbox are one person; guests, staff and clients are none."""
    world.card("7", "Jane Alder", "jane@example.com").booked("a", "jane@example.com", "Jane Alder")
    world.booked("b", "zoe.birch@gmail.com", "Zoe Birch").booked("c", "zoebirch+x@gmail.com", "Zoe")
    world.booked("d", "zoebirch@gmail.com", "Zoe Birch", answers='{"Company": "Birch Mills"}')
    world.booked("e", "guest@example.org", "Ida Oak", role="guest").booked("f", "adviser@firm.example", "Ann")
    (person,) = world.run().rows("contacts.new_contacts")
    assert (person["name"], person["company"], person["meetings_count"]) == ("Zoe Birch", "Birch Mills", 3)
    assert (person["hosts"], person["is_decided"]) == (["adviser@firm.example"], False)
    assert len(person["identity_ids"]) == 3


@pytest.mark.parametrize(("kind", "count"), [("new_contact", 1), ("never_match", 0)])
def test_decided_to_be_new(world: World, kind: str, count: int) -> None:
    """Whom a person called new is listed as such; whom a person wants never matched is not listed."""
    world.booked("a", "zoe@example.com", "Zoe Birch").decided(kind, "zoe@example.com", "zoe birch")
    found = world.run().rows("contacts.new_contacts")
    assert [row["is_decided"] for row in found] == [True] * count


def test_counts(world: World) -> None:
    """Every attendee is counted under its decision and rule."""
    world.card("7", "Jane Alder", "jane@example.com").booked("a", "jane@example.com", "Jane Alder")
    world.booked("b", "zoe@example.com", "Zoe Birch").booked("c", "adviser@firm.example", "Ann")
    query = "select decision, rule, attendees_count from contacts.match_counts order by all"
    assert [tuple(row.values()) for row in world.run().rows(query)] == [
        ("auto", "email_exact", 1),
        ("internal", "internal", 1),
        ("unmatched", "none", 1),
    ]


def _answered(world: World, number: int, kind: str, contact_id: str | None, **more: Any) -> None:
    told = {"rule": "phone_name", "proposed_contact_id": "7", **more}
    world.decided(kind, f"p{number}@example.com", "jane alder", contact_id, decided_at="2026-01-01 12:00:00+00", **told)


def test_record_of_a_rule(world: World) -> None:
    """An answer is right when it names the contact the rule proposed; the first answer about a person counts."""
    world.card("7", "Jane Alder", "jane@example.com").card("8", "Max Birch", "max@example.com")
    _answered(world, 1, "confirm", "7")
    _answered(world, 2, "confirm", "8")
    _answered(world, 3, "reject", "7")
    _answered(world, 4, "new_contact", None)
    world.decided("confirm", "p3@example.com", "jane alder", "7", rule="phone_name", proposed_contact_id="7")
    world.decided("confirm", "p5@example.com", "jane alder", "7")
    (record,) = world.run().rows("contacts.rule_records")
    assert (record["rule"], record["answers_count"], record["right_count"]) == ("phone_name", 4, 1)
    assert (record["precision_rate"], record["precision_floor"]) == (0.25, 0.98)


@pytest.mark.parametrize(("wrong", "bad"), [(0, 0), (3, 1)])
def test_precision_falls(world: World, wrong: int, bad: int) -> None:
    """A rule that people contradict more often than rules.toml allows is named."""
    world.card("7", "Jane Alder", "jane@example.com")
    for number in range(30):
        _answered(world, number, "reject" if number < wrong else "confirm", "7")
    assert len(world.run().bad_rows("contacts", "rules_hold_their_precision")) == bad


def test_few_answers(world: World) -> None:
    """A handful of answers proves nothing against a rule."""
    world.card("7", "Jane Alder", "jane@example.com")
    for number in range(5):
        _answered(world, number, "reject", "7")
    assert world.run().bad_rows("contacts", "rules_hold_their_precision") == []


def test_population(world: World) -> None:
    """As many people are expected to book as were ever seen unmatched, and no less than two and a half per contact."""
    world.others(4)
    assert world.run().rows("select population from contacts.population")[0]["population"] == 10
    for number in range(12):
        world.booked(f"a{number}", f"p{number}@example.org", "Zoe Birch")
    world.booked("b", "p1+x@example.org", "Zoe Birch")
    assert world.run().rows("select population from contacts.population")[0]["population"] == 12


def test_rarity(world: World) -> None:
    """A name is as frequent as the census or the cards say, whichever is more, and never rarer than the floors."""
    world.others(99).card("7", "James Smith", "james@example.com").booked("a", "x@example.org", "Xqo Zwvb")
    world.booked("b", "y@example.org", "J. Smith")
    rows = world.run().rows("select name_normalised, expected_strangers from contacts.name_rarity")
    found = {row["name_normalised"]: row["expected_strangers"] for row in rows}
    assert found["james smith"] == pytest.approx(248 * 0.01664 * 0.01006, rel=0.01)
    assert found["xqo zwvb"] == pytest.approx(248 * 0.00002 * 0.000005)  # 250 in steps of a twentieth
    assert found["j smith"] > 5 * found["james smith"]
