"""A booking that was moved belongs to the person who moved it."""

import pytest

from calendly_pipeline_tests.contacts.conftest import World


def _moved(world: World, *pairs: tuple[str, str], evidence: str = "linked") -> World:
    world.tables.given(
        "meetings.moves", *({"attendee_id": one, "to_attendee_id": two, "evidence": evidence} for one, two in pairs)
    )
    return world


@pytest.fixture
def moved(world: World) -> World:
    """Jane books under her address, moves the meeting under a new one, and moves it again without a name."""
    world.card("7", "Jane Alder", "jane@example.com").booked("a", "jane@example.com", "Jane Alder")
    world.booked("b", "quiet@harbour.example", "J. A.").booked("c", "other@harbour.example")
    return _moved(world, ("a", "b"), ("b", "c"))


def test_moved_booking(moved: World) -> None:
    """T0: every booking of a chain is the contact's whom one of them names."""
    assert moved.verdict("b") == ("auto", "7", "reschedule_chain")
    assert moved.verdict("c") == ("auto", "7", "reschedule_chain")
    (match,) = moved.matches("b")
    assert (match["tier"], match["score"]) == ("T0", 104)
    assert "Jane Alder" in match["explanation"]


def test_known_later(world: World) -> None:
    """The first booking is the contact's also when only the last one says so."""
    world.card("7", "Jane Alder", "jane@example.com").booked("a", "quiet@harbour.example", "Jane Alder")
    world.booked("b", "jane@example.com", "Jane Alder")
    assert _moved(world, ("a", "b")).verdict("a") == ("auto", "7", "reschedule_chain")


def test_other_bookings_of_the_address(moved: World) -> None:
    """Another booking under the new address is not of the chain and stays as it is."""
    moved.booked("d", "quiet@harbour.example", "J. A.")
    assert moved.verdict("d") == ("unmatched", None, "none")


def test_inferred_move(world: World) -> None:
    """A move that nobody reported links nobody."""
    world.card("7", "Jane Alder", "jane@example.com").booked("a", "jane@example.com").booked(
        "b", "quiet@harbour.example"
    )
    assert _moved(world, ("a", "b"), evidence="inferred").verdict("b") == ("unmatched", None, "none")


def test_two_contacts_in_a_chain(moved: World) -> None:
    """A chain that names two contacts settles nobody else."""
    moved.card("8", "Max Alder", "other@harbour.example")
    assert moved.verdict("c")[:2] == ("auto", "8")
    assert moved.verdict("b") == ("unmatched", None, "none")


def test_decisions_stand_above(moved: World) -> None:
    """Somebody whom a person called new, or rejected, stays so."""
    moved.decided("new_contact", "quiet@harbour.example", "j a").decided(
        "reject", "other@harbour.example", contact_id="7"
    )
    assert moved.verdict("b") == ("unmatched", None, "new_contact")
    assert moved.verdict("c")[1] is None


@pytest.mark.parametrize(("decision", "wanted"), [("review", "review"), ("off", "unmatched")])
def test_switches(moved: World, decision: str, wanted: str) -> None:
    """A firm may be asked about moved bookings, or have them left alone."""
    assert moved.switched("reschedule_chain", decision).verdict("b")[0] == wanted
    offered = [[one["contact_id"] for one in item["candidates"]] for item in moved.queued()]
    assert offered == ([["7"], ["7"]] if decision == "review" else [])
