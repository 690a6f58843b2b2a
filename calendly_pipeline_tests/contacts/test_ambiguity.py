"""Addresses that several people use, and people under another's address."""

import pytest

from calendly_pipeline_tests.contacts.conftest import World


@pytest.fixture
def couple(world: World) -> World:
    """Two spouses whose cards share one address."""
    return world.card("7", "Jane Alder", "alders@example.com").card("8", "Max Alder", "alders@example.com")


@pytest.fixture
def family(world: World) -> World:
    """Two spouses, of whom only one card holds the address."""
    return world.card("7", "Jane Alder", "jane@example.com").card("8", "Max Alder", "max@example.com")


@pytest.mark.parametrize(
    ("name", "contact"), [("Max Alder", "8"), ("Jane A. Alder", "7"), ("Maxwell Alder", "8"), ("Jane", "7")]
)
def test_name_decides_between_spouses(couple: World, name: str, contact: str) -> None:
    """T1: on an address that both cards hold, the name decides."""
    couple.booked("a", "alders@example.com", name)
    assert couple.verdict("a") == ("auto", contact, "shared_address_name")


@pytest.mark.parametrize("name", [None, "Alder", "Zoe Birch", "Zoe Alder"])
def test_undecided_between_spouses(couple: World, name: str | None) -> None:
    """R1: without a first name that fits, both spouses are asked about, and both may have come."""
    couple.booked("a", "alders@example.com", name)
    assert couple.verdict("a") == ("review", None, "shared_address_undecided")
    (item,) = couple.queued()
    assert item["is_both_offered"]
    assert {candidate["contact_id"] for candidate in item["candidates"]} == {"7", "8"}


def test_spouse_books_with_the_others_address(family: World) -> None:
    """R1: the address of one contact under the name of another asks about both."""
    family.booked("a", "jane@example.com", "Max Alder")
    assert family.verdict("a") == ("review", None, "other_spouse")
    assert [candidate["contact_id"] for candidate in family.queued()[0]["candidates"]] == ["7", "8"]


@pytest.mark.parametrize("name", ["Maxwell Alder", "Max"])
def test_spouse_by_nickname(family: World, name: str) -> None:
    """R1: a nickname, or a lone first name under the holder's surname, is another contact's name as well."""
    family.booked("a", "jane@example.com", name)
    assert family.verdict("a") == ("review", None, "other_spouse")


def test_name_of_another_family(family: World) -> None:
    """R1: a contact of another surname who uses this address is asked about, too."""
    family.card("9", "Zoe Birch", "zoe@example.com").booked("a", "jane@example.com", "Zoe Birch")
    assert family.verdict("a") == ("review", None, "other_contact")


def test_unknown_relative(family: World) -> None:
    """R1: only the surname agrees and nobody of that name is known: a spouse or a child, so a person decides."""
    family.booked("a", "jane@example.com", "Zoe Alder")
    assert family.verdict("a") == ("review", None, "surname_only")


@pytest.mark.parametrize("name", ["Zoe Birch", "Zoe"])
def test_another_name(family: World, name: str) -> None:
    """T1: a name that nobody has, at a card's address: linked and flagged."""
    family.booked("a", "jane@example.com", name)
    (match,) = family.matches("a")
    assert (match["decision"], match["contact_id"], match["rule"]) == ("auto", "7", "email_exact")
    assert match["is_name_different"]
    assert "Zoe" in match["explanation"]


def test_two_cards_of_one_person(world: World) -> None:
    """T1: two cards of one name and address link to the lowest id."""
    world.card("8", "Jane Alder", "jane@example.com").card("7", "Jane Alder", "jane@example.com")
    world.booked("a", "jane@example.com", "Jane Alder").booked("b", "jane@example.com")
    assert world.verdict("a") == ("auto", "7", "duplicate_contacts")
    assert world.verdict("b") == ("auto", "7", "duplicate_contacts")
    assert world.tables.bad_rows("contacts", "no_duplicate_cards") == [{"contact_ids": ["7", "8"]}]


def test_father_and_son(world: World) -> None:
    """R1: two cards that differ by Sr. and Jr. are two people."""
    world.card("7", "John Alder", "alder@example.com", suffix="Sr.").card(
        "8", "John Alder", "alder@example.com", suffix="Jr."
    )
    world.booked("a", "alder@example.com", "John Alder")
    assert world.verdict("a") == ("review", None, "shared_address_undecided")


def test_joint_card(world: World) -> None:
    """A card of two people is the card of each."""
    world.card("7", "Jane & Max Alder", "alders@example.com")
    world.booked("a", "alders@example.com", "Max Alder").booked("b", "alders@example.com", "Jane Alder")
    assert world.verdict("a") == world.verdict("b") == ("auto", "7", "email_exact")


def test_address_of_many(world: World) -> None:
    """An address on more than three differently named cards identifies nobody alone; the name within them does."""
    for number, name in enumerate(("Jane Alder", "Max Birch", "Zoe Cedar", "Ann Elder")):
        world.card(str(number), name, "team@example.com".replace("team", "people"))
    world.booked("a", "people@example.com", "Max Birch").booked("b", "people@example.com", "Ida Oak")
    world.booked("c", "people@example.com")
    assert world.verdict("a") == ("auto", "1", "shared_address_name")
    assert world.verdict("b") == ("review", None, "unspecific_address")
    assert world.verdict("c") == ("review", None, "unspecific_address")
    (bad,) = world.tables.bad_rows("contacts", "addresses_are_personal")
    assert bad["names_count"] == 4


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("Jane Alder", ("auto", "7", "email_exact")),
        ("Zoe Birch", ("review", None, "role_address_other_name")),
        (None, ("review", None, "role_address_other_name")),
    ],
)
def test_role_address(world: World, name: str | None, verdict: tuple[str, str | None, str]) -> None:
    """A desk's address is personal only when the name agrees."""
    world.card("7", "Jane Alder", "office@alder.example").booked("a", "office@alder.example", name)
    assert world.verdict("a") == verdict


def test_company_address(world: World) -> None:
    """A company's address never links a person."""
    world.card("7", "", "front@mills.example", is_company="true", company="Mills Inc.", first_name=None)
    world.booked("a", "front@mills.example", "Jane Alder")
    assert world.verdict("a") == ("review", None, "company_address")


def test_company_and_person(world: World) -> None:
    """An address on a company and on one person is the person's when the name agrees, and asked about when not."""
    world.card("7", "", "jane@mills.example", is_company="true", company="Mills Inc.", first_name=None)
    world.card("8", "Jane Mills", "jane@mills.example")
    world.booked("a", "jane@mills.example", "Jane Mills").booked("b", "jane@mills.example", "Zoe Birch")
    assert world.verdict("a") == ("auto", "8", "email_exact")
    assert world.verdict("b") == ("review", None, "exact_name_conflict")


def test_namesakes(world: World) -> None:
    """Two contacts of one name are told apart by their addresses."""
    world.card("7", "Jane Alder", "jane@example.com").card("8", "Jane Alder", "jane@example.org")
    world.booked("a", "jane@example.org", "Jane Alder")
    assert world.verdict("a") == ("auto", "8", "email_exact")


def test_holder_outside_the_crm(world: World) -> None:
    """A name that only the address book knows at a CRM card's address is that person, who receives no writes."""
    world.card("7", "Max Alder", "alders@example.com").person("Jane Alder", "alders@example.com")
    world.booked("a", "alders@example.com", "Jane Alder").booked("b", "alders@example.com")
    decision, contact, rule = world.verdict("a")
    assert (decision, rule) == ("auto", "shared_address_name")
    assert contact is not None
    assert contact.startswith("csv:")
    assert world.verdict("b") == ("auto", "7", "email_exact")


def test_explanation_holds_the_values(couple: World) -> None:
    """The sentence names the address, the person and how many share it."""
    couple.booked("a", "alders@example.com", "Max Alder")
    (match,) = couple.matches("a")
    assert match["explanation"] == (
        "alders@example.com is shared by 2 people, and of them only Max Alder fits the name Max Alder."
    )
