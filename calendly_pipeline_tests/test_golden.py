"""Files as they come, from the drop folder to the meetings."""

import csv
import gzip
import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline.failures import SettingsError
from calendly_pipeline.home import Home
from calendly_pipeline.settings import Settings
from calendly_pipeline.sources.landing import land
from calendly_pipeline.sources.loading import TABLES, load_folder, refresh_files, require_time_zone
from calendly_pipeline_tests.conftest import Tables, utc

FIRM = {"time_zone": "America/New_York", "internal_domains": ["juniperlane.example"]}
LANDED = datetime(2026, 7, 1, tzinfo=UTC)
COLUMNS = {
    "User Name": "Dana Host",
    "Invitee Name": "Ada Example",
    "Invitee Email": "ada@example.com",
    "Event Type Name": "Portfolio Review",
    "Start Date & Time": "2026-06-01 10:00 am",
    "End Date & Time": "2026-06-01 10:30 am",
    "Event Created Date & Time": "2026-05-01 09:00 am",
    "Canceled": "false",
    "Marked as No-Show": "No",
    "User Email": "dana@juniperlane.example",
    "Event UUID": "e1",
    "Invitee UUID": "i1",
}


def export(*rows: dict[str, str], end: str = "\n", separator: str = ",") -> str:
    """A Calendly export; only what a row is about is named."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(COLUMNS), lineterminator=end, delimiter=separator)
    writer.writeheader()
    writer.writerows({**COLUMNS, **row} for row in rows)
    return out.getvalue()


class Firm:
    """A home whose files are taken in and turned into meetings on demand."""

    def __init__(self, root: Path, tables: Tables) -> None:
        self.home = Home(root)
        self.home.create()
        self.tables = tables
        self.landed_at = LANDED

    def drop(self, name: str, content: str | bytes) -> None:
        """Put a file into a drop folder."""
        path = self.home.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def meetings(self, **firm: Any) -> dict[str, dict[str, Any]]:
        """Take in what is there; meetings by vendor id, or by id where there is none."""
        settings = Settings.model_validate({"firm": {**FIRM, **firm}})
        self.landed_at += timedelta(days=1)
        land(self.home, self.landed_at)
        refresh_files(self.tables.connection, self.home, settings)
        for folder in TABLES:
            load_folder(self.tables.connection, self.home, settings, folder)
        self.tables.run_stage("sources", "meetings", settings=settings)
        rows = self.tables.rows("meetings.meetings")
        return {row["source_event_id"] or row["meeting_id"]: row for row in rows}

    def rejected(self) -> list[tuple[str, int, str]]:
        """File, line and reason of every row that was not used."""
        rows = self.tables.rows("select * from sources.rejected_rows order by file, line")
        return [(row["file"], row["line"], row["reason"]) for row in rows]


@pytest.fixture
def firm(tmp_path: Path, tables: Tables) -> Firm:
    """A firm with nothing dropped yet."""
    return Firm(tmp_path / "firm", tables)


def test_clock_changes(firm: Firm) -> None:
    """In spring and autumn local times become the right instants, and hours skipped or repeated follow the rule."""
    starts = {
        "spring_before": "2026-03-07 10:00 am",
        "spring_after": "2026-03-09 10:00 am",
        "skipped": "2026-03-08 02:30 am",
        "repeated": "2025-11-02 01:30 am",
        "autumn_after": "2025-11-03 10:00 am",
    }
    rows = [{"Event UUID": name, "Start Date & Time": start, "End Date & Time": ""} for name, start in starts.items()]
    firm.drop("calendly/a.csv", export(*rows))
    found = {name: row["starts_at"] for name, row in firm.meetings().items()}
    assert found == {
        "spring_before": utc("2026-03-07T15:00"),
        "spring_after": utc("2026-03-09T14:00"),
        "skipped": utc("2026-03-08T07:30"),
        "repeated": utc("2025-11-02T05:30"),
        "autumn_after": utc("2025-11-03T15:00"),
    }


def test_the_same_export_under_two_names(firm: Firm) -> None:
    """A download that was saved twice counts once, also when its rows stand in another order or form."""
    rows = [{"Event UUID": "e1"}, {"Event UUID": "e2", "Invitee Email": "bo@example.com", "Invitee UUID": "i2"}]
    firm.drop("calendly/events-export.csv", export(*rows))
    firm.drop("calendly/events-export 2.csv", export(*rows))
    firm.drop("calendly/excel.csv", b"\xef\xbb\xbf" + export(*reversed(rows), end="\r\n", separator=";").encode())
    firm.drop("calendly/old.csv.gz", gzip.compress(export(*rows).encode(), mtime=0))
    assert set(firm.meetings()) == {"e1", "e2"}
    assert len(firm.tables.rows("meetings.attendees")) == 2


def test_a_newer_export_corrects_a_row(firm: Firm) -> None:
    """What the later file says holds, whatever the files are called."""
    firm.drop("calendly/z.csv", export({"Marked as No-Show": "No"}))
    assert firm.meetings()["e1"]["status"] == "completed"
    firm.drop("calendly/a.csv", export({"Marked as No-Show": "Yes"}))
    assert firm.meetings()["e1"]["status"] == "no_show"


def test_both_platforms_hold_the_same_meeting(firm: Firm) -> None:
    """A meeting re-created in Cal.com counts once, there."""
    firm.drop("calendly/a.csv", export({}))
    firm.drop(
        "calcom/Insights-2026-05-01-2026-06-30.csv",
        "id,uid,title,createdAt,timeStatus,eventTypeId,eventLength,startTime,endTime,paid,userEmail,userUsername,rating,"
        "ratingFeedback,noShowHost,noShowGuests,noShowGuestsCount,attendee1,attendeePhone1\n"
        "1,c1,Review,2026-05-20T09:00:00.000Z,completed,5,30,2026-06-01T14:00:00.000Z,2026-06-01T14:30:00.000Z,false,"
        "dana@juniperlane.example,dana,,,false,,0,Ada Example (ada@example.com),\n",
    )
    found = firm.meetings()
    assert found["e1"]["duplicate_of"] == "calcom:c1"
    assert found["c1"]["duplicate_of"] is None


def test_dirty_rows_are_listed_and_the_rest_counts(firm: Firm) -> None:
    """A row with an unreadable time, no address, too many cells or an unknown word is listed with file and line."""
    good = export({"Event UUID": "good"})
    bad = [
        export({"Start Date & Time": "next Tuesday"}).splitlines()[1],
        export({"Invitee Email": " "}).splitlines()[1],
        export({}).splitlines()[1] + ",one,two",
        export({"Canceled": "perhaps"}).splitlines()[1],
    ]
    firm.drop("calendly/a.csv", good + "\n".join(bad) + "\n")
    assert set(firm.meetings()) == {"good"}
    assert [(file, line) for file, line, _ in firm.rejected()] == [
        ("a.csv", 3),
        ("a.csv", 4),
        ("a.csv", 5),
        ("a.csv", 6),
    ]
    assert firm.tables.bad_rows("sources", "every_row_is_accounted_for") == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("letter.csv", b"%PDF-1.4\n1 0 obj\n"),
        ("page.csv", b"<!DOCTYPE html><html><body>Sign in</body></html>"),
        ("other.csv", b"a,b\n1,2\n"),
        ("cut.csv.gz", gzip.compress(b"User Name,Invitee Email\n" * 2000, mtime=0)[:60]),
        ("book.xlsx", b"PK\x03\x04 not a workbook"),
    ],
)
def test_a_file_that_is_no_export(firm: Firm, name: str, content: bytes) -> None:
    """A file that cannot be read is listed with a reason and a remedy; the others count, and it is not tried again."""
    firm.drop(f"calendly/{name}", content)
    firm.drop("calendly/good.csv", export({}))
    assert set(firm.meetings()) == {"e1"}
    assert set(firm.meetings()) == {"e1"}
    (rejected,) = firm.tables.rows("sources.rejected_files")
    assert rejected["name"] == name
    assert rejected["reason"]
    assert rejected["remedy"]


def test_header_only_is_no_meeting_and_no_error(firm: Firm) -> None:
    """An export of an empty month is read and holds nothing."""
    firm.drop("calendly/a.csv", export())
    assert firm.meetings() == {}
    assert firm.tables.rows("sources.rejected_files") == []


def test_each_account_has_its_own_zone(firm: Firm) -> None:
    """Files in an account's sub-folder are read in that account's zone."""
    firm.drop("calendly/paris/a.csv", export({"Event UUID": "fr"}))
    firm.drop("calendly/home/a.csv", export({"Event UUID": "us", "Invitee Email": "bo@example.com"}))
    accounts = [{"name": "paris", "csv_time_zone": "Europe/Paris"}, {"name": "home"}]
    settings = Settings.model_validate({"firm": FIRM, "calendly": {"accounts": accounts}})
    land(firm.home, LANDED)
    refresh_files(firm.tables.connection, firm.home, settings)
    load_folder(firm.tables.connection, firm.home, settings, "calendly")
    firm.tables.run_stage("sources", "meetings", settings=settings)
    found = {
        row["source_event_id"]: (row["account"], row["starts_at"]) for row in firm.tables.rows("meetings.meetings")
    }
    assert found == {"fr": ("paris", utc("2026-06-01T08:00")), "us": ("home", utc("2026-06-01T14:00"))}


def test_a_zone_less_file_without_a_zone_is_refused(firm: Firm) -> None:
    """Without firm.time_zone no booking is read; the error names the file and the line to add, exit code 2."""
    firm.drop("calendly/a.csv", export({}))
    with pytest.raises(SettingsError, match=r"calendly/a\.csv.*time_zone = ") as caught:
        require_time_zone(Settings(), firm.home)
    assert caught.value.exit_code == 2


def test_a_removed_file_changes_nothing(firm: Firm) -> None:
    """What was landed stays, also when the drop folder is emptied."""
    firm.drop("calendly/a.csv", export({}))
    before = firm.meetings()
    (firm.home.drop_folder("calendly") / "a.csv").unlink()
    assert firm.meetings() == before


def test_hostile_names_do_no_harm(firm: Firm) -> None:
    """File names and cells that look like SQL or paths are text and nothing else."""
    name = "x'; drop table meetings.meetings; --.csv"
    firm.drop(f"calendly/{name}", export({"Invitee Name": "Robert'); drop table meetings.meetings; --"}))
    if os.name == "posix":
        firm.drop("calendly/a..%2f..%2fetc.csv", export({"Event UUID": "e2", "Invitee UUID": "i2"}))
    assert set(firm.meetings()) == {"e1", "e2"}
    assert {row["name"] for row in firm.tables.rows("sources.files")} == {name, "a..%2f..%2fetc.csv"}


def test_another_column_mapping_reads_the_contact_file_again(firm: Firm) -> None:
    """A contact file that could not be read is read once pipeline.toml says where its addresses stand."""
    firm.drop("contacts/people.csv", "Who,Reach\nAda Example,ada@example.com\n")
    firm.meetings()
    assert [row["name"] for row in firm.tables.rows("sources.rejected_files")] == ["people.csv"]
    columns = {"contacts": {"csv": {"columns": {"addresses": "Reach", "full_name": "Who"}}}}
    settings = Settings.model_validate({"firm": FIRM, **columns})
    refresh_files(firm.tables.connection, firm.home, settings)
    load_folder(firm.tables.connection, firm.home, settings, "contacts")
    assert [row["full_name"] for row in firm.tables.rows("sources.address_books")] == ["Ada Example"]
    assert firm.tables.run("sources.rejected_files").rows("sources.rejected_files") == []
