"""Both of Cal.com's exports, in every generation and language."""

import json
from pathlib import Path

import pytest

from calendly_pipeline.sources import calcom_csv
from calendly_pipeline.sources.calcom_insights import person
from calendly_pipeline_tests.sources.calcom_tables import (
    BOOKING,
    BOOKINGS,
    COMMON,
    DATE,
    ISO,
    LOCAL,
    cells,
    read,
    table,
)


@pytest.mark.parametrize("language", BOOKINGS)
def test_bookings_list(tmp_path: Path, language: str) -> None:
    """The list is read in each language of its labels, attendees paired in order."""
    (row,) = read(table(tmp_path, BOOKINGS[language], BOOKING))
    assert tuple(row) == calcom_csv.COLUMNS
    said = {column: value for column, value in row.items() if value is not None}
    assert json.loads(said.pop("attendees")) == [
        {"name": "Ada Example", "email": "ada@example.com", "phone": None},
        {"name": "Bob Example", "email": "bob@example.com", "phone": None},
    ]
    assert said == {
        "line": 2,
        "layout": "bookings",
        "generation": language,
        "uid": "aBcDeF",
        "title": "Review between Hanna and Ada",
        "status": "ACCEPTED",
        "start_time": "2026-03-10 15:00:00",
        "end_time": "2026-03-10 15:30:00",
        "event_type": "Review",
        "location": "integrations:daily",
    }


def test_bookings_list_in_another_language(tmp_path: Path) -> None:
    """Nine columns with a UID first are read by position, whatever the labels say."""
    header = "Boekings-UID,Titel,Status,Begintijd,Eindtijd,Naam van deelnemer,E-mailadres,Soort,Locatie"
    (row,) = read(table(tmp_path, header, BOOKING))
    assert (row["generation"], row["uid"], row["start_time"]) == ("other", "aBcDeF", "2026-03-10 15:00:00")
    assert len(json.loads(row["attendees"])) == 2


@pytest.mark.parametrize(
    ("names", "emails", "people"),
    [
        ("", "", []),
        ("Ada", "ada@example.com", [("Ada", "ada@example.com")]),
        ("Lee; Ann", "ann@example.com", [("Lee; Ann", "ann@example.com")]),
        ("Ada", "", [("Ada", "")]),
        ("Ada; ; Bob", "a@x.example; ; b@x.example", [("Ada", "a@x.example"), ("Bob", "b@x.example")]),
        ("Lee; Ann; Bob", "ann@x.example; b@x.example", [("", "ann@x.example"), ("", "b@x.example")]),
    ],
)
def test_attendees_of_the_bookings_list(tmp_path: Path, names: str, emails: str, people: list[tuple[str, str]]) -> None:
    """Names and addresses are paired only when their numbers agree; a name is never given to the wrong address."""
    (row,) = read(table(tmp_path, BOOKINGS["en"], [*BOOKING[:5], names, emails, *BOOKING[7:]]))
    assert [(said["name"], said["email"]) for said in json.loads(row["attendees"])] == people


def test_columns_of_forks(tmp_path: Path) -> None:
    """Links between moved bookings are used when a fork exports them; other new columns are kept."""
    header = BOOKINGS["en"] + ",rescheduledFromUid,rescheduledToUid,Team"
    (row,) = read(table(tmp_path, header, [*BOOKING, "before", "after", "Sales"]))
    assert (row["rescheduled_from_uid"], row["rescheduled_to_uid"]) == ("before", "after")
    assert json.loads(row["extra"]) == {"Team": "Sales"}
    header = COMMON.format(user="userUsername") + ",fromReschedule,rescheduledFromUid,userName," + LOCAL
    (row,) = read(table(tmp_path, header, cells(ISO, "before", "", "Hanna", *["x"] * 6)))
    assert (row["generation"], row["rescheduled_from_uid"], row["rescheduled_to_uid"]) == ("E", "before", None)
    assert json.loads(row["extra"])["userName"] == "Hanna"


def test_generation_f(tmp_path: Path) -> None:
    """Attendees with phones, absent guests and answers under their question are read; the rest is kept."""
    header = COMMON.format(user="userUsername") + f",{LOCAL},noShowGuests,noShowGuestsCount"
    header += ',attendee1,attendeePhone1,attendee2,attendeePhone2,Company,"Why, then?"'
    local = ["2024-03-20", "16:00:00"] * 3
    people = ["Ann Lee (she) (ann@example.com)", "+1 555", "", ""]
    (row,) = read(table(tmp_path, header, cells(ISO, *local, "Bob (b@x.example)", "1", *people, "", "Because")))
    expected = {
        "line": 2,
        "layout": "insights",
        "generation": "F",
        "uid": "aBcDeF",
        "booking_id": "901",
        "title": "Intro",
        "status": "completed",
        "start_time": ISO,
        "end_time": ISO,
        "created_at": ISO,
        "event_type": None,
        "event_type_id": "55",
        "event_length": "30",
        "host_email": "hanna@firm.example",
        "host_username": "hanna",
        "location": None,
        "is_paid": "false",
        "rating": "5",
        "rating_feedback": "good",
        "no_show_host": "false",
        "rescheduled_from_uid": None,
        "rescheduled_to_uid": None,
    }
    assert {column: row[column] for column in expected} == expected
    assert json.loads(row["attendees"]) == [{"name": "Ann Lee (she)", "email": "ann@example.com", "phone": "+1 555"}]
    assert json.loads(row["no_show_guests"]) == [{"name": "Bob", "email": "b@x.example"}]
    assert json.loads(row["answers"]) == [{"question": "Why, then?", "answer": "Because", "position": 2}]
    assert json.loads(row["extra"])["noShowGuestsCount"] == "1"
    assert "startTime_time" in json.loads(row["extra"])


def test_questions_labelled_like_fixed_columns(tmp_path: Path) -> None:
    """A question `Title` beside the column `title` is a question."""
    header = COMMON.format(user="userUsername") + f",{LOCAL},attendeePhone1,Title,RATING"
    (row,) = read(table(tmp_path, header, cells(ISO, *["x"] * 6, "", "Dr", "A1")))
    assert (row["title"], row["rating"]) == ("Intro", "5")
    assert [(said["question"], said["answer"]) for said in json.loads(row["answers"])] == [
        ("Title", "Dr"),
        ("RATING", "A1"),
    ]


@pytest.mark.parametrize(
    ("generation", "user", "more", "said"),
    [
        ("B", "username", "noShowGuest,bookerEmail,bookerName", ["true", "b@x.example", "Bob"]),
        ("C", "username", "noShowGuests,noShowGuestsCount,attendee1", ["Bob (b@x.example)", "1", "Bob (b@x.example)"]),
        (
            "D",
            "userUsername",
            "noShowGuests,noShowGuestsCount,attendee1",
            ["Bob (b@x.example)", "1", "Bob (b@x.example)"],
        ),
        (
            "E",
            "userUsername",
            f"{LOCAL},noShowGuests,attendee1",
            ["x"] * 6 + ["Bob (b@x.example)", "Bob (b@x.example)"],
        ),
    ],
)
def test_generations_b_to_e(tmp_path: Path, generation: str, user: str, more: str, said: list[str]) -> None:
    """Each generation is known by its columns; times stay as said, a phone no file has is null."""
    (row,) = read(table(tmp_path, f"{COMMON.format(user=user)},{more}", cells(DATE, *said)))
    assert (row["generation"], row["start_time"], row["host_username"]) == (generation, DATE, "hanna")
    assert json.loads(row["attendees"]) == [{"name": "Bob", "email": "b@x.example", "phone": None}]
    assert json.loads(row["no_show_guests"]) == [{"name": "Bob", "email": "b@x.example"}]
    assert row["answers"] is None


@pytest.mark.parametrize(("mark", "absent"), [("true", 1), ("TRUE", 1), ("false", 0), ("", None)])
def test_absent_guest_of_generation_b(tmp_path: Path, mark: str, absent: int | None) -> None:
    """A blank mark is not a mark of presence: whether the guest came is unknown."""
    header = COMMON.format(user="username") + ",noShowGuest,bookerEmail,bookerName"
    (row,) = read(table(tmp_path, header, cells(DATE, mark, "b@x.example", "Bob")))
    assert (None if row["no_show_guests"] is None else len(json.loads(row["no_show_guests"]))) == absent


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("", []),
        ("Bob (b@x.example)", [("Bob", "b@x.example")]),
        ("Bob (b@x.example); Ann (Lee) (a@x.example)", [("Bob", "b@x.example"), ("Ann (Lee)", "a@x.example")]),
        ("Lee; Ann (a@x.example)", [("Lee; Ann", "a@x.example")]),
        ("Bob (b@x.example); Nobody ()", [("Bob", "b@x.example"), ("Nobody", "")]),
        ("Bob", [("Bob", "")]),
    ],
)
def test_absent_guests(tmp_path: Path, text: str, people: list[tuple[str, str]]) -> None:
    """`Name (address); Name (address)` is taken apart; nobody is lost."""
    header = COMMON.format(user="username") + ",noShowGuests,noShowGuestsCount"
    (row,) = read(table(tmp_path, header, cells(DATE, text, "")))
    assert [(said["name"], said["email"]) for said in json.loads(row["no_show_guests"])] == people
    assert row["attendees"] == "[]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann Lee (ann@example.com)", ("Ann Lee", "ann@example.com")),
        ("Ann (Lee) (ann@example.com)", ("Ann (Lee)", "ann@example.com")),
        ("(ann@example.com)", ("", "ann@example.com")),
        ("ann@example.com", ("", "ann@example.com")),
        ("Ann Lee ()", ("Ann Lee", "")),
        ("Ann Lee", ("Ann Lee", "")),
    ],
)
def test_the_last_parenthesis_holds_the_address(text: str, expected: tuple[str, str]) -> None:
    """A name may hold parentheses itself."""
    assert person(text) == expected
