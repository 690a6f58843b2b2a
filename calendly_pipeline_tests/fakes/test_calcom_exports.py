"""The fake Cal.com's downloads are read by the project's own readers, and lose what the vendor's lose."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline.sources import calcom_csv
from calendly_pipeline_tests.fakes.calcom.exports import insights_csv, insights_name, list_csv, list_name
from calendly_pipeline_tests.fakes.calcom.given import ADA, MONDAY, NOW, Firm, after
from calendly_pipeline_tests.sources.files import rows_of

LATER = MONDAY + timedelta(days=7)


@pytest.fixture
def firm() -> Firm:
    """A firm without bookings."""
    return Firm()


def read(folder: Path, name: str, text: str) -> dict[str, dict[str, Any]]:
    """The rows our reader finds, by uid."""
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return {row["uid"]: row for row in rows_of(calcom_csv.read(path))}


def test_insights_hold_every_booking_of_the_firm(firm: Firm, tmp_path: Path) -> None:
    """Times in UTC, host, attendees, absences and answers arrive as they are in the world."""
    world = firm.world
    said = {"goal": 'A "calm", life'}
    uid = world.book(NOW, firm.review, MONDAY, "Ada (Example)", ADA, guests=["bob@clients.example"], answers=said).uid
    world.mark_absent(MONDAY + timedelta(hours=2), uid, ADA)
    world.book(NOW, firm.elsewhere, MONDAY, "Hanna", "hanna@firm.example")
    name = insights_name(date(2026, 3, 1), date(2026, 3, 31))
    row = read(tmp_path, name, insights_csv(world, LATER, "Europe/Berlin"))[uid]
    assert name == "Insights-2026-03-01-2026-03-31.csv"
    assert (row["start_time"], row["host_email"]) == ("2026-03-09T15:00:00.000Z", "hanna@firm.example")
    assert [person["email"] for person in json.loads(row["attendees"])] == [ADA, "bob@clients.example"]
    assert [person["name"] for person in json.loads(row["no_show_guests"])] == ["Ada (Example)"]
    assert [answer["answer"] for answer in json.loads(row["answers"])] == ['A "calm", life']
    assert json.loads(row["extra"])["startTime_time"] == "16:00:00"


def test_insights_derive_the_status(firm: Firm, tmp_path: Path) -> None:
    """Refused meetings of the past count as completed; a moved one as rescheduled."""
    world, day = firm.world, timedelta(days=1)
    refused = world.book(NOW, firm.planning, MONDAY, "Ada Example", ADA)
    world.reject(after(hours=1), refused.uid)
    cancelled = world.book(NOW, firm.review, MONDAY + day, "Ada Example", ADA)
    world.cancel(after(hours=1), cancelled.uid, ADA)
    moved = world.book(NOW, firm.review, MONDAY + 2 * day, "Ada Example", ADA)
    new = world.move(after(hours=1), moved.uid, MONDAY + 30 * day, ADA)
    rows = read(tmp_path, "Insights.csv", insights_csv(world, LATER))
    found = {uid: row["status"] for uid, row in rows.items()}
    assert found == {
        refused.uid: "completed", cancelled.uid: "cancelled", moved.uid: "rescheduled", new.uid: "uncompleted",
    }  # fmt: skip


def test_insights_cut_what_the_first_hundred_rows_do_not_have(firm: Firm, tmp_path: Path) -> None:
    """A guest of the 101st booking is missing from the file."""
    for minute in range(100):
        firm.world.book(after(minutes=minute), firm.intro, MONDAY, "Ada Example", ADA)
    uid = firm.world.book(after(days=1), firm.intro, MONDAY, "Ada Example", ADA, guests=["bob@clients.example"]).uid
    rows = read(tmp_path, "Insights.csv", insights_csv(firm.world, LATER))
    assert [person["email"] for person in json.loads(rows[uid]["attendees"])] == [ADA]


def test_insights_hold_the_days_asked_for(firm: Firm, tmp_path: Path) -> None:
    """First and last day count, as days of the viewer's zone."""
    uid = firm.world.book(NOW, firm.intro, MONDAY.replace(hour=23), "Ada Example", ADA).uid
    tenth = (date(2026, 3, 10), date(2026, 3, 10))
    assert set(read(tmp_path, "a.csv", insights_csv(firm.world, LATER, "Europe/Berlin", tenth))) == {uid}
    assert set(read(tmp_path, "b.csv", insights_csv(firm.world, LATER, "UTC", tenth))) == set()


def test_the_bookings_list_is_one_tab_in_local_time(firm: Firm, tmp_path: Path) -> None:
    """Times stand as the browser's wall clock shows them; people are joined by semicolons."""
    past = firm.world.book(NOW, firm.review, MONDAY, "Ada Example", ADA, guests=["bob@clients.example"]).uid
    coming = firm.world.book(NOW, firm.planning, MONDAY + timedelta(days=30), "Ada Example", ADA).uid
    name = list_name("past", date(2026, 3, 16))
    rows = read(tmp_path, name, list_csv(firm.world, "past", LATER, "America/New_York"))
    assert name == "bookings-past-2026-03-16.csv"
    assert set(rows) == {past}
    assert (rows[past]["start_time"], rows[past]["status"]) == ("2026-03-09 11:00:00", "ACCEPTED")
    assert [person["email"] for person in json.loads(rows[past]["attendees"])] == [ADA, "bob@clients.example"]
    upcoming = read(tmp_path, "bookings-upcoming.csv", list_csv(firm.world, "upcoming", LATER))
    assert {uid: row["status"] for uid, row in upcoming.items()} == {coming: "PENDING"}
