"""The files of the sample firm, small and big."""

import csv
import gzip
import itertools
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from calendly_pipeline.sample import AS_OF, Firm, Truth, write_bulk_home
from calendly_pipeline.sample.__main__ import main
from calendly_pipeline.sample.bulk import export_rows
from calendly_pipeline.sample.calendly_files import calendly_text, clock_12, header
from calendly_pipeline.sample.coverage import start_days
from calendly_pipeline.sample.days import day_of
from calendly_pipeline.sample.dice import Dice
from calendly_pipeline.sample.text_files import stored_gzip


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
        ("client, address unknown", "R2"), ("unknown", ""), ("guest", "T1"), ("guest", "T2"), ("guest", "T0"),
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
