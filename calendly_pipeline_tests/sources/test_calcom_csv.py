"""Cal.com's bookings list in four languages, and Insights in six generations with their traps."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calendly_pipeline.failures import UnreadableFile
from calendly_pipeline.sources import calcom_csv
from calendly_pipeline.sources.calcom_insights import person
from calendly_pipeline.sources.tabular import RejectedRow
from calendly_pipeline_tests.sources.files import csv_text, rejected_of, rows_of, workbook, written

BOOKINGS = {
    "en": "Booking UID,Title,Status,Start time,End time,Attendee's name,Email,Event type,Location",
    "de": "Buchungs-UID,Titel,Status,Beginn,Ende,Name des Teilnehmenden,E-Mail,Termintyp,Ort",
    "fr": "UID de réservation,Titre,Statut,Début,Fin,Nom du participant,E-mail,Type d'événement,Lieu",
    "es": (
        "UID de reserva,Título,Estado,Hora de Inicio,Hora de finalización,Nombre del asistente,Correo electrónico,"
        "Tipo de Evento,Ubicación"
    ),
}
BOOKING = [
    "aBcDeF",
    "Review between Hanna and Ada",
    "ACCEPTED",
    "2026-03-10 15:00:00",
    "2026-03-10 15:30:00",
    "Ada Example; Bob Example",
    "ada@example.com; bob@example.com",
    "Review",
    "integrations:daily",
]
UNQUOTED = (
    "id,uid,title,createdAt,timeStatus,eventTypeId,eventLength,startTime,endTime,paid,userEmail,username,rating,"
    "ratingFeedback,noShowHost,bookerEmail,bookerName"
)
DATE = "Wed Mar 20 2024 15:00:00 GMT+0000 (Coordinated Universal Time)"
ISO = "2024-03-20T15:00:00.000Z"
LOCAL = "createdAt_date,createdAt_time,startTime_date,startTime_time,endTime_date,endTime_time"
COMMON = (
    "id,uid,title,createdAt,timeStatus,eventTypeId,eventLength,startTime,endTime,paid,userEmail,{user},rating,"
    "ratingFeedback,noShowHost"
)
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def read(path: Path) -> list[dict[str, Any]]:
    """Every row of an export; nothing may be rejected."""
    assert rejected_of(calcom_csv.read(path)) == []
    return rows_of(calcom_csv.read(path))


def table(folder: Path, header: str, *rows: list[str]) -> Path:
    """An export with this header and these cells."""
    return written(folder, header + "\n" + csv_text(rows))


def cells(date: str, *more: str) -> list[str]:
    """The cells every generation of Insights begins with, and more."""
    said = ["901", "aBcDeF", "Intro", date, "completed", "55", "30", date, date, "false", "hanna@firm.example", "hanna"]
    return [*said, "5", "good", "false", *more]


def unquoted(folder: Path, *lines: str, header: str = UNQUOTED) -> tuple[list[dict[str, Any]], list[RejectedRow]]:
    """Rows and rejected rows of a file of the oldest generation, which quotes nothing."""
    path = written(folder, "\n".join([header, *lines]) + "\n")
    return rows_of(calcom_csv.read(path)), rejected_of(calcom_csv.read(path))


def line(title: str = "Intro", feedback: str = "", host: str = "false", booker: str = ",b@example.com,Bob") -> str:
    """A line of the oldest generation."""
    start = f"1,u1,{title},{DATE},completed,55,30,{DATE},{DATE},false,h@firm.example,hanna,"
    return f"{start}{'4' if feedback else ''},{feedback},{host}{booker}"


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
