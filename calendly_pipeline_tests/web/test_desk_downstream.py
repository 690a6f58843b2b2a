"""From a key pressed at the desk to the number on the CRM card: a whole refresh before, ten decisions, one after."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline.contacts.review_snapshot import Snapshot
from calendly_pipeline.execution import run_job
from calendly_pipeline.home import Home
from calendly_pipeline.sample_home import SAMPLE
from calendly_pipeline.warehouse import open_warehouse
from calendly_pipeline.web.app import create_app
from calendly_pipeline_tests.fakes.serving import Served
from calendly_pipeline_tests.web.chromium import axe_findings, chromium, sign_in_by_keyboard
from calendly_pipeline_tests.web.desk_served import HASH

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

AS_OF = datetime(2026, 6, 30, 12, tzinfo=UTC)
SETTINGS = """
[firm]
time_zone = "America/New_York"
[[calendly.accounts]]
name = "default"
csv_time_zone = "America/New_York"
"""
SLIPS = {"Ada": "1", "Ben": "r", "Cleo": "1", "Dora": "1", "Emil": "i", "Faye": "1", "Gus": "1"}
"""Who booked with half a name and a slip in the domain -> the key that answers: this contact, none of these, ignore."""

CARDS = [
    *((f"10{number}", name, "Farrow", f"{name.lower()}.farrow@gmail.com") for number, name in enumerate(SLIPS)),
    ("1", "Max", "Alder", "alders@example.com"),
    ("2", "Jane", "Alder", "alders@example.com"),
    ("4", "Vera", "Birch", "vera@birch.example"),
    ("5", "Paul", "Cedar", "paul@example.net"),
    ("6", "Olga", "Cedar", "olga@example.org"),
]
BOOKINGS = [
    *((name, f"{name.lower()}.farrow@gmial.com") for name in SLIPS),
    ("Client", "alders@example.com"),
    ("Tom Birch", "vera@birch.example"),
    ("Olga Cedar", "paul@example.net"),
]
COUNTED = {"1", "2", "6", "100", "102", "103", "105", "106"}
"""Cards that have a meeting once everybody is answered: both Alders, Olga, and the slips that were confirmed."""


def header_of(name: str) -> list[str]:
    """The header of the sample's file."""
    with (SAMPLE / "data" / name).open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def write(path: Path, like: str, rows: list[dict[str, str]]) -> None:
    """An export with the header of the sample's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header_of(like), restval="")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A firm of twelve cards and ten bookings, none of which the rules can link, refreshed once."""
    home = Home(tmp_path / "firm")
    home.create()
    home.settings_file.write_text(SETTINGS, encoding="utf-8")
    names = ("Contact Id", "First Name", "Last Name", "Email")
    cards = [dict(zip(names, card, strict=True)) | {"Is Company": "false"} for card in CARDS]
    write(home.data / "contacts" / "lacrm.csv", "contacts/lacrm_contacts.csv", cards)
    booked = [
        {
            "Invitee Name": name,
            "Invitee Email": address,
            "User Name": "Dana Host",
            "User Email": "dana@firm.example",
            "Event Type Name": "Check-in Call",
            "Start Date & Time": f"2026-05-{day:02} 09:00",
            "End Date & Time": f"2026-05-{day:02} 09:30",
            "Event Created Date & Time": "2026-04-01 09:00",
            "Canceled": "false",
            "Event UUID": f"event-{day}",
            "Invitee UUID": f"invitee-{day}",
        }
        for day, (name, address) in enumerate(BOOKINGS, 1)
    ]
    write(home.data / "calendly" / "events-export.csv", "calendly/events-export 2.csv", booked)
    monkeypatch.setenv("DESK_PASSWORD_HASH", HASH)
    assert run_job(home, "refresh", AS_OF).succeeded
    return home


@pytest.fixture
def page(home: Home) -> Iterator[Any]:
    """Chromium on the firm's queue, signed in by keyboard."""
    with Served(create_app(home)) as server, chromium() as browser:
        opened = browser.new_page(viewport={"width": 1280, "height": 900})
        sign_in_by_keyboard(opened, server.url)
        yield opened


def told(home: Home) -> tuple[dict[str, int], dict[str, tuple[str, Any]]]:
    """Contact -> meetings counted; contact -> operation of the plan, and what it would write of the last meeting."""
    with open_warehouse(home.warehouse, read_only=True) as connection:
        counts = connection.execute("select contact_id, meetings_count from metrics.contact_metrics").fetchall()
        plans = connection.execute(
            "select record_key, operation, payload from destinations.plan where destination = 'lacrm'"
        ).fetchall()
    return dict(counts), {
        key: (operation, json.loads(payload).get("Last meeting")) for key, operation, payload in plans
    }


def refresh_beside(home: Home) -> None:
    """`calendly-pipeline run` while server and browser are open, as somebody at another terminal does it."""
    command = [sys.executable, "-m", "calendly_pipeline.cli", "run", "--as-of", AS_OF.isoformat()]
    done = subprocess.run(command, env={**os.environ, "PIPELINE_HOME": str(home.root)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def key_for(page: Any) -> str:
    """The key that answers the case on the page as it should be answered."""
    address = page.inner_text(".invitee")
    if "alders@" in address:
        return "b"
    if "vera@" in address:
        return "n"
    if "paul@" in address:
        return str(1 + page.locator(".candidate h3").all_inner_texts().index("Olga Cedar"))
    (name,) = [name for name in SLIPS if f"{name.lower()}.farrow@" in address]
    return SLIPS[name]


def read_the_quality_pages(page: Any) -> None:
    """The index of the data docs and a page of theirs, without a finding of axe."""
    page.goto(page.url.partition("/desk")[0] + "/desk/quality/")
    assert axe_findings(page) == []
    page.click("[aria-label='metrics.contact_metrics.numbers']")
    assert "metrics.contact_metrics" in page.inner_text("h1")
    assert [link.get_attribute("href") for link in page.locator("a").all()] == ["index.html"]
    assert axe_findings(page) == []


def test_ten_decisions_change_metrics_and_the_plan(page: Any, home: Home) -> None:
    """Ten answers by keyboard alone, one refresh: exactly the answered meetings are counted, planned and explained."""
    counts, plans = told(home)
    assert set(counts.values()) == {0}
    assert set(plans.values()) == {("skip", None)}
    page.keyboard.press("j")
    page.wait_for_url("**/desk/case/*")
    for left in range(9, -1, -1):
        with page.expect_navigation():
            page.keyboard.press(key_for(page))
        if left:
            assert f"of {left}" in page.inner_text("nav.cases")
    assert page.inner_text("h1") == "0 cases wait"
    assert told(home) == (counts, plans), "the desk writes to no warehouse"
    refresh_beside(home)
    counts, plans = told(home)
    assert counts == {card[0]: int(card[0] in COUNTED) for card in CARDS}
    days = {"1": 8, "2": 8, "6": 10, "100": 1, "102": 3, "103": 4, "105": 6, "106": 7}
    assert plans == {
        card[0]: ("update", f"2026-05-{days[card[0]]:02}") if card[0] in COUNTED else ("skip", None) for card in CARDS
    }
    page.goto(page.url.partition("/desk")[0] + "/desk/explain/contact/100")
    shown = page.inner_text("main")
    for words in ("ada.farrow@gmial.com (confirmed)", "plan lacrm card: update", "Last meeting: (blank) -> 2026-05-01"):
        assert words in shown
    read_the_quality_pages(page)
    snapshot = Snapshot(home.desk)
    with snapshot.read() as published:
        assert published.rows("from contacts.review_queue") == []
    snapshot.close()
