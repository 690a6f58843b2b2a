"""What the tests of the sample firm share."""

import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from calendly_pipeline.sample import Firm, Truth, build_firm, truth
from calendly_pipeline.sample.findings import Key
from calendly_pipeline.sample.knowledge import KnownMeeting, KnownSeat, known_meetings

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
