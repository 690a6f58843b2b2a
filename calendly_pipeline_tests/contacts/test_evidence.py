"""What a reviewer is shown, and how rules.toml switches rules."""

from calendly_pipeline.contacts.phone_numbers import e164_rows
from calendly_pipeline_tests.contacts.conftest import World


def test_evidence(world: World) -> None:
    """Every compared field of a pair is kept with both values."""
    world.card("7", "Robert Hale", "r.hale@gmail.com", company="Hale Mills Inc.", phones='["(212) 555-0100"]')
    world.booked("a", "rhale+x@gmail.com", "Bob Hale", phone="+1 212 555 0100", crm_contact_hint="7")
    world.tables.given("contacts.phone_numbers", *e164_rows(["(212) 555-0100", "+1 212 555 0100"], "US"))
    found = {
        row["field"]: (row["invitee_value"], row["contact_value"], row["comparison"])
        for row in world.run().rows("contacts.match_evidence")
    }
    assert found == {
        "address": ("rhale+x@gmail.com", "r.hale@gmail.com", "canonical"),
        "name": ("Bob Hale", "Robert Hale", "near"),
        "phone": ("+12125550100", "+12125550100", "exact"),
        "link": ("7", "7", "exact"),
    }


def test_losers_are_shown(world: World) -> None:
    """The spouse who was not chosen stands in the evidence as well."""
    world.card("7", "Jane Alder", "alders@example.com").card("8", "Max Alder", "alders@example.com")
    world.booked("a", "alders@example.com", "Max Alder")
    query = "select contact_id, comparison from contacts.match_evidence where field = 'name' order by 1"
    assert [(row["contact_id"], row["comparison"]) for row in world.run().rows(query)] == [
        ("7", "last_same"),
        ("8", "full"),
    ]


def test_queue_order(world: World) -> None:
    """Who has most meetings is asked about first, and the best candidate stands first."""
    world.card("7", "Jane Alder", "jane@example.com").card("8", "Max Alder", "max@example.com")
    world.booked("a", "max@example.com", "Zoe Alder")
    for number in range(3):
        world.booked(f"b{number}", "jane@example.com", "Max Alder")
    first, second = world.queued()
    assert (first["address"], first["rank"], first["waiting_count"]) == ("jane@example.com", 1, 3)
    assert [candidate["basis"] for candidate in first["candidates"]] == ["email_exact", "name_of_another"]
    assert (first["canonical_address"], first["name_normalised"]) == ("jane@example.com", "max alder")
    assert (second["address"], second["is_both_offered"]) == ("max@example.com", False)


def test_candidates_are_few(world: World) -> None:
    """No more candidates are offered than rules.toml says."""
    names = ("Jane Alder", "Max Birch", "Zoe Cedar", "Ann Elder", "Ida Oak", "Eve Pine", "Liv Yew")
    for number, name in enumerate(names):
        world.card(str(number), name, "everybody@example.com")
    world.booked("a", "everybody@example.com")
    (item,) = world.queued()
    assert [candidate["contact_id"] for candidate in item["candidates"]] == ["0", "1", "2", "3", "4"]


def test_placeholder_address(world: World) -> None:
    """An address on very many cards counts only for a card of the very same name."""
    letters = "abcdefghij"
    for number in range(60):
        world.card(str(number), f"Jane Alder{letters[number % 10]}{letters[number // 10]}", "none@none.example")
    world.booked("a", "none@none.example", "Jane Alderca").booked("b", "none@none.example", "Zoe Birch")
    assert world.verdict("a") == ("auto", "2", "email_exact")
    assert world.verdict("b") == ("unmatched", None, "none")


def test_rule_for_review(world: World) -> None:
    """A rule set to review asks instead of linking."""
    world.card("7", "Jane Alder", "janealder@gmail.com").booked("a", "jane.alder@gmail.com", "Jane Alder")
    world.switched("email_canonical", "review")
    (match,) = world.matches("a")
    assert (match["decision"], match["contact_id"], match["tier"]) == ("review", None, "R1")
    assert len(world.queued()) == 1


def test_rule_switched_off(world: World) -> None:
    """A rule switched off says nothing."""
    world.card("7", "Jane Alder", "jane@example.com").booked("a", "jane@example.com", "Zoe Alder")
    world.switched("surname_only", "off")
    assert world.verdict("a") == ("unmatched", None, "none")


def test_surname_only_may_link(world: World) -> None:
    """A firm that trusts addresses may have relatives linked and flagged."""
    world.card("7", "Jane Alder", "jane@example.com").booked("a", "jane@example.com", "Zoe Alder")
    world.tables.connection.execute("update contacts.rule_set set review_agreements = []")
    (match,) = world.matches("a")
    assert (match["decision"], match["rule"], match["is_name_different"]) == ("auto", "email_exact", True)


def test_version_on_every_match(world: World) -> None:
    """Every match says under which rules it was made."""
    world.booked("a", "zoe@example.com", "Zoe Birch")
    (match,) = world.matches("a")
    assert match["rule_set_version"].startswith("2026.3-")
    assert match["explanation"] == "No contact has zoe@example.com, and nothing else points to one."
