"""What a person decided wins over every rule."""

from calendly_pipeline_tests.contacts.conftest import World

JANE = ("jane@example.com", "jane alder")


def test_confirmed(world: World) -> None:
    """A confirmed pair is linked, whatever the rules say."""
    world.card("7", "Max Birch", "max@example.com").booked("a", "jane@example.com", "Jane Alder")
    world.decided("confirm", *JANE, contact_id="7")
    assert world.verdict("a") == ("confirmed", "7", "confirmed")


def test_confirmed_address_under_another_name(world: World) -> None:
    """A confirmed address serves later bookings, unless their name speaks against the contact."""
    world.card("7", "Jane Birch", "birch@example.org")
    world.decided("confirm", *JANE, contact_id="7")
    world.booked("a", "jane@example.com").booked("b", "jane@example.com", "Jane Cedar")
    world.booked("c", "jane@example.com", "Max Elder")
    assert world.verdict("a") == ("confirmed", "7", "confirmed_alias")
    assert world.verdict("b") == ("confirmed", "7", "confirmed_alias")
    assert world.verdict("c") == ("review", None, "confirmed_alias_other_name")


def test_holder_keeps_the_address(world: World) -> None:
    """After one spouse was confirmed under the other's address, the other still books as themselves."""
    world.card("7", "Max Alder", "alders@example.com").card("8", "Jane Alder", "jane@example.com")
    world.decided("confirm", "alders@example.com", "jane alder", contact_id="8")
    world.booked("a", "alders@example.com", "Jane Alder").booked("b", "alders@example.com", "Max Alder")
    world.booked("c", "alders@example.com")
    assert world.verdict("a") == ("confirmed", "8", "confirmed")
    assert world.verdict("b") == ("auto", "7", "shared_address_name")
    assert world.verdict("c") == ("review", None, "shared_address_undecided")


def test_rejected(world: World) -> None:
    """A rejected pair is not linked; the only candidate gone, nothing is left to ask."""
    world.card("7", "Jane Alder", "jane@example.com").booked("a", "jane@example.com", "Jane Alder")
    world.decided("reject", *JANE, contact_id="7")
    assert world.verdict("a") == ("rejected", None, "rejected")
    assert world.queued() == []


def test_next_after_rejection(world: World) -> None:
    """After a rejection the next candidate is asked about, not linked."""
    world.card("7", "Jane Alder", "alders@example.com").card("8", "Max Alder", "alders@example.com")
    world.booked("a", "alders@example.com").decided("reject", "alders@example.com", "", contact_id="7")
    assert world.verdict("a") == ("review", None, "rejected_before")


def test_newest_decision_wins(world: World) -> None:
    """Of two answers about one person the newer holds."""
    world.card("7", "Jane Alder", "x@example.com").card("8", "Jane Alder", "y@example.com")
    world.booked("a", "jane@example.com", "Jane Alder")
    world.decided("confirm", *JANE, contact_id="7").decided("confirm", *JANE, contact_id="8")
    assert world.verdict("a") == ("confirmed", "8", "confirmed")


def test_reject_after_confirm(world: World) -> None:
    """Rejecting a pair takes back its confirmation."""
    world.card("7", "Jane Alder", "x@example.com").booked("a", "jane@example.com", "Jane Alder")
    world.decided("confirm", *JANE, contact_id="7").decided("reject", *JANE, contact_id="7")
    assert world.verdict("a")[1] is None


def test_undo(world: World) -> None:
    """An undone decision never was; an undone undo brings it back."""
    world.card("7", "Jane Alder", "x@elsewhere.example").booked("a", "jane@example.com", "Jane Alder")
    world.decided("confirm", *JANE, contact_id="7").decided("undo", *JANE, undoes=1)
    assert world.verdict("a") == ("unmatched", None, "none")
    world.decided("undo", *JANE, undoes=2)
    assert world.verdict("a") == ("confirmed", "7", "confirmed")


def test_both(world: World) -> None:
    """Two contacts confirmed in one answer are both linked."""
    world.card("7", "Jane Alder", "alders@example.com").card("8", "Max Alder", "alders@example.com")
    world.booked("a", "alders@example.com")
    for contact_id in ("7", "8"):
        world.decided("confirm", "alders@example.com", contact_id=contact_id, decided_at="2026-02-01 12:00:00+00")
    assert [(m["decision"], m["contact_id"]) for m in world.matches("a")] == [("confirmed", "7"), ("confirmed", "8")]


def test_narrowest_scope(world: World) -> None:
    """A decision about address and name stands above one about the address, and that above the domain's."""
    world.card("7", "Jane Alder", "x@example.com").card("8", "Max Alder", "y@example.com")
    world.decided("confirm", *JANE, contact_id="7").decided("always_map", "jane@example.com", contact_id="8")
    world.decided("never_match", "example.com", reason="vendor")
    world.booked("a", "jane@example.com", "Jane Alder").booked("b", "jane@example.com", "Zoe Birch")
    world.booked("c", "zoe@example.com", "Zoe Birch")
    assert world.verdict("a") == ("confirmed", "7", "confirmed")
    assert world.verdict("b") == ("confirmed", "8", "always_map")
    assert world.verdict("c") == ("rejected", None, "never_match")


def test_internal_by_decision(world: World) -> None:
    """Somebody declared internal is staff."""
    world.booked("a", "jane@example.com", "Jane Alder").decided("never_match", "jane@example.com", reason="internal")
    assert world.verdict("a") == ("internal", None, "never_match")


def test_books_for(world: World) -> None:
    """An assistant's booking goes to the contact, but the assistant's address does not become the contact's."""
    world.card("7", "Max Birch", "max@example.com").booked("a", "jane@example.com", "Jane Alder")
    world.booked("b", "jane@example.com", "Zoe Cedar")
    world.decided("books_for", *JANE, contact_id="7")
    assert world.verdict("a") == ("confirmed", "7", "books_for")
    assert world.verdict("b") == ("unmatched", None, "none")


def test_new_contact(world: World) -> None:
    """Somebody new leaves the queue, and is linked as soon as the CRM has the card."""
    world.card("7", "Max Alder", "jane@example.com").booked("a", "jane@example.com", "Jane Alder")
    world.decided("new_contact", *JANE)
    assert world.verdict("a") == ("unmatched", None, "new_contact")
    world.card("8", "Jane Alder", "jane@example.com")
    assert world.verdict("a") == ("auto", "8", "shared_address_name")


def test_contact_gone(world: World) -> None:
    """A link to a card that left the CRM goes back to the queue."""
    world.card("8", "Max Birch", "max@example.com").booked("a", "jane@example.com", "Jane Alder")
    world.decided("confirm", *JANE, contact_id="7")
    assert world.verdict("a") == ("review", None, "decided_contact_gone")


def test_decision_follows_the_contact(world: World) -> None:
    """A decision for a card without an id holds for the card with an id that took its place."""
    world.card(None, "Jane Birch", "birch@example.org").booked("a", "jane@example.com", "Jane Alder")
    former = world.run().rows("contacts.contacts")[0]["contact_id"]
    world.decided("confirm", *JANE, contact_id=former)
    assert world.verdict("a") == ("confirmed", former, "confirmed")
    world.cards.clear()
    world.card("7", "Jane Birch", "birch@example.org")
    assert world.verdict("a") == ("confirmed", "7", "confirmed")


def test_decision_over_link(world: World) -> None:
    """A decision stands above the id in the booking link."""
    world.card("7", "Jane Alder", "jane@example.com").card("8", "Max Alder", "max@example.com")
    world.booked("a", "jane@example.com", "Jane Alder", crm_contact_hint="7").decided("confirm", *JANE, contact_id="8")
    assert world.verdict("a") == ("confirmed", "8", "confirmed")
