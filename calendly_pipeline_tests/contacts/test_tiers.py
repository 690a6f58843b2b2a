"""Each tier links what it should, and nothing else."""

import pytest

from calendly_pipeline_tests.contacts.conftest import World


def test_exact_address(world: World) -> None:
    """T1: an address on one card is that card."""
    world.card("7", "Jane Alder", "jane@example.com").booked("a", "jane@example.com", "Jane Alder")
    assert world.verdict("a") == ("auto", "7", "email_exact")


def test_second_address(world: World) -> None:
    """Every address of a card counts, not the first."""
    world.card("7", "Jane Alder", "work@alder.example", "jane@example.com").booked(
        "a", "jane@example.com", "Jane Alder"
    )
    assert world.verdict("a") == ("auto", "7", "email_exact")


def test_married_name(world: World) -> None:
    """T1: the same first name and another surname at the card's address is the same person."""
    world.card("7", "Jane Alder", "jane@example.com").booked("a", "jane@example.com", "Jane Birch")
    assert world.verdict("a") == ("auto", "7", "email_exact")


def test_unknown(world: World) -> None:
    """An address and a name that nobody has stay unmatched and are asked of nobody."""
    world.card("7", "Jane Alder", "jane@example.com").booked("a", "zoe@example.com", "Zoe Birch")
    assert world.verdict("a") == ("unmatched", None, "none")
    assert world.queued() == []


@pytest.mark.parametrize(
    ("booked", "held"),
    [
        ("jane.alder+calendly@gmail.com", "janealder@gmail.com"),
        ("janealder@googlemail.com", "jane.alder@gmail.com"),
        ("jane+x@example.com", "jane@example.com"),
        ("jane@me.com", "jane@icloud.com"),
        ("jane@pm.me", "jane@protonmail.com"),
    ],
)
def test_same_mailbox(world: World, booked: str, held: str) -> None:
    """T2: two spellings of one mailbox are one person."""
    world.card("7", "Jane Alder", held).booked("a", booked, "Jane Alder")
    assert world.verdict("a") == ("auto", "7", "email_canonical")


@pytest.mark.parametrize(
    ("booked", "held"),
    [
        ("jane@outlook.com", "jane@hotmail.com"),
        ("jane-1@yahoo.com", "jane@yahoo.com"),
        ("a+b@simplelogin.com", "a@simplelogin.com"),
    ],
)
def test_different_mailboxes(world: World, booked: str, held: str) -> None:
    """Dots elsewhere, sister brands, hyphens and a relay's tags are different mailboxes."""
    world.card("7", "Jane Alder", held).booked("a", booked, "Jane Alder")
    assert world.verdict("a") == ("unmatched", None, "none")


def test_same_mailbox_other_name(world: World) -> None:
    """R1: the same mailbox under a contradicting name goes to the queue."""
    world.card("7", "Jane Alder", "janealder@gmail.com").booked("a", "jane.alder@gmail.com", "Zoe Birch")
    assert world.verdict("a") == ("review", None, "canonical_name_contradicts")


@pytest.mark.parametrize(
    ("booked", "held"),
    [
        ("jane@gmial.com", "jane@gmail.com"),
        ("j.alder@gmial.com", "jalder@gmail.com"),
        ("jane@alderjonery.example", "jane@alderjoinery.example"),
        ("jane@gmail.con", "jane@gmail.com"),
    ],
)
def test_mistyped_domain(world: World, booked: str, held: str) -> None:
    """T3: the same local part at a domain that is a slip, under the card's name."""
    world.card("7", "Jane Alder", held).booked("a", booked, "Jane Alder")
    assert world.verdict("a") == ("auto", "7", "email_typo_domain_name")


@pytest.mark.parametrize(
    ("booked", "held"),
    [
        ("jane@gmx.com", "jane@gmx.net"),
        ("jane@ymail.com", "jane@gmail.com"),
        ("jane@hp.com", "jane@qq.com"),
        ("jane@birch.example", "jane@alder.example"),
    ],
)
def test_no_slip(world: World, booked: str, held: str) -> None:
    """Providers, short names and unrelated domains are no slips of each other."""
    world.card("7", "Jane Alder", held).booked("a", booked, "Jane Alder")
    assert world.verdict("a") == ("unmatched", None, "none")


def test_mistyped_domain_of_another_contact(world: World) -> None:
    """A domain that some contact really has is no slip."""
    world.card("7", "Jane Alder", "jane@oakmills.example").card("8", "Zoe Birch", "zoe@oakmill.example")
    world.booked("a", "jane@oakmill.example", "Jane Alder")
    assert world.verdict("a") == ("review", None, "full_name")


def test_mistyped_domain_without_name(world: World) -> None:
    """R1: a slip in the domain with half a name goes to the queue."""
    world.card("7", "Jane Alder", "jane@gmail.com").booked("a", "jane@gmial.com", "Jane")
    assert world.verdict("a") == ("review", None, "typo_domain_name_missing")


def test_link_and_name(world: World) -> None:
    """T0: the id in the booking link decides when the name agrees, whatever the address."""
    world.card("7", "Jane Alder", "jane@example.com")
    world.booked("a", "new@example.org", "Jane Alder", crm_contact_hint="7")
    assert world.verdict("a") == ("auto", "7", "link_id")


def test_link_and_address(world: World) -> None:
    """T0: the id in the booking link decides when the address agrees, whatever the name."""
    world.card("7", "Jane Alder", "jane@example.com").card("8", "Max Alder", "jane@example.com")
    world.booked("a", "jane@example.com", None, crm_contact_hint="8")
    assert world.verdict("a") == ("auto", "8", "link_id")


def test_forwarded_link(world: World) -> None:
    """R1: a link whose contact has neither the address nor the name was forwarded, and a person decides."""
    world.card("7", "Jane Alder", "jane@example.com").booked("a", "zoe@example.org", "Zoe Birch", crm_contact_hint="7")
    assert world.verdict("a") == ("review", None, "link_of_another")
    assert [candidate["contact_id"] for candidate in world.queued()[0]["candidates"]] == ["7"]


def test_link_to_nobody(world: World) -> None:
    """An id that no card has is no hint at all."""
    world.card("7", "Jane Alder", "jane@example.com").booked(
        "a", "jane@example.com", "Jane Alder", crm_contact_hint="9"
    )
    assert world.verdict("a") == ("auto", "7", "email_exact")
