"""Dropped files are archived once, as received."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calendly_pipeline.home import Home
from calendly_pipeline.sources import landing
from calendly_pipeline.sources.landing import account_of, content, land, landed_files

DAY = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A firm's home with empty drop folders."""
    home = Home(tmp_path / "home")
    home.create()
    return home


def drop(home: Home, name: str, text: str, modified: datetime = DAY) -> Path:
    """Put a file into a drop folder."""
    path = home.data / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (modified.timestamp(), modified.timestamp()))
    return path


def test_a_file_is_kept_as_received(home: Home) -> None:
    """Landing holds the bytes, the name, and when they came."""
    path = drop(home, "calendly/2026/export.csv.gz", "bytes")
    report = land(home, DAY)
    (file,) = landed_files(home)
    assert report.new == (file,)
    assert (file.folder, file.name, file.ending, file.modified_at) == ("calendly", "2026/export.csv.gz", ".csv.gz", DAY)
    assert content(home, file).read_bytes() == path.read_bytes()


def test_the_same_content_lands_once(home: Home) -> None:
    """A second look, another name or a removed file change nothing."""
    path = drop(home, "calendly/a.csv", "same")
    land(home, DAY)
    drop(home, "calendly/b.csv", "same")
    report = land(home, DAY + timedelta(days=1))
    path.unlink()
    land(home, DAY + timedelta(days=2))
    assert (report.new, report.seen_count) == ((), 2)
    assert [(file.name, file.landed_at) for file in landed_files(home)] == [("a.csv", DAY)]


def test_a_changed_file_lands_again(home: Home) -> None:
    """New content under an old name is a new file; the old one stays."""
    drop(home, "calendly/a.csv", "one")
    land(home, DAY)
    drop(home, "calendly/a.csv", "two")
    land(home, DAY + timedelta(days=1))
    assert [content(home, file).read_text() for file in landed_files(home)] == ["one", "two"]


def test_newest_is_by_landing_then_modification_then_name(home: Home) -> None:
    """Files are ordered by when they landed, then by modification time, then by name."""
    drop(home, "calendly/z.csv", "1", DAY - timedelta(days=9))
    drop(home, "calendly/b.csv", "2", DAY - timedelta(days=8))
    drop(home, "calendly/c.csv", "3", DAY - timedelta(days=8))
    land(home, DAY)
    drop(home, "calendly/a.csv", "4", DAY - timedelta(days=99))
    land(home, DAY + timedelta(days=1))
    assert [file.name for file in landed_files(home)] == ["z.csv", "b.csv", "c.csv", "a.csv"]


def test_a_clock_that_was_set_back_changes_no_order(home: Home) -> None:
    """What lands later stays the newer, whatever the clock says meanwhile."""
    for day, text in ((9, "1"), (2, "2"), (5, "3")):
        drop(home, f"calendly/{text}.csv", text, DAY)
        land(home, DAY + timedelta(days=day))
    assert [file.name for file in landed_files(home)] == ["1.csv", "2.csv", "3.csv"]


def test_a_file_that_is_still_written_waits(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that changes while it is copied is left for the next look, and nothing of it stays behind."""
    path = drop(home, "calendly/a.csv", "half")
    fsync = os.fsync

    def grow(handle: int) -> None:
        fsync(handle)
        if path.stat().st_size == 4:
            path.write_text("whole")

    monkeypatch.setattr(landing.os, "fsync", grow)
    report = land(home, DAY)
    assert report.unsettled == ("calendly/a.csv",)
    assert [p.name for p in (home.landing / "files" / "calendly").iterdir()] == []
    assert land(home, DAY).new[0].size_bytes == 5


def test_killed_between_content_and_manifest(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop between the bytes and their manifest is made good by the next run."""
    drop(home, "calendly/a.csv", "text")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(landing, "write_manifest", killed)
        land(home, DAY)
    assert landed_files(home) == []
    land(home, DAY)
    assert [file.name for file in landed_files(home)] == ["a.csv"]


def test_hidden_and_lock_files_are_left_alone(home: Home) -> None:
    """Files of the system and of open spreadsheets are no exports."""
    for name in (".DS_Store", "~$export.xlsx", ".hidden/a.csv", "a.csv"):
        drop(home, f"calendly/{name}", name)
    assert [file.name for file in land(home, DAY).new] == ["a.csv"]


@pytest.mark.parametrize(
    ("name", "accounts", "account"),
    [
        ("a.csv", ["default"], "default"),
        ("a.csv", ["north"], "north"),
        ("south/a.csv", ["north", "south"], "south"),
        ("a.csv", ["north", "south"], "default"),
        ("2026/a.csv", ["north", "south"], "default"),
        ("north", ["north", "south"], "default"),
    ],
)
def test_the_account_is_the_sub_folder(name: str, accounts: list[str], account: str) -> None:
    """A file belongs to the account its sub-folder is named after, or to the only one there is."""
    file = landing.LandedFile("0" * 64, "calendly", name, DAY, DAY, 1)
    assert account_of(file, accounts) == account
