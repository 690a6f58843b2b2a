"""Cal.com's oldest Insights files, which quote nothing, and files that are something else."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendly_pipeline.failures import UnreadableFile
from calendly_pipeline.sources import calcom_csv
from calendly_pipeline_tests.sources.calcom_tables import (
    BOOKING,
    BOOKINGS,
    COMMON,
    DATE,
    ISO,
    LOCAL,
    UNQUOTED,
    cells,
    in_one_folder,
    line,
    read,
    table,
    unquoted,
)
from calendly_pipeline_tests.sources.files import workbook, written


def test_generation_a(tmp_path: Path) -> None:
    """The oldest generation is read, with and without a booker; whether a guest was absent it cannot know."""
    rows, rejected = unquoted(tmp_path, line(), line(booker=""), line(host="true", feedback="fine"), line(booker=",,"))
    assert rejected == []
    assert [row["generation"] for row in rows] == ["A"] * 4
    assert rows.pop()["attendees"] == "[]"
    bob = [{"name": "Bob", "email": "b@example.com", "phone": None}]
    assert [json.loads(row["attendees"]) for row in rows] == [bob, [], bob]
    assert [row["start_time"] for row in rows] == [DATE] * 3
    assert [row["no_show_host"] for row in rows] == ["false", "false", "true"]
    assert [row["no_show_guests"] for row in rows] == [None] * 3


def test_unquoted_commas_are_mended_when_certain(tmp_path: Path) -> None:
    """Commas in the title, the feedback and the name are put back when only one reading fits."""
    rows, rejected = unquoted(
        tmp_path,
        line(title="Intro, then more, and more"),
        line(title='Talk, "quoted"', feedback="good, really"),
        line(feedback="a, b", booker=""),
        line(booker=",b@example.com,Example, Bob, Jr."),
        line(title='"Opening" words'),
    )
    assert rejected == []
    assert [row["title"] for row in rows] == [
        "Intro, then more, and more",
        'Talk, "quoted"',
        "Intro",
        "Intro",
        '"Opening" words',
    ]
    assert [row["rating_feedback"] for row in rows] == ["", "good, really", "a, b", "", ""]
    assert json.loads(rows[3]["attendees"])[0]["name"] == "Example, Bob, Jr."
    assert rows[2]["attendees"] == "[]"


def test_unquoted_commas_are_rejected_when_uncertain(tmp_path: Path) -> None:
    """A row that fits in two ways or in none is rejected with the reason, never guessed."""
    rows, rejected = unquoted(
        tmp_path,
        line(feedback="a,false,c@example.com"),
        line(title="broken"),
        line().replace(DATE, "last Tuesday"),
        "half,a\nline",
        ",".join(["x"] * 5_000),
    )
    assert [row["line"] for row in rows] == [3]
    assert [row.line for row in rejected] == [2, 4, 5, 6, 7]
    assert "more than one way" in rejected[0].reason
    assert all("do not fit" in row.reason for row in rejected[1:])
    assert rejected[0].raw.startswith("1,u1,Intro")


def test_generation_a_whose_first_booking_has_no_booker(tmp_path: Path) -> None:
    """The header is that of the first booking: later rows with a booker are two cells longer, and are read."""
    header = UNQUOTED.removesuffix(",bookerEmail,bookerName")
    rows, rejected = unquoted(tmp_path, line(booker=""), line(title="a, b"), header=header)
    assert rejected == []
    assert [len(json.loads(row["attendees"])) for row in rows] == [0, 1]


def test_generation_a_saved_again(tmp_path: Path) -> None:
    """When a program saved the file again and quoted it, the quotes are no part of the cells."""
    rows, rejected = unquoted(tmp_path, line(title='"Intro, then ""more"""'), line(title='"Intro"'))
    assert rejected == []
    assert [row["title"] for row in rows] == ['Intro, then "more"', "Intro"]
    book = workbook(tmp_path, [UNQUOTED.split(","), [*line().split(",")]])
    assert read(book)[0]["title"] == "Intro"


def test_recognise() -> None:
    """Both exports are known by their headers, a Calendly export is neither."""
    assert all(calcom_csv.recognise(header.split(",")) for header in BOOKINGS.values())
    assert calcom_csv.recognise(UNQUOTED.split(","))
    assert not calcom_csv.recognise(["Invitee Email", "Start Date & Time", "Event UUID"])
    assert not calcom_csv.recognise(["Name", "Email"])


def test_other_tables_are_refused(tmp_path: Path) -> None:
    """A routing export and any other table are refused at once, with the reason."""
    routing = "Response ID,Form Name,Submitted At,Has Booking,Booking Status,Attendee Email"
    with pytest.raises(UnreadableFile, match="routing form export"):
        calcom_csv.read(written(tmp_path, routing))
    with pytest.raises(UnreadableFile, match="“Name”, “Email”"):
        calcom_csv.read(written(tmp_path, "Name,Email\n"))


@given(st.data(), st.sampled_from(["bookings", "insights"]))
@in_one_folder
def test_column_order_and_case_never_matter(tmp_path: Path, data: st.DataObject, layout: str) -> None:
    """However the columns are ordered and the fixed names written, the same row is read."""
    insights = COMMON.format(user="userUsername") + f",{LOCAL},noShowGuests,attendee1,attendeePhone1"
    header = (BOOKINGS["fr"] if layout == "bookings" else insights).split(",")
    said = BOOKING if layout == "bookings" else cells(ISO, *"abcdef", "B (b@x.example)", "B (b@x.example)", "1")
    (expected,) = read(table(tmp_path, ",".join(header), said))
    order = data.draw(st.permutations(range(len(header))))
    spell = data.draw(st.sampled_from([str.upper, str.lower, str.title, lambda label: f" {label}  "]))
    path = table(tmp_path, ",".join(spell(header[place]) for place in order), [said[place] for place in order])
    (row,) = read(path)
    ignored = {"extra"}  # its keys are the names as written
    assert {k: v for k, v in row.items() if k not in ignored} == {k: v for k, v in expected.items() if k not in ignored}


@given(st.lists(st.text('a,"b;', max_size=8), min_size=3, max_size=3), st.booleans())
@in_one_folder
def test_unquoted_rows_are_right_or_rejected(tmp_path: Path, texts: list[str], has_booker: bool) -> None:
    """Whatever commas stand in title, feedback and name: a row that is read is read as it was meant, but for quotes."""
    title, feedback, name = texts
    booker = f",b@example.com,{name}" if has_booker else ""
    rows, rejected = unquoted(tmp_path, line(title=title, feedback=feedback, booker=booker))
    assert len(rows) + len(rejected) == 1
    if rows and '"' not in "".join(texts):
        assert (rows[0]["title"], rows[0]["rating_feedback"]) == (title, feedback)
        people = json.loads(rows[0]["attendees"])
        assert people == ([{"name": name, "email": "b@example.com", "phone": None}] if has_booker else [])
