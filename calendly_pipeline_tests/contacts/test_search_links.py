"""T4: a client under an unknown address is linked by telephone, company or mailbox, and only under the very name."""

import pytest

from calendly_pipeline_tests.contacts.conftest import World

NUMBER = "(212) 555-0100"


@pytest.fixture
def jane(world: World) -> World:
    """A hundred cards, and Jane Alder's."""
    world.others().numbers(NUMBER)
    return world.card(
        "7", "Jane Alder", "jane.alder7@gmail.com", "jalder@mills.example", company="Mills Inc.",
        phones=f'["{NUMBER}"]',
    )  # fmt: skip


@pytest.mark.parametrize("name", ["Jane Alder", "Alder, Jane", "J. Alder"])
def test_phone_and_name(jane: World, name: str) -> None:
    """The card's number under the card's name, or nearly, is the card."""
    jane.booked("a", "sunny@example.org", name, phone=NUMBER)
    assert jane.verdict("a") == ("auto", "7", "phone_name")


@pytest.mark.parametrize("address", ["jane.a@mills.example", "info@mills.example"])
def test_name_and_company_domain(jane: World, address: str) -> None:
    """The name at the company's domain is the card; a desk's address says as much."""
    jane.booked("a", address, "Jane Alder")
    assert jane.verdict("a") == ("auto", "7", "name_company")


def test_name_and_company_answer(jane: World) -> None:
    """The company may be said in an answer, in any spelling."""
    jane.booked("a", "sunny@gmail.com", "Jane Alder", answers='{"Company": "MILLS, LLC"}')
    (match,) = jane.matches("a")
    assert (match["decision"], match["contact_id"], match["rule"]) == ("auto", "7", "name_company")
    assert match["explanation"].startswith("Jane Alder is the name of Jane Alder, and both belong to mills")


def test_company_of_namesakes(jane: World) -> None:
    """Within a company where several of the name are to be expected, a person is asked."""
    jane.scaled(1000).booked("a", "jane.a@mills.example", "Jane Alder")
    assert jane.verdict("a") == ("review", None, "company_near_name")


def test_two_at_one_company(jane: World) -> None:
    """Two contacts of the name at the company: both are offered."""
    jane.card("8", "Jane Alder", "jane2@mills.example").booked("a", "jane.a@mills.example", "Jane Alder")
    assert jane.verdict("a") == ("review", None, "several_fit")
    assert {one["contact_id"] for one in jane.queued()[0]["candidates"]} == {"7", "8"}


@pytest.mark.parametrize("company", ["Retired", "self-employed", "N/A"])
def test_no_company(jane: World, company: str) -> None:
    """What people write who have no company brings nobody together."""
    jane.card("8", "Zoe Birch", "zoe@gmail.com", company=company)
    jane.booked("a", "sunny@gmail.com", "Zoe Cedar", answers=f'{{"Company": "{company}"}}')
    assert jane.verdict("a") == ("unmatched", None, "none")


@pytest.mark.parametrize("address", ["jane.aldr7@gmail.com", "jane.adler7@gmail.com", "janne.alder7@gmail.com"])
def test_slip_in_the_local_part(jane: World, address: str) -> None:
    """One edit away at the same domain, under the only card of the name."""
    jane.booked("a", address, "Jane Alder")
    assert jane.verdict("a") == ("auto", "7", "typo_local_name")


@pytest.mark.parametrize(
    ("address", "scale", "decision"),
    [
        ("jane.alder8@gmail.com", 1, "review"),
        ("j.alder@mills.example", 1, "auto"),
        ("j.alder@mills.example", 10, "auto"),
    ],
)
def test_digits_and_dots(jane: World, address: str, scale: float, decision: str) -> None:
    """Other digits are another mailbox: asked. Another dot at a company is a slip: linked by name and company."""
    jane.scaled(scale).booked("a", address, "Jane Alder")
    assert jane.verdict("a")[0] == decision


@pytest.mark.parametrize(
    ("scale", "verdict"), [(1, ("auto", "typo_local_name")), (10, ("review", "typo_local_digits"))]
)
def test_dots_alone(jane: World, scale: float, verdict: tuple[str, str]) -> None:
    """Local parts that differ in punctuation alone link under a rare name and are asked about under another."""
    jane.card("8", "Zoe Birch", "zoe-birch@comcast.net").scaled(scale).booked("a", "zoebirch@comcast.net", "Zoe Birch")
    decision, _, rule = jane.verdict("a")
    assert (decision, rule) == verdict


@pytest.mark.parametrize(
    ("address", "scale", "verdict"),
    [
        ("jalder@gmail.com", 1, ("auto", "7", "same_local_name")),
        ("jalder@gmail.com", 10, ("review", None, "same_local_near")),
        ("jane.alder7@yahoo.com", 1, ("auto", "7", "same_local_name")),
        ("jalder@gmail.com", 1000, ("unmatched", None, "none")),
    ],
)
def test_same_local_part(jane: World, address: str, scale: float, verdict: tuple[str, str | None, str]) -> None:
    """The same local part elsewhere links a rare name, asks under a common one, and says nothing under Jane Smith's."""
    jane.scaled(scale).booked("a", address, "Jane Alder")
    assert jane.verdict("a") == verdict


def test_local_part_of_ones_own(jane: World) -> None:
    """A local part with more in it than the name makes up for a name that is not so rare."""
    jane.card("8", "Zoe Birch", "zoebirch4711@aol.com").scaled(20).booked("a", "zoebirch4711@gmail.com", "Zoe Birch")
    assert jane.verdict("a") == ("auto", "8", "same_local_name")


def test_second_card_of_the_name(jane: World) -> None:
    """A mailbox links nobody when two contacts bear the name; both are offered."""
    jane.card("8", "Jane Alder", "zoe@birch.example").booked("a", "jalder@gmail.com", "Jane Alder")
    assert jane.verdict("a")[0] == "review"
    assert {one["contact_id"] for one in jane.queued()[0]["candidates"]} == {"7", "8"}


def test_two_cards_of_one_person(jane: World) -> None:
    """Two cards of one name and address are one person: the lowest id is linked."""
    jane.card("8", "Jane Alder", "jalder@mills.example").scaled(0.1).booked("a", "jalder@gmail.com", "Jane Alder")
    assert jane.verdict("a") == ("auto", "7", "same_local_name")


def test_father_and_son(jane: World) -> None:
    """A junior is not linked to the senior's card."""
    jane.card("8", "John Alder", "john.alder@aol.com", suffix="Sr.").booked(
        "a", "john.alder@gmail.com", "John Alder Jr."
    )
    assert jane.verdict("a")[0] == "review"


def test_relay(jane: World) -> None:
    """A relay's local part is made up by the relay and says nothing."""
    jane.card("8", "Zoe Birch", "dotted-quip-7x@duck.com")
    jane.booked("a", "dotted-quip-7x@privaterelay.appleid.com", "Zoe Birch")
    assert jane.verdict("a") == ("review", None, "full_name_rare")


def test_first_name_for_a_local_part(jane: World) -> None:
    """robert@ somewhere and robert@ elsewhere have nothing in common but the name."""
    jane.card("8", "Robert Birch", "robert@birch.example").booked("a", "robert@cedar.example", "Robert")
    assert jane.verdict("a") == ("unmatched", None, "none")


def test_guests_are_not_searched_for(jane: World) -> None:
    """A guest is never linked or asked about by anything but the address."""
    jane.booked("a", "jalder@gmail.com", "Jane Alder", role="guest", phone=NUMBER)
    assert jane.verdict("a") == ("unmatched", None, "none")


def test_staff_are_not_searched_for(jane: World) -> None:
    """Staff of a client's name are staff."""
    jane.settings["firm"]["internal_domains"] = ["firm.example"]
    jane.booked("a", "jalder@firm.example", "Jane Alder", phone=NUMBER)
    assert jane.verdict("a") == ("internal", None, "internal")


def test_rejected_before(jane: World) -> None:
    """After a rejection nobody is linked by search: the next who fits is asked about."""
    jane.card("8", "Jane Alder", "other@birch.example", phones=f'["{NUMBER}"]')
    jane.booked("a", "sunny@example.org", "Jane Alder", phone=NUMBER)
    jane.decided("reject", "sunny@example.org", "jane alder", contact_id="7")
    assert jane.verdict("a") == ("review", None, "rejected_before")
    assert [one["contact_id"] for one in jane.queued()[0]["candidates"]] == ["8"]


def test_everybody_rejected(jane: World) -> None:
    """With the only one who fits rejected, nobody is asked about again."""
    jane.booked("a", "sunny@example.org", "Jane Alder", phone=NUMBER)
    jane.decided("reject", "sunny@example.org", "jane alder", contact_id="7")
    assert jane.verdict("a") == ("rejected", None, "rejected")


@pytest.mark.parametrize(
    ("decision", "verdict"), [("review", ("review", None, "phone_name")), ("off", ("review", None, "phone_only"))]
)
def test_switches(jane: World, decision: str, verdict: tuple[str, str | None, str]) -> None:
    """A rule on review asks; a rule switched off leaves the pair to the next rule."""
    jane.switched("phone_name", decision).booked("a", "sunny@example.org", "Jane Alder", phone=NUMBER)
    assert jane.verdict("a") == verdict
    assert jane.matches("a")[0]["tier"] == ("R1" if decision == "review" else "R2")
