"""Calendly's meeting export, column by column."""

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calendly_pipeline.failures import UnreadableFile
from calendly_pipeline.sources import calendly_csv
from calendly_pipeline_tests.sources.files import csv_text, rejected_of, rows_of, workbook, written

FIXED = [
    "User Name",
    "Team",
    "Invitee Name",
    "Invitee First Name",
    "Invitee Last Name",
    "Invitee Email",
    "Invitee Time Zone",
    "Invitee accepted marketing emails",
    "Text Reminder Number",
    "Event Type Name",
    "Start Date & Time",
    "End Date & Time",
    "Location",
    "Event Created Date & Time",
    "Canceled",
    "Canceled By",
    "Cancellation reason",
    "UTM Campaign",
    "UTM Source",
    "UTM Medium",
    "UTM Term",
    "UTM Content",
    "Salesforce UUID",
    "Event Price",
    "Payment Currency",
    "Guest Email(s)",
    "Invitee Reconfirmed",
    "Marked as No-Show",
    "Meeting Notes",
    "Group",
    "User Email",
    "Event UUID",
    "Invitee UUID",
    "Invitee scheduled by",
    "Scheduling method",
]
EVENT = "11111111-2222-4333-8444-555555555555"
INVITEE = "66666666-7777-4888-8999-aaaaaaaaaaaa"
BOOKED = {
    "User Name": "Hanna Host",
    "Invitee Name": "Ada Example",
    "Invitee First Name": "Ada",
    "Invitee Last Name": "Example",
    "Invitee Email": "ada@example.com",
    "Invitee Time Zone": "Arizona, Yukon Time",
    "Event Type Name": "Portfolio Review",
    "Start Date & Time": "2026-03-10 07:00 am",
    "End Date & Time": "2026-03-10 07:30 am",
    "Event Created Date & Time": "2026-03-02 11:37 am",
    "Canceled": "false",
    "Marked as No-Show": "No",
    "Group": "Sales",
    "User Email": "hanna@firm.example",
    "Event UUID": EVENT,
    "Invitee UUID": INVITEE,
}
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def export(folder: Path, *rows: dict[str, str], header: list[str] | None = None) -> Path:
    """An export with these cells by header; the fixed columns, unless a header is given."""
    labels = header or [*FIXED, *(label for row in rows for label in row if label not in FIXED)]
    labels = list(dict.fromkeys(labels))
    return written(folder, csv_text([labels, *([row.get(label, "") for label in labels] for row in rows)]))


def read(path: Path) -> list[dict[str, Any]]:
    """Every row of an export; nothing may be rejected."""
    assert rejected_of(calendly_csv.read(path)) == []
    return rows_of(calendly_csv.read(path))


def test_every_column_of_the_export_is_read(tmp_path: Path) -> None:
    """Each of the 35 fixed columns lands in the column of its name, cells as said."""
    (row,) = read(export(tmp_path, {label: f" {label} said " for label in FIXED}))
    assert list(row) == list(calendly_csv.COLUMNS)
    said = [value for value in row.values() if isinstance(value, str)]
    assert said == [f"{label} said" for label in FIXED]
    assert (row["line"], row["answers"], row["extra"]) == (2, None, None)
    assert row["group_name"] == "Group said"
    assert row["guest_emails"] == "Guest Email(s) said"


def test_answers(tmp_path: Path) -> None:
    """Question pairs are collected wherever and however many they are; unanswered ones are left out."""
    header = ["Response 2", *FIXED, "Question 10", "Response 10", "Question 1", "Response 1", "Question 2"]
    first = BOOKED | {"Question 1": "Why?", "Response 1": "", "Question 2": 'Pho"ne', "Response 2": "1\n2"}
    second = BOOKED | {"Question 10": "Ümlaut?", "Response 10": "\\ja", "Response 1": "no question"}
    rows = read(export(tmp_path, first, BOOKED, second, header=header))
    assert [json.loads(row["answers"]) for row in rows] == [
        [{"question": 'Pho"ne', "answer": "1\n2", "position": 2}],
        [],
        [
            {"question": "", "answer": "no question", "position": 1},
            {"question": "Ümlaut?", "answer": "\\ja", "position": 10},
        ],
    ]


def test_unknown_columns_are_kept(tmp_path: Path) -> None:
    """Columns nobody knows, repeated ones and questions without a response column stand in `extra`."""
    header = ["Invitee Email", "Start Date & Time", "New", "invitee email", "", "New", "Question 3", "Last"]
    path = written(tmp_path, csv_text([header, ["a@x.example", "s", "1", "b@x.example", "2", "3", "4", ""]]))
    (row,) = read(path)
    assert row["invitee_email"] == "a@x.example"
    assert json.loads(row["extra"]) == {
        "New": "1",
        "invitee email": "b@x.example",
        "column 5": "2",
        "New (2)": "3",
        "Question 3": "4",
        "Last": "",
    }


def test_missing_columns_are_null_and_blank_cells_are_blank(tmp_path: Path) -> None:
    """Only the address and the start must be there: no such column is None, a blank cell is ''."""
    header = ["Invitee Email", "Start Date & Time", "Canceled"]
    rows = read(export(tmp_path, {"Start Date & Time": "x"}, {"Invitee Email": "y"}, header=header))
    assert [(row["invitee_email"], row["start_date_time"], row["canceled"]) for row in rows] == [
        ("", "x", ""),
        ("y", "", ""),
    ]
    present = {"line", "invitee_email", "start_date_time", "canceled"}
    assert all(value is None for row in rows for column, value in row.items() if column not in present)


def test_line_numbers_follow_answers_of_several_lines(tmp_path: Path) -> None:
    """A row is numbered by the physical line it begins on."""
    notes = BOOKED | {"Meeting Notes": "one\ntwo\n\nfour"}
    assert [row["line"] for row in read(export(tmp_path, BOOKED, notes, BOOKED))] == [2, 3, 7]


def test_workbooks_and_packed_exports(tmp_path: Path) -> None:
    """An export saved again by a spreadsheet, or packed, reads like the export itself."""
    text = export(tmp_path, BOOKED).read_bytes()
    (plain,) = read(tmp_path / "export.csv")
    assert read(written(tmp_path, gzip.compress(text, mtime=0), "export.csv.gz")) == [plain]
    cells: dict[str, Any] = BOOKED | {
        "Start Date & Time": datetime(2026, 3, 10, 7),  # noqa: DTZ001 - spreadsheets know no zones
        "Canceled": False,
    }
    header = [f" {label} " for label in FIXED]
    (saved,) = read(workbook(tmp_path, [header, [cells.get(label) for label in FIXED]]))
    assert saved == plain | {"start_date_time": "2026-03-10 07:00:00", "canceled": "FALSE"}


def test_structurally_broken_rows_are_rejected(tmp_path: Path) -> None:
    """A row with cells beyond the header is rejected with its line, and the rows around it are read."""
    text = export(tmp_path, BOOKED, BOOKED, BOOKED).read_text(encoding="utf-8").splitlines()
    text[2] += ",more,cells"
    path = written(tmp_path, "\n".join(text))
    assert [row["line"] for row in rows_of(calendly_csv.read(path))] == [2, 4]
    assert [row.line for row in rejected_of(calendly_csv.read(path))] == [3]


def test_repairs_are_reported(tmp_path: Path) -> None:
    """A batch says how many bytes were no UTF-8."""
    text = export(tmp_path, BOOKED | {"Invitee Name": "Zoë"}).read_text(encoding="utf-8")
    (batch,) = calendly_csv.read(written(tmp_path, text.encode("cp1252")))
    assert batch.columns["invitee_name"] == ["Zoë"]
    assert batch.repairs == {"bytes read as Windows-1252": 1}


def test_recognise() -> None:
    """The address and the start are what makes a Calendly export."""
    assert calendly_csv.recognise([" invitee  EMAIL", "start date & time "])
    assert not calendly_csv.recognise(["Invitee Email"])
    assert not calendly_csv.recognise(["id", "uid", "title", "createdAt", "timeStatus", "startTime"])


def test_another_table_is_refused_at_once(tmp_path: Path) -> None:
    """A table with other columns is refused before anything is read of it, and its columns are named."""
    path = written(tmp_path, "Name,Email\nAda,ada@example.com\n")
    with pytest.raises(UnreadableFile, match="“Name”, “Email”") as error:
        calendly_csv.read(path, name="calendly/people.csv")
    assert error.value.path_name == "calendly/people.csv"


def test_batches_are_of_bounded_size(tmp_path: Path) -> None:
    """A large export comes in batches of about 20,000 rows, each with every column."""
    path = written(tmp_path, "Invitee Email,Start Date & Time\n" + "a@x.example,s\n" * 50_000)
    batches = list(calendly_csv.read(path))
    assert [len(batch.columns["line"]) for batch in batches] == [20_000, 20_000, 10_000]
    assert all(tuple(batch.columns) == calendly_csv.COLUMNS for batch in batches)
    assert all(len({len(column) for column in batch.columns.values()}) == 1 for batch in batches)
    assert batches[-1].columns["line"][-1] == 50_001


@given(st.data())
@in_one_folder
def test_column_order_and_case_never_matter(tmp_path: Path, data: st.DataObject) -> None:
    """However the columns are ordered and their names written, the same row is read."""
    cells = BOOKED | {"Question 1": "Why?", "Response 1": "So", "Question 2": "Who?", "Response 2": "Me", "Other": "x"}
    (expected,) = read(export(tmp_path, cells, header=[*FIXED, *cells]))
    labels = data.draw(st.permutations(list(dict.fromkeys([*FIXED, *cells]))))
    spell = data.draw(
        st.sampled_from([str.upper, str.lower, str.title, lambda label: f"  {label.replace(' ', '  ')} "])
    )
    header = [label if label == "Other" else spell(label) for label in labels]
    path = written(tmp_path, csv_text([header, [cells.get(label, "") for label in labels]]))
    assert read(path) == [expected]
