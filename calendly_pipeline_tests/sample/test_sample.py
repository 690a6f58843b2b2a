"""The sample firm and its truth."""

from collections import Counter
from pathlib import Path

import pytest

from calendly_pipeline.sample import AS_OF, Firm, Truth, build_firm, truth, write_home
from calendly_pipeline.sample.days import day_of
from calendly_pipeline.sample.knowledge import known_meetings
from calendly_pipeline_tests.sample.conftest import COMMITTED, SEEDS, contents, inferred_moves, moves_across, told_moves


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    """Two runs with the same arguments write the same files, byte for byte."""
    write_home(build_firm(3, 50, 250), tmp_path / "one")
    write_home(build_firm(3, 50, 250), tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_the_committed_sample_is_what_seed_7_gives(firm: Firm, tmp_path: Path) -> None:
    """The sample in the repository is exactly what the default command writes."""
    write_home(firm, tmp_path)
    assert contents(tmp_path) == contents(COMMITTED)


def test_another_seed_is_another_firm(tmp_path: Path) -> None:
    """The seed decides who exists and what happens."""
    assert {c.name for c in build_firm(1).book.contacts} != {c.name for c in build_firm(2).book.contacts}


def test_the_sample_is_small() -> None:
    """The committed sample stays under one megabyte."""
    assert sum(len(content) for content in contents(COMMITTED).values()) < 1_000_000


@pytest.mark.parametrize(("contacts", "bookings"), [(44, 200), (60, 400), (150, 1500)])
def test_a_firm_has_the_size_asked_for(contacts: int, bookings: int) -> None:
    """A firm has exactly as many contacts and bookings as asked for."""
    firm = build_firm(5, contacts, bookings)
    assert (len(firm.book.contacts), len(firm.meetings)) == (contacts, bookings)


@pytest.mark.parametrize(("contacts", "bookings"), [(10, 400), (60, 50), (60, 6001), (500, 6001)])
def test_an_impossible_size_is_refused(contacts: int, bookings: int) -> None:
    """A firm too small for its stories, or too busy for its advisers, is refused."""
    with pytest.raises(ValueError, match=r"bookings|meetings"):
        build_firm(7, contacts, bookings)


def test_every_address_is_on_a_domain_of_nobody(firm: Firm) -> None:
    """Addresses lie on reserved domains, or on a mail provider's with a part that says it is a sample."""
    people = [seat.identity.address for meeting in firm.meetings for seat in meeting.seats]
    cards = [address for contact in firm.book.contacts for address in contact.addresses]
    for address in (*people, *cards):
        local_part, _, domain = address.lower().partition("@")
        is_reserved = domain.endswith(".example") or domain in ("example.com", "example.org", "example.net")
        assert is_reserved or "sample" in local_part


def test_contact_ids_are_31_digits_and_unique(firm: Firm) -> None:
    """Contact ids are text of 31 digits, no two alike."""
    ids = [contact.contact_id for contact in firm.book.contacts]
    assert len(set(ids)) == len(ids)
    assert all(len(one) == 31 and one.isdigit() for one in ids)


def test_the_crm_has_every_kind_of_contact(firm: Firm) -> None:
    """Couples, shared addresses, companies, several addresses and namesakes are all there."""
    book = firm.book
    names = Counter(contact.name for contact in book.contacts if not contact.is_company)
    assert (len(book.couples), len(book.companies)) == (10, 4)
    assert sum(one.addresses == two.addresses for one, two in book.couples) == 3
    assert sorted(names.values())[-2:] == [1, 2]
    assert max(len(contact.addresses) for contact in book.contacts) == 3


@pytest.mark.parametrize("seed", SEEDS)
def test_moves_in_the_truth_are_those_the_rule_infers(seed: int) -> None:
    """Real moves that the files give away and moves that the rules infer are the same, whatever the seed."""
    firm = build_firm(seed)
    expected = truth(firm)
    assert told_moves(expected) == inferred_moves(firm) | moves_across(firm, expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_duplicates_in_the_truth_are_those_the_rule_finds(seed: int) -> None:
    """Bookings of one address, hour and host in both tools are exactly the duplicates, whatever the seed."""
    firm = build_firm(seed)
    expected = truth(firm)
    told = {frozenset((one.key, one.duplicate_of)) for one in expected.meetings.values() if one.duplicate_of}
    known = [(one, seat.address) for one in known_meetings(firm).values() for seat in one.seats]
    calendly = [pair for pair in known if pair[0].meeting.platform == "calendly"]
    found = set()
    for copy, address in (pair for pair in known if pair[0].meeting.platform == "calcom"):
        same = [one for one, other in calendly if other == address and one.meeting.starts_at == copy.meeting.starts_at]
        if copy.knows_host:
            same = [one for one in same if one.meeting.host == copy.meeting.host]
        if len(same) == 1:
            found.add(frozenset((same[0].key, copy.key)))
        elif same:
            assert copy.key in expected.conflicts
    assert told == found


def test_counts_add_up(expected: Truth) -> None:
    """Statuses and decisions add up to the meetings and attendees there are."""
    assert sum(expected.status_counts.values()) == len(expected.meetings)
    assert sum(expected.decision_counts.values()) == len(expected.attendees)
    counting = [one for one in expected.meetings.values() if one.duplicate_of is None]
    assert sum(expected.counting_status_counts.values()) == len(counting)
    assert {"completed", "confirmed", "no_show", "cancelled", "rescheduled", "pending"} == set(expected.status_counts)
    assert {"auto", "review", "unmatched", "internal"} == set(expected.decision_counts)


def test_attendees_and_meetings_agree(expected: Truth) -> None:
    """Every attendee has a meeting, every meeting an attendee, and nobody was held in a meeting that was not."""
    assert {key for key, _ in expected.attendees} == set(expected.meetings)
    for attendee in expected.attendees.values():
        meeting = expected.meetings[attendee.meeting]
        assert not attendee.is_held or (meeting.status == "completed" and meeting.ends_at <= AS_OF)
        assert attendee.decision != "auto" or attendee.contact_id in expected.contact_metrics


def test_chains_are_consistent(expected: Truth) -> None:
    """Both ends of a move name each other, and counts grow by one along a chain."""
    for one in expected.meetings.values():
        if one.rescheduled_to:
            new = expected.meetings[one.rescheduled_to]
            assert (new.rescheduled_from, new.chain) == (one.key, one.chain)
            assert (one.status, new.reschedule_count) == ("rescheduled", one.reschedule_count + 1)
        assert (one.chain == one.key) == (one.rescheduled_from is None)
    assert max(one.reschedule_count for one in expected.meetings.values()) == 2


def test_one_of_two_duplicates_counts(expected: Truth) -> None:
    """The row that counts is active before cancelled, then Cal.com's, and is no duplicate itself."""
    duplicates = [one for one in expected.meetings.values() if one.duplicate_of]
    kept = [expected.meetings[one.duplicate_of] for one in duplicates if one.duplicate_of]
    assert len(duplicates) >= 10
    assert all(one.duplicate_of is None for one in kept)
    assert {one.platform for one in kept} == {"calendly", "calcom"}
    assert any(one.status == "no_show" and one.platform == "calcom" for one in kept)


def test_held_meetings_of_contacts_add_up(expected: Truth) -> None:
    """Meetings on the cards are the held places of invitees that a matcher links on its own."""
    held = sum(
        attendee.is_held and attendee.decision == "auto" and attendee.role == "invitee"
        for attendee in expected.attendees.values()
        if expected.meetings[attendee.meeting].duplicate_of is None
    )
    assert held == sum(row["meetings_count"] for row in expected.contact_metrics.values())


def test_cards_are_consistent(expected: Truth) -> None:
    """No card contradicts itself."""
    for row in expected.contact_metrics.values():
        assert row["meetings_this_quarter_count"] <= row["meetings_12m_count"] <= row["meetings_count"]
        assert (row["first_meeting_on"] is None) == (row["meetings_count"] == 0) == (row["last_meeting_type"] is None)
        assert (row["review_status"] == "none") == (row["last_portfolio_review_on"] is None)
        assert row["next_meeting_on"] is None or row["next_meeting_on"] > day_of(AS_OF)
    statuses = {row["review_status"] for row in expected.contact_metrics.values()}
    assert statuses == {"none", "current", "due", "overdue"}
    assert any(row["is_reschedule_escalation"] for row in expected.contact_metrics.values())


def test_households_share_their_reviews(expected: Truth) -> None:
    """Both members of a household show the same portfolio reviews."""
    shared = ("last_portfolio_review_on", "next_portfolio_review_on", "review_due_on", "review_status")
    for members in expected.households.values():
        assert len({tuple(expected.contact_metrics[one][name] for name in shared) for one in members}) == 1
