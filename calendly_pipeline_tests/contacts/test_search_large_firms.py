"""What leads to a client where names are common: the company's own domain, the name in the address, signs beyond it."""

import pytest

from calendly_pipeline_tests.contacts.conftest import World


@pytest.fixture
def firm(world: World) -> World:
    """A company whose domain two cards show, and a third card that has only its name."""
    world.others().card("1", "Ann Cole", "ann@millsgroup.example", company="Mills Inc.")
    world.card("2", "Bea Dorn", "bea@millsgroup.example", company="Mills")
    return world.card("7", "Jane Alder", "jane.alder84@gmail.com", company="MILLS, LLC")


def test_a_company_has_the_domain_of_its_people(firm: World) -> None:
    """Who writes from where others of the card's company write belongs to it; the evidence says so."""
    firm.booked("a", "j.alder@millsgroup.example", "Jane Alder").booked("b", "x@millsgroup.example", "Zoe Birch")
    assert firm.verdict("a") == ("auto", "7", "name_company")
    assert firm.verdict("b") == ("unmatched", None, "none")
    (told,) = [
        row
        for row in firm.tables.rows("contacts.match_evidence")
        if row["field"] == "domain" and row["contact_id"] == "7"
    ]
    assert (told["invitee_value"], told["contact_value"], told["comparison"]) == (
        "millsgroup.example",
        "MILLS, LLC",
        "of_company",
    )


@pytest.mark.parametrize(
    "others",
    [
        pytest.param([("8", "Cora Elm", "Oaks"), ("9", "Dan Fox", "Pines")], id="a-provider-of-many-companies"),
        pytest.param([], id="one-card-is-no-proof"),
    ],
)
def test_a_domain_that_is_no_companys(world: World, others: list[tuple[str, str, str]]) -> None:
    """A domain that one card or several companies use is nobody else's."""
    world.others().card("1", "Ann Cole", "ann@cable.example", company="Mills")
    for contact_id, name, company in others:
        world.card(contact_id, name, f"{name.split()[0]}@cable.example", company=company)
    world.card("7", "Jane Alder", "jane@gmail.com", company="Mills").booked("a", "j.a@cable.example", "Jane Alder")
    assert world.verdict("a")[0] == "review"
    assert not [row for row in world.tables.rows("contacts.card_companies") if row["contact_id"] == "7"][1:]


@pytest.mark.parametrize(
    ("address", "name", "rule"),
    [
        ("jane.alder@aol.com", None, "address_spells_name"),
        ("alderjane7@aol.com", "Jane", "address_spells_name"),
        ("jalder@aol.com", "Jane", "address_spells_name"),
        ("jalder@aol.com", None, "none"),
        ("jane.alder@aol.com", "Zoe", "none"),
        ("jane.birch@aol.com", "Jane", "none"),
    ],
)
def test_an_address_that_spells_the_name(firm: World, address: str, name: str | None, rule: str) -> None:
    """Half a name or none is made whole by the address, unless the half speaks against it: a question, never a link."""
    firm.booked("a", address, name)
    assert firm.verdict("a") == ("unmatched" if rule == "none" else "review", None, rule)


def test_signs_beyond_the_name_tell_namesakes_apart(firm: World) -> None:
    """Of two contacts of one name the one with the same digits is linked; the bare name is asked about."""
    firm.card("8", "Jane Alder", "alder.j@icloud.com")
    firm.booked("a", "jane.alder84@yahoo.com", "Jane Alder").booked("b", "jane.alder@yahoo.com", "Jane Alder")
    assert firm.verdict("a") == ("auto", "7", "same_local_name")
    assert firm.verdict("b")[0] == "review"
    firm.scaled(1000)
    assert firm.verdict("a") == ("review", None, "same_local_near")
