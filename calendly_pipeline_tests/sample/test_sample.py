"""The sample firm: the same bytes every time, and a truth that agrees with itself and with the rules."""

import csv
import gzip
import itertools
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from calendly_pipeline.sample import AS_OF, Firm, Truth, build_firm, truth, write_bulk_home, write_home
from calendly_pipeline.sample.__main__ import main
from calendly_pipeline.sample.bulk import export_rows
from calendly_pipeline.sample.calendly_files import calendly_text, clock_12, header
from calendly_pipeline.sample.coverage import start_days
from calendly_pipeline.sample.days import day_of
from calendly_pipeline.sample.dice import Dice
from calendly_pipeline.sample.findings import Key
from calendly_pipeline.sample.knowledge import KnownMeeting, KnownSeat, known_meetings
from calendly_pipeline.sample.text_files import stored_gzip

COMMITTED = Path(__file__).resolve().parents[2] / "data" / "sample"
SEEDS = range(1, 9)
Places = list[tuple[KnownMeeting, KnownSeat]]


@pytest.fixture(scope="module")
def firm() -> Firm:
    return build_firm()


@pytest.fixture(scope="module")
def expected(firm: Firm) -> Truth:
    return truth(firm)


def contents(root: Path) -> dict[str, bytes]:
    """Every visible file below a folder."""
    files = (path for path in root.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def places(firm: Firm) -> Places:
    """Every invitee's place that the files show with its host and moment of booking."""
    known = known_meetings(firm).values()
    return [(one, seat) for one in known if one.knows_host for seat in one.seats]


def inferred_moves(firm: Firm) -> set[tuple[Key, Key]]:
    """The rule for inferred moves, applied to what the files show, within each tool."""
    groups: dict[tuple[str, ...], Places] = {}
    for one, seat in places(firm):
        meeting = one.meeting
        group = (meeting.platform, seat.address, meeting.host.email, meeting.event_type.key)
        groups.setdefault(group, []).append((one, seat))
    pairs = {pair for members in groups.values() for pair in candidate_moves(members)}
    direct = {(a, c) for a, c in pairs if not any((a, b) in pairs and (b, c) in pairs for _, b in pairs)}
    olds, news = Counter(a for a, _ in direct), Counter(c for _, c in direct)
    return {(a, c) for a, c in direct if olds[a] == 1 and news[c] == 1}


def candidate_moves(members: Places) -> Iterator[tuple[Key, Key]]:
    for (old, gone), (new, _) in itertools.permutations(members, 2):
        if gone.ending and old.meeting.booked_at < new.meeting.booked_at < old.meeting.starts_at:
            yield old.key, new.key


def moves_across(firm: Firm, expected: Truth) -> set[tuple[Key, Key]]:
    """The rule for moves from Calendly to Cal.com, applied to what is left as cancelled in Calendly."""
    found = []
    for (old, gone), (new, seat) in itertools.product(places(firm), repeat=2):
        is_candidate = old.meeting.platform == "calendly" and new.meeting.platform == "calcom" and gone.ending
        same = gone.address == seat.address and old.meeting.host == new.meeting.host
        if not (is_candidate and same) or expected.meetings[old.key].duplicate_of:
            continue
        gap = new.meeting.booked_at - old.meeting.booked_at
        is_soon = timedelta(0) <= gap <= timedelta(days=7) and new.meeting.booked_at < old.meeting.starts_at
        if is_soon and old.meeting.starts_at != new.meeting.starts_at:
            found.append((old.key, new.key))
    return set(found)


def told_moves(expected: Truth) -> set[tuple[Key, Key]]:
    return {(one.key, one.rescheduled_to) for one in expected.meetings.values() if one.rescheduled_to}


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


def test_exactly_one_month_is_missing(expected: Truth, firm: Firm) -> None:
    """September 2025, and not one day more, is covered by no file, and its meetings are not in the truth."""
    days = expected.uncovered_days["calendly"]
    assert (str(days[0]), str(days[-1]), len(days)) == ("2025-09-01", "2025-09-30", 30)
    assert expected.uncovered_days["calcom"] == []
    lost = [meeting for meeting in firm.meetings if day_of(meeting.starts_at) in set(days)]
    assert lost
    assert {meeting.uid for meeting in lost} <= set(expected.unexported)


def test_no_file_is_quiet_for_long(firm: Firm) -> None:
    """No Calendly file has a stretch of more than 14 days without a meeting before the present."""
    for export in (one for one in firm.exports if one.kind == "calendly"):
        days = [day for day in start_days(firm, export) if day <= day_of(AS_OF) + timedelta(days=7)]
        assert max((b - a).days for a, b in itertools.pairwise(days)) <= 14


def test_every_trap_is_in_the_truth(expected: Truth) -> None:
    """Each way of not booking under the address on one's card is there, with its tier."""
    tiers = {(attendee.case, attendee.tier) for attendee in expected.attendees.values()}
    assert {
        ("plus tag", "T2"), ("gmail dots", "T2"), ("googlemail", "T2"), ("typo domain", "T3"), ("child", "R1"),
        ("typo domain, first name", "R1"), ("spouse's address", "R1"), ("partner's address", "R1"), ("staff", "T0"),
        ("shared address, no name", "R1"), ("shared address, first name", "T1"), ("role address", "R1"),
        ("canonical, other name", "R1"), ("assistant", "T1"), ("address_book", "T1"), ("capital letters", "T1"),
        ("client, address unknown", ""), ("unknown", ""), ("guest", "T1"), ("guest", "T2"), ("guest", "T0"),
    } <= tiers  # fmt: skip


def test_files_have_the_rows_the_truth_says(firm: Firm, expected: Truth) -> None:
    """Each Calendly file has as many rows as the truth counts, and only spoilt rows are wider than the header."""
    for export in (one for one in firm.exports if one.kind == "calendly"):
        head, *rows = csv.reader(calendly_text(firm, export).splitlines(keepends=True))
        assert len(rows) == expected.exported_rows[export.path]
        assert sum(len(row) != len(head) for row in rows) <= expected.rejected_rows[export.path]


def test_a_later_file_corrects_an_earlier_one(firm: Firm) -> None:
    """Some invitee is active in one export and cancelled, moved or absent in a later one."""
    two, three = firm.exports[1], firm.exports[2]
    states: dict[str, set[tuple[str, str]]] = {}
    for export in (two, three):
        for row in csv.DictReader(calendly_text(firm, export).lstrip("\ufeff").splitlines(keepends=True)):
            cells = {name.strip(): value for name, value in row.items() if name}
            state = (cells["Canceled"].lower(), cells["Marked as No-Show"])
            states.setdefault(cells["Invitee UUID"], set()).add(state)
    changed = [one for one in states.values() if len(one) > 1]
    assert {("true", "No"), ("false", "Yes")} <= set().union(*changed)


def test_the_clock_reads_as_in_the_export() -> None:
    """Noon and midnight are 12, hours have two digits, am and pm are small."""
    at = AS_OF.replace(hour=0, minute=5)
    assert clock_12(at) == "2026-06-30 12:05 am"
    assert clock_12(at.replace(hour=12)) == "2026-06-30 12:05 pm"
    assert clock_12(at.replace(hour=19)) == "2026-06-30 07:05 pm"


@pytest.mark.parametrize("size", [0, 10, 65535, 65536, 200000])
def test_a_stored_gzip_file_reads_back(size: int) -> None:
    """What is gzipped without compression reads back the same, whatever its length."""
    content = bytes(number % 251 for number in range(size))
    assert gzip.decompress(stored_gzip(content)) == content


def test_streams_are_independent() -> None:
    """Two streams of one seed differ, and the same stream repeats."""
    one, again, other = Dice(7, "a"), Dice(7, "a"), Dice(7, "b")
    assert one.uuid() == again.uuid() != other.uuid()


def test_bulk_files_have_the_rows_asked_for(tmp_path: Path) -> None:
    """The benchmark's export has exactly the rows asked for, in order of booking, and a tenth as many contacts."""
    counts = write_bulk_home(tmp_path, 2000)
    with (tmp_path / "data/calendly/events-export.csv").open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    with (tmp_path / "data/contacts/lacrm_contacts.csv").open(newline="", encoding="utf-8") as file:
        contacts = list(csv.reader(file))[1:]
    assert head == header(2)
    assert {len(row) for row in rows} == {len(head)}
    assert (len(rows), len(contacts), counts["invitees"]) == (2000, 200, 500)
    assert {row[head.index("Canceled")] for row in rows} == {"true", "false"}
    assert {row[head.index("Marked as No-Show")] for row in rows} == {"Yes", "No"}
    assert len({row[head.index("Invitee UUID")] for row in rows}) == 2000


def test_bulk_rows_are_streamed() -> None:
    """Ten times as many rows take no more memory: nothing but rows waiting for their turn is kept."""
    peaks = []
    for rows in (2_000, 20_000):
        tracemalloc.start()
        assert sum(1 for _ in export_rows(rows)) == rows
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2_000_000


def test_bulk_rows_repeat() -> None:
    """The same seed gives the same benchmark rows."""
    assert list(export_rows(300, seed=4)) == list(export_rows(300, seed=4))


def test_the_command_writes_a_home_and_says_how_much(tmp_path: Path) -> None:
    """The command writes a home; an impossible size ends with exit code 2 and the reason."""
    result = CliRunner().invoke(main, [str(tmp_path / "home"), "--contacts", "44", "--bookings", "200"])
    assert (result.exit_code, result.output) == (0, "200 meetings, 44 contacts\n")
    assert (tmp_path / "home" / "pipeline.toml").exists()
    result = CliRunner().invoke(main, [str(tmp_path / "bulk"), "--rows", "100"])
    assert result.output == "100 rows by 25 invitees, 10 contacts\n"
    result = CliRunner().invoke(main, [str(tmp_path / "none"), "--contacts", "3"])
    assert result.exit_code == 2
    assert "at least 44 contacts" in result.output
