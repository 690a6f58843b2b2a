"""Staff are never linked; guests are linked by what is sure and asked about never when unknown."""

import pytest

from calendly_pipeline_tests.contacts.conftest import World


@pytest.mark.parametrize("address", ["anyone@firm.example", "adviser@firm.example", "adviser+test@firm.example"])
def test_internal_domain(world: World, address: str) -> None:
    """An address of the firm's domain is staff, a card in the CRM or not."""
    world.settings["firm"]["internal_domains"] = ["firm.example"]
    world.card("7", "Ann Adviser", address).booked("a", address, "Ann Adviser")
    assert world.verdict("a") == ("internal", None, "internal")


def test_host_outside_the_domain(world: World) -> None:
    """A host's address is staff, whatever its domain."""
    world.card("7", "Ann Adviser", "adviser@firm.example").booked("a", "adviser@firm.example", "Ann Adviser")
    assert world.verdict("a") == ("internal", None, "internal")


def test_host_alias(world: World) -> None:
    """Another address of a host is staff."""
    world.settings["hosts"] = {"aliases": {"ann@gmail.com": "adviser@firm.example"}}
    world.booked("a", "ann@gmail.com", "Ann Adviser")
    assert world.verdict("a") == ("internal", None, "internal")


def test_exception(world: World) -> None:
    """Staff who are clients are matched like clients."""
    world.settings["firm"] |= {"internal_domains": ["firm.example"], "internal_exceptions": ["ann@firm.example"]}
    world.card("7", "Ann Adviser", "ann@firm.example").booked("a", "ann@firm.example", "Ann Adviser")
    assert world.verdict("a") == ("auto", "7", "email_exact")


def test_co_host(world: World) -> None:
    """A co-host is staff."""
    world.booked("a", "helper@example.com", "Hal Helper", role="co_host")
    assert world.verdict("a") == ("internal", None, "internal")


def test_known_guest(world: World) -> None:
    """A guest is linked by the exact address."""
    world.card("7", "Jane Alder", "jane@example.com").booked("a", "jane@example.com", role="guest")
    assert world.verdict("a") == ("auto", "7", "email_exact")


@pytest.mark.parametrize("address", ["zoe@example.com", "info@mills.example", "office@alder.example", "jane@gmial.com"])
def test_unknown_guest(world: World, address: str) -> None:
    """An unknown guest is nobody's question."""
    world.card("6", "", "info@mills.example", is_company="true", company="Mills", first_name=None)
    world.card("7", "Jane Alder", "office@alder.example", "jane@gmail.com")
    world.booked("a", address, role="guest")
    assert world.verdict("a") == ("unmatched", None, "none")
    assert world.queued() == []


def test_guest_with_mistyped_domain(world: World) -> None:
    """A guest whose address is but for a slip a contact's is asked about, not linked."""
    world.card("7", "Jane Alder", "jane@gmail.com").booked("a", "jane@gmial.com", "Jane Alder", role="guest")
    assert world.verdict("a") == ("review", None, "email_typo_domain_name")
