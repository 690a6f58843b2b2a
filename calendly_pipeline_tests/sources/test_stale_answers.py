"""A vendor that answers from a copy that lags by a day: what is known already stays known, and nobody is lost."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline.failures import ListingShrank
from calendly_pipeline.sources.page_loading import load_pages
from calendly_pipeline.sources.pull_index import PullIndex
from calendly_pipeline.sources.pull_landing import PullReport
from calendly_pipeline_tests.conftest import FaultTable, Outcome, Tables
from calendly_pipeline_tests.fakes.calcom.bulk import booked_firm as calcom_firm
from calendly_pipeline_tests.fakes.calcom.server import CalcomServer
from calendly_pipeline_tests.fakes.calendly import CalendlyServer
from calendly_pipeline_tests.fakes.calendly.bulk import booked_firm as calendly_firm
from calendly_pipeline_tests.fakes.faults import Faults
from calendly_pipeline_tests.fakes.lacrm import given as lacrm_given
from calendly_pipeline_tests.fakes.limits import Limit
from calendly_pipeline_tests.fakes.serving import Served
from calendly_pipeline_tests.sources import calcom_pulled, lacrm_pulled, pulled

NOW = datetime(2024, 7, 1, 9, tzinfo=UTC)
SPAN = "2024-03:2024-06"
"""All of it was booked and changed before NOW: nothing is told of before it happens."""
MEETINGS = """
select meeting_id, status, starts_at, rescheduled_to_id, cancelled_at from meetings.meetings order by all
"""


def stale_pull(faults: Faults, pull: Callable[[], PullReport], share: float) -> PullReport:
    """A pull so much of which is answered from the state that was kept."""
    faults.kinds, faults.share = ("stale",), share
    try:
        return pull()
    finally:
        faults.stop()


class Calendly:
    """A firm at Calendly where every hour somebody books, cancels, moves and does not come."""

    def __init__(self, firm: pulled.Firm, seed: int) -> None:
        self.firm = firm
        self.server = firm.server
        self.chance = random.Random(seed)
        self.now = NOW

    def pull(self) -> PullReport:
        """The hourly pull."""
        return self.firm.pull("2024-03", "2024-12", self.now)

    def happen(self) -> None:
        """One of each."""
        world, self.now = self.firm.world, self.now + timedelta(hours=1)
        start = self.now + timedelta(days=self.chance.randrange(2, 90), minutes=self.chance.randrange(600))
        world.book(next(iter(world.event_types)), start, name="New Client", email="new@client.example", now=self.now)
        cancelled, moved = self.chance.sample(
            self._invitees(self.now - timedelta(days=60), self.now + timedelta(days=200)), 2
        )
        world.cancel(cancelled, now=self.now)
        world.move(moved, start + timedelta(days=3), now=self.now)
        past = self._invitees(self.now - timedelta(days=6), self.now)
        world.mark_no_show(self.chance.choice(past or [moved]), now=self.now)

    def lost(self) -> int:
        """Events and invitees that are not as the vendor has them."""
        return sum(len(ids) for ids in self.firm.differences("event", "invitee").values())

    def doubled(self) -> int:
        """Records that are there more than once."""
        return self.firm.doubled()

    def _invitees(self, first: datetime, last: datetime) -> list[str]:
        rows = self.firm.world.invitees.values()
        starts = {row["uri"]: datetime.fromisoformat(row["start_time"]) for row in self.firm.world.events.values()}
        return sorted(r["uri"] for r in rows if r["status"] == "active" and first <= starts[r["event"]] < last)


class Calcom:
    """The same at Cal.com."""

    def __init__(self, firm: calcom_pulled.Firm, seed: int) -> None:
        self.firm = firm
        self.server = firm.server
        self.chance = random.Random(seed)
        self.now = NOW

    def pull(self) -> PullReport:
        """The hourly pull."""
        return self.firm.pull(3, 12, self.now)

    def happen(self) -> None:
        """One of each; an absent host, because an absent attendee moves no time of change."""
        world, self.now = self.server.world, self.now + timedelta(hours=1)
        start = self.now + timedelta(days=self.chance.randrange(2, 90), minutes=self.chance.randrange(600))
        event_type = next(iter(world.event_types.values()))
        world.book(self.now, event_type, start, "New Client", "new@client.example")
        cancelled, moved = self.chance.sample(
            self._bookings(self.now - timedelta(days=60), self.now + timedelta(days=200)), 2
        )
        world.cancel(self.now, cancelled, "host1@firm.example", "late")
        world.move(self.now, moved, start + timedelta(days=3), "new@client.example")
        past = self._bookings(self.now - timedelta(days=30), self.now)
        world.mark_host_absent(self.now, self.chance.choice(past))

    def lost(self) -> int:
        """Bookings that are not as the vendor has them."""
        return len(self.firm.differences())

    def doubled(self) -> int:
        """Nothing is, the warehouse's grain holds."""
        return 0

    def _bookings(self, first: datetime, last: datetime) -> list[str]:
        rows = self.server.world.bookings.values()
        return sorted(row.uid for row in rows if row.status == "ACCEPTED" and first <= row.starts_at < last)


def rounds(firm: Calendly | Calcom, number: int) -> Outcome:
    """Each round the vendor forgets what happened last, the first time all of it, then partly.

    Known things stay; new ones are there an hour later.
    """
    outcome, older, faults = Outcome(), 0, firm.server.faults
    firm.pull()
    for share in [1, *[0.6] * (number - 1)]:
        firm.server.keep_state()
        firm.happen()
        firm.pull()
        assert firm.lost() == 0
        firm.now += timedelta(hours=1)
        older += int(stale_pull(faults, firm.pull, share).counts["older_than_known"])
        outcome.lost += firm.lost()
        firm.happen()
        stale_pull(faults, firm.pull, 0.6)
        firm.now += timedelta(hours=1)
        firm.pull()
        outcome.lost += firm.lost()
        outcome.doubled += firm.doubled()
    outcome.tried = faults.counts["stale"]
    assert older > 0
    return outcome


def calendly_rounds(root: Path, events: int, number: int) -> Outcome:
    """Rounds with a firm of so many events."""
    server = CalendlyServer(calendly_firm(events, SPAN), limit=Limit(1_000_000), faults=Faults(5))
    with Served(server) as served:
        firm = pulled.Firm(root / "firm", server, served.url)
        outcome = rounds(Calendly(firm, 1), number)
        firm.close()
    return outcome


def calcom_rounds(root: Path, bookings: int, number: int) -> Outcome:
    """Rounds with a firm of so many bookings."""
    world, key = calcom_firm(bookings, SPAN)
    server = CalcomServer(world, limit=Limit(1_000_000), faults=Faults(6), now=lambda: NOW)
    with Served(server) as served:
        firm = calcom_pulled.Firm(root / "firm", server, f"{served.url}/v2", key)
        outcome = rounds(Calcom(firm, 2), number)
        firm.state.close()
    return outcome


def test_calendly_of_yesterday_takes_nothing_back(tmp_path: Path) -> None:
    """A cancellation, a move, a no-show and a booking that are known stay so; those that are new come an hour late."""
    outcome = calendly_rounds(tmp_path, 90, 2)
    assert outcome.is_clean
    assert outcome.tried > 20


def test_calcom_of_yesterday_takes_nothing_back(tmp_path: Path) -> None:
    """The same of Cal.com."""
    outcome = calcom_rounds(tmp_path, 90, 2)
    assert outcome.is_clean
    assert outcome.tried > 8


def test_meetings_stay_though_a_listing_of_yesterday_lacks_them(tables: Tables, tmp_path: Path) -> None:
    """A copy denies a booking that is known, in the listing and by name: the meeting stays, and so does its status."""
    server = CalendlyServer(calendly_firm(40, SPAN), limit=Limit(1_000_000), faults=Faults(1))
    with Served(server) as served:
        firm = pulled.Firm(tmp_path / "firm", server, served.url)
        calendly = Calendly(firm, 3)
        calendly.pull()
        server.keep_state()
        calendly.happen()
        calendly.pull()

        def meetings() -> list[dict[str, Any]]:
            load_pages(tables.connection, firm.home)
            return tables.run_stage("sources", "meetings", as_of=calendly.now).rows(MEETINGS)

        before = meetings()
        calendly.now += timedelta(hours=1)
        report = stale_pull(server.faults, calendly.pull, 1.0)
        assert meetings() == before
        assert (report.counts["older_than_known"], report.counts["absent"]) == (2, 2)
        assert tables.rows("select count(*) as n from meetings.meetings where last_seen_at is not null") == [{"n": 2}]
        calendly.now += timedelta(hours=1)
        calendly.pull()
        assert meetings() == before
        known = PullIndex(firm.state, "calendly", "default").of_kind("event").values()
        assert [row.record_id for row in known if row.is_absent] == []
        firm.close()


def test_a_listing_of_last_season_is_refused(tmp_path: Path) -> None:
    """A copy that lacks a fifth of what is known makes nobody vanish: the pull fails, and the next one goes on."""
    server = CalendlyServer(calendly_firm(0, SPAN), limit=Limit(1_000_000), faults=Faults(1))
    with Served(server) as served:
        firm = pulled.Firm(tmp_path / "firm", server, served.url)
        calendly = Calendly(firm, 4)
        server.keep_state()
        types = list(firm.world.event_types)
        for n in range(30):
            start = NOW + timedelta(days=1, minutes=30 * n)
            firm.world.book(types[0], start, name="Ada", email="ada@client.example", now=NOW - timedelta(hours=1))
        calendly.pull()
        with pytest.raises(ListingShrank):
            stale_pull(server.faults, calendly.pull, 1.0)
        assert "absence" not in firm.loaded()
        calendly.pull()
        assert calendly.lost() == 0
        firm.close()


def test_lacrm_of_yesterday_takes_nothing_back(tmp_path: Path) -> None:
    """A card that was changed stays as it is known; one that was made since is back with the next pull."""
    with lacrm_pulled.firm(tmp_path, 60, faults=Faults(2)) as firm:
        firm.pull()
        firm.crm.server.keep_state()
        now = lacrm_given.NOW + timedelta(hours=1)
        changed = firm.world.ids(companies=False)[3]
        firm.world.edit(now, changed, {"Job Title": "Director"})
        made = firm.world.add(now, "New Client", "new@client.example").contact_id
        firm.pull()
        report = stale_pull(firm.crm.server.faults, firm.pull, 1.0)
        assert report.counts["older_than_known"] == 1
        assert firm.rows()[changed]["job_title"] == "Director"
        assert firm.differences() == [made]
        firm.pull()
        assert firm.differences() == []


@pytest.mark.faults
@pytest.mark.timeout(1800)
def test_forty_rounds_of_yesterday_take_nothing_back(tmp_path: Path, fault_table: FaultTable) -> None:
    """The rounds over 600 events at Calendly and 600 bookings at Cal.com."""
    for vendor, turn in (("Calendly", calendly_rounds), ("Cal.com", calcom_rounds)):
        outcome = turn(tmp_path / vendor, 600, 40)
        fault_table.add(
            f"{vendor} answers with the state of an earlier moment",
            **vars(outcome),
            shown="`older_than_known` in the pull's metadata",
        )
        assert outcome.is_clean
