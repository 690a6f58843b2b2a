"""Cal.com by API into landing: complete, exact, and not fooled by what leaves a booking's time of change alone."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from calendly_pipeline.failures import ListingShrank
from calendly_pipeline.sources.pages import page_files
from calendly_pipeline_tests.fakes.calcom.bulk import booked_firm
from calendly_pipeline_tests.fakes.calcom.controls import truth
from calendly_pipeline_tests.fakes.calcom.server import CalcomServer
from calendly_pipeline_tests.fakes.faults import STORM
from calendly_pipeline_tests.fakes.limits import Limit
from calendly_pipeline_tests.fakes.serving import Served
from calendly_pipeline_tests.sources.calcom_pulled import NOW, Firm


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    """A firm with 300 bookings of 2026 at its Cal.com."""
    world, key = booked_firm(300, "2026-01:2026-12")
    server = CalcomServer(world, limit=Limit(1_000_000), now=lambda: NOW)
    with Served(server) as served:
        found = Firm(tmp_path / "firm", server, f"{served.url}/v2", key)
        yield found
        found.state.close()


def active(firm: Firm, first: datetime, last: datetime) -> list[str]:
    """Uids of accepted, unseated bookings that start in [first, last)."""
    rows = truth(firm.server.world)
    return [
        row["uid"]
        for row in rows
        if first <= datetime.fromisoformat(row["start"]) < last
        and row["status"] == "accepted"
        and "seatUid" not in row["attendees"][0]
    ]


def test_a_pull_is_complete_and_exact(firm: Firm) -> None:
    """Every booking of the months pulled is landed exactly as the API gave it; a second pull lands nothing."""
    report = firm.pull(1, 12)
    assert firm.differences() == []
    assert report.counts["new"] == 300
    files = len(page_files(firm.home))
    again = firm.pull(1, 12, NOW + timedelta(hours=1))
    assert (again.counts["new"], again.counts["changed"], again.counts["unchanged"]) == (0, 0, 300)
    assert len(page_files(firm.home)) == files


def test_changes_anywhere_reach_the_next_pull(firm: Firm) -> None:
    """A cancellation in a month that is not listed comes by its time of change."""
    firm.pull(1, 12)
    january = active(firm, NOW - timedelta(days=160), NOW - timedelta(days=130))[0]
    firm.server.world.cancel(NOW + timedelta(hours=1), january, "host1@firm.example", "late")
    firm.pull(6, 7, NOW + timedelta(hours=2))
    assert firm.loaded()[january]["status"] == "cancelled"
    assert firm.differences() == []


def test_an_absent_attendee_is_found_though_the_booking_did_not_change(firm: Firm) -> None:
    """Marking somebody absent touches no time of change: the months listed bring it, other months do not."""
    firm.pull(1, 12)
    inside = active(firm, NOW - timedelta(days=10), NOW)[0]
    outside = active(firm, NOW - timedelta(days=160), NOW - timedelta(days=130))[0]
    later = NOW + timedelta(hours=1)
    for uid in (inside, outside):
        email = firm.loaded()[uid]["attendees"][0]["email"]
        firm.server.world.mark_absent(later, uid, email)
    firm.pull(6, 7, later)
    assert any(person["absent"] for person in firm.loaded()[inside]["attendees"])
    assert firm.differences() == [outside]
    firm.pull(1, 7, later)
    assert firm.differences() == []


def test_an_attendee_who_vanished_is_not_forgotten(firm: Firm) -> None:
    """A cancelled seat disappears from the booking; its attendee stays, last seen before the booking was."""
    seated = next(row for row in truth(firm.server.world) if "seatUid" in (row["attendees"] or [{}])[0])
    firm.pull(1, 12)
    gone = seated["attendees"][0]["email"]
    firm.server.world.cancel_seat(NOW, seated["uid"], gone)
    firm.pull(1, 12, NOW + timedelta(hours=1))
    assert gone not in [person["email"] for person in firm.loaded()[seated["uid"]]["attendees"]]
    assert f"{seated['uid']}/{gone}" in firm.loaded("attendee")


def test_a_deleted_booking_is_kept_and_marked(firm: Firm) -> None:
    """A booking the API no longer returns is asked for by name, then marked once."""
    firm.pull(1, 12)
    gone = active(firm, NOW, NOW + timedelta(days=30))[0]
    firm.server.world.delete_booking(gone)
    assert firm.pull(1, 12).counts["absent"] == 1
    assert gone in firm.loaded()
    assert list(firm.loaded("absence")) == [gone]
    assert firm.pull(1, 12).counts["absent"] == 0


def test_a_listing_that_lost_most_of_its_bookings_is_refused(firm: Firm) -> None:
    """A key that sees only one user's bookings does not make the others vanish."""
    firm.pull(1, 12)
    host = next(user for user in firm.server.world.users.values() if user.email == "host1@firm.example")
    firm.key = firm.server.world.add_key(host)
    with pytest.raises(ListingShrank):
        firm.pull(1, 12)
    assert firm.loaded("absence") == {}


def test_a_storm_loses_nothing(firm: Firm) -> None:
    """With a third of all requests failing in every way there is, the pull is complete and exact."""
    firm.server.faults.share, firm.server.faults.kinds, firm.server.faults.slow_seconds = 0.33, STORM, 0.02
    report = firm.pull(1, 12)
    assert firm.differences() == []
    assert report.counts["repeated"] > 0
